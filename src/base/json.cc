// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/json.h"

#include <cstddef>

#include "base/text.h"

namespace situp {

void Json::comma() {
  if (text_.empty()) return;
  const char last = text_.back();
  if (last != '{' && last != '[' && last != ':') text_ += ',';
}

void Json::list(std::string_view name, const std::vector<std::string>& texts) {
  key(name);
  begin_array();
  for (const std::string& text : texts) value(text);
  end_array();
}

void Json::begin(char bracket) {
  comma();
  text_ += bracket;
}

void Json::end(char bracket) {
  text_ += bracket;
}

void Json::key(std::string_view name) {
  comma();
  quote(name);
  text_ += ':';
}

void Json::value(std::string_view text) {
  comma();
  quote(text);
}

void Json::value(bool truth) {
  comma();
  text_ += truth ? "true" : "false";
}

void Json::value(std::uint64_t number) {
  comma();
  text_ += std::to_string(number);
}

void Json::quote(std::string_view text) {
  text_ += '"';
  while (!text.empty()) {
    const std::size_t size = utf8_size(text);
    const char c = text[0];
    if (size == 0)
      text_ += "\xef\xbf\xbd";
    else if (c == '"' || c == '\\')
      (text_ += '\\') += c;
    else if (c == '\n')
      text_ += "\\n";
    else if (is_control(text.substr(0, size)))
      escape(text.substr(0, size));
    else
      text_ += text.substr(0, size);
    text.remove_prefix(size == 0 ? 1 : size);
  }
  text_ += '"';
}

/// None of the characters that are escaped is above U+FFFF.
void Json::escape(std::string_view character) {
  constexpr const char* digits = "0123456789abcdef";
  const char32_t code = code_point(character);
  text_ += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) text_ += digits[code >> shift & 0xf];
}

}  // namespace situp
