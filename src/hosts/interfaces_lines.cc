// SPDX-License-Identifier: GPL-2.0-or-later
#include "hosts/interfaces_lines.h"

#include "base/text.h"

namespace situp {
namespace {

void trim_front(std::string_view& text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
}

}  // namespace

void trim_back(std::string_view& text) {
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
}

std::string_view take_word(std::string_view& rest) {
  std::size_t length = 0;
  while (length < rest.size() && !is_blank(rest[length])) ++length;
  const std::string_view word = rest.substr(0, length);
  rest.remove_prefix(length);
  trim_front(rest);
  return word;
}

std::string_view InterfacesLines::physical_line() {
  ++number_;
  return take_until(rest_, '\n');
}

std::optional<InterfacesLine> InterfacesLines::next() {
  InterfacesLine line;
  do {
    if (rest_.empty()) return std::nullopt;
    line.text = physical_line();
    line.number = number_;
    trim_front(line.text);
  } while (!line.text.empty() && line.text.front() == '#');

  if (!line.text.empty() && line.text.back() == '\\') {
    std::string& whole = joined_.emplace_back(line.text);
    // Checks the whole each time: of two backslashes the first serves the line after.
    while (!whole.empty() && whole.back() == '\\') {
      whole.pop_back();
      if (!rest_.empty()) whole += physical_line();
    }
    line.text = whole;
  }
  trim_back(line.text);
  return line;
}

}  // namespace situp
