// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace situp {

/// Writes JSON text (RFC 8259), one value behind the other; commas, quotes and escapes come by
/// themselves. Bytes that are not UTF-8 become U+FFFD, so that the text is JSON for every file.
/// Characters that control a terminal are escaped (is_control).
class Json {
 public:
  void begin_object() { begin('{'); }
  void end_object() { end('}'); }
  void begin_array() { begin('['); }
  void end_array() { end(']'); }
  /// Before each value of an object.
  void key(std::string_view name);
  void value(std::string_view text);
  void value(const char* text) { value(std::string_view(text)); }
  void value(bool truth);
  void value(std::uint64_t number);
  void value(unsigned number) { value(std::uint64_t{number}); }
  /// Both at once.
  template <typename T>
  void member(std::string_view name, const T& of_value) {
    key(name);
    value(of_value);
  }
  /// The same for an array of texts.
  void list(std::string_view name, const std::vector<std::string>& texts);
  const std::string& text() const { return text_; }

 private:
  void begin(char bracket);
  void end(char bracket);
  void comma();
  void quote(std::string_view text);
  void escape(std::string_view character);
  std::string text_;
};

}  // namespace situp
