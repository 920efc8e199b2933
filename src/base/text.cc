// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.h"

#include <algorithm>

namespace situp {

std::size_t utf8_size(std::string_view text) {
  const auto byte = [text](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xc0U) == 0x80U; };
  const unsigned first = byte(0);
  if (first < 0x80) return text.empty() ? 0 : 1;
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

char32_t code_point(std::string_view character) {
  const auto byte = [character](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 1) return byte(0);
  char32_t code = byte(0) & (0xffU >> (character.size() + 1));
  for (std::size_t i = 1; i < character.size(); ++i) code = code << 6 | (byte(i) & 0x3fU);
  return code;
}

bool is_control(std::string_view character) {
  const char32_t code = code_point(character);
  return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x61c ||  // Arabic letter mark
         code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069);
}

std::string printable(std::string_view text, std::string_view keep) {
  std::string shown;
  shown.reserve(text.size());
  const auto is_plain = [](char c) { return c >= ' ' && c <= '~'; };
  while (!text.empty()) {
    // Nearly all of it.
    const auto plain = static_cast<std::size_t>(
        std::find_if_not(text.begin(), text.end(), is_plain) - text.begin());
    shown += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const std::size_t size = utf8_size(text);
    const std::string_view character = text.substr(0, size);
    if (size != 0 &&
        (!is_control(character) || (size == 1 && keep.find(text[0]) != std::string_view::npos)))
      shown += character;
    else
      shown += '?';
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return shown;
}

std::string printable_within(std::string_view text, std::size_t most) {
  if (text.size() <= most) return printable(text);
  // Not inside of a UTF-8 character.
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0U) == 0x80U) --most;
  return printable(text.substr(0, most)) + "…";
}

std::string_view take_until(std::string_view& text, char separator) {
  const auto at = text.find(separator);
  const auto part = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return part;
}

std::string replaced(std::string_view text, std::string_view part, std::string_view by) {
  std::string result(text);
  if (const auto at = text.find(part); at != std::string_view::npos)
    result.replace(at, part.size(), by);
  return result;
}

bool is_listed(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    std::string_view one = take_until(list, ' ');
    if (one == word) return true;
    if (one.empty() || one.back() != '*') continue;
    one.remove_suffix(1);
    if (word.substr(0, one.size()) == one) return true;
  }
  return false;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_letter(char c) {
  return upper(c) >= 'A' && upper(c) <= 'Z';
}

bool is_letter_or_digit(char c) {
  return is_letter(c) || is_digit(c);
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c & ~0x20) : c;
}

bool is_hexadecimal(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789abcdefABCDEF") == text.npos;
}

bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

void trim_front(std::string_view& text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
}

void trim_back(std::string_view& text) {
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
}

std::vector<std::string_view> words_of(std::string_view value) {
  constexpr std::string_view blanks = " \t\n";
  std::vector<std::string_view> words;
  for (;;) {
    value.remove_prefix(std::min(value.find_first_not_of(blanks), value.size()));
    if (value.empty()) return words;
    words.push_back(value.substr(0, value.find_first_of(blanks)));
    value.remove_prefix(words.back().size());
  }
}

}  // namespace situp
