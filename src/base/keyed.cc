// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/keyed.h"

#include <algorithm>

#include "base/text.h"

namespace situp {

KeyedWriter::KeyedWriter(std::string_view first_line) : text_(first_line) {
  text_.reserve(1024);
  text_ += '\n';
}

void KeyedWriter::line(std::string_view key, std::string_view value) {
  text_.append(key).append(" ");
  const auto start = static_cast<std::ptrdiff_t>(text_.size());
  text_.append(value);
  std::replace(text_.begin() + start, text_.end(), '\n', ' ');
  text_ += '\n';
}

bool read_keyed(std::string_view text, std::string_view first_line, const TakeLine& take) {
  if (!text.ends_with('\n') || take_until(text, '\n') != first_line) return false;
  while (!text.empty()) {
    const std::string_view line = take_until(text, '\n');
    if (line == "end") return text.empty();
    const std::size_t blank = line.find(' ');
    const bool bare = blank == std::string_view::npos;
    if (!take(line.substr(0, blank), bare ? std::nullopt : std::optional(line.substr(blank + 1))))
      return false;
  }
  return false;
}

}  // namespace situp
