// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/json.h"

#include <cstddef>

namespace situp {
namespace {

/// How many bytes the UTF-8 character at the beginning of `text` has; 0 where it is none (RFC 3629:
/// no longer forms than needed, no surrogates, nothing above U+10FFFF).
std::size_t character(std::string_view text) {
  const auto byte = [text](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xc0U) == 0x80U; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    if ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f)) return 0;
    return follows(1) && follows(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    if ((first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f)) return 0;
    return follows(1) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

void Json::comma() {
  if (text_.empty()) return;
  const char last = text_.back();
  if (last != '{' && last != '[' && last != ':') text_ += ',';
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
  constexpr const char* digits = "0123456789abcdef";
  text_ += '"';
  while (!text.empty()) {
    const std::size_t size = character(text);
    const char c = text[0];
    if (size == 0)
      text_ += "\xef\xbf\xbd";
    else if (c == '"' || c == '\\')
      (text_ += '\\') += c;
    else if (c == '\n')
      text_ += "\\n";
    else if (static_cast<unsigned char>(c) < ' ' || c == '\x7f')
      ((text_ += "\\u00") += digits[static_cast<unsigned char>(c) >> 4]) += digits[c & 0xf];
    else
      text_ += text.substr(0, size);
    text.remove_prefix(size == 0 ? 1 : size);
  }
  text_ += '"';
}

}  // namespace situp
