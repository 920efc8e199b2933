// SPDX-License-Identifier: GPL-2.0-or-later
#include "hosts/interfaces_lines.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace situp {
namespace {

std::size_t lines_of(std::string_view text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

// In the texts that these two make, empty lines follow a joined line, so that lines keep their
// numbers.

std::string text_for_ifupdown_ng(std::string_view rest) {
  std::string text;
  std::size_t joined = 0;
  while (!rest.empty()) {
    const std::string_view two = rest.substr(0, 2);
    std::size_t taken = 1;
    if (two.front() == '#') {
      taken = std::min(rest.find('\n'), rest.size());
    } else if (two == "\\\n") {
      taken = std::min(rest.find_first_not_of(" \t", 2), rest.size());
      ++joined;
    } else if (rest.substr(0, 3) == "\\\r\n") {
      text += ' ';
      taken = 3;
      ++joined;
    } else if (two == "\\#" || two == "\\") {
      taken = two.size();
    } else if (two.front() == '\\') {
      text += two;
      taken = 2;
    } else {
      text += two.front();
      if (two.front() == '\n') text.append(std::exchange(joined, 0), '\n');
    }
    rest.remove_prefix(taken);
  }
  return text;
}

std::string text_for_ifupdown2(std::string_view rest) {
  std::string text;
  std::size_t joined = 0;
  for (;;) {
    const std::size_t end = rest.find('\\');
    std::string_view kept = rest.substr(0, end);
    const std::size_t lines = lines_of(kept);
    if (end != std::string_view::npos) trim_back(kept);
    const std::size_t behind = lines - lines_of(kept);
    if (!text.empty()) trim_front(kept);
    joined += lines - behind - lines_of(kept);
    for (const char c : kept) {
      text += c;
      if (c == '\n') text.append(std::exchange(joined, 0), '\n');
    }
    if (end == std::string_view::npos) return text;
    joined += behind;
    text += ' ';
    rest.remove_prefix(end + 1);
  }
}

}  // namespace

InterfacesLines::InterfacesLines(std::string_view text, std::deque<std::string>& joined,
                                 LineRule rule)
    : rest_(text), joined_(joined), joins_(rule == LineRule::ifupdown) {
  if (rule == LineRule::ifupdown_ng) rest_ = joined_.emplace_back(text_for_ifupdown_ng(text));
  if (rule == LineRule::ifupdown2) rest_ = joined_.emplace_back(text_for_ifupdown2(text));
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

  if (joins_ && !line.text.empty() && line.text.back() == '\\') {
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
