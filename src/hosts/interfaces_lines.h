// SPDX-License-Identifier: GPL-2.0-or-later
// The text of an interfaces(5) file as lines and words: ifupdown's get_line() and next_word().
#pragma once
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "model/host.h"

namespace situp {

struct InterfacesLine {
  std::string_view text;  // outer blanks removed; may be empty
  unsigned number = 0;    // of the physical line on which it begins, from 1
};

/// Goes through a text line by line and skips comment lines. In ifupdown, a backslash before the
/// line's end joins any next line: its leading blanks and a '#' have no meaning, and a comment is
/// never continued. In ifupdown-ng, a '#' anywhere begins a comment, which is never continued, and
/// the next line loses its leading blanks. In ifupdown2, any backslash becomes one blank in the
/// place of all blanks and line ends around it, so that a comment goes on in the next line.
class InterfacesLines {
 public:
  /// `text` must outlive all lines. `joined` keeps the lines that had to be joined.
  InterfacesLines(std::string_view text, std::deque<std::string>& joined, LineRule rule);
  std::optional<InterfacesLine> next();

 private:
  std::string_view physical_line();
  std::string_view rest_;
  std::deque<std::string>& joined_;
  const bool joins_;
  unsigned number_ = 0;
};

/// Takes the first word and the blanks behind it off `rest`. Empty if `rest` is, or if it begins
/// with a blank.
std::string_view take_word(std::string_view& rest);

}  // namespace situp
