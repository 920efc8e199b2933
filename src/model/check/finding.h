// SPDX-License-Identifier: GPL-2.0-or-later
// A finding of check in a file, and the place of its caret in the text.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "model/stanza/complaint.h"

namespace situp {

struct Finding {
  enum class Weight {
    error,  // up or ifup refuses it, or it can't work
    hint,   // it works, but probably not as meant
    note,   // it works as meant, and the administrator should know it
  };
  Weight weight = Weight::error;
  Complaint complaint;
  /// A stanza to paste; its comment names the stanza that it replaces, or the lines of another
  /// interface's. Empty: none.
  std::string instead = {};
};

/// "error", "hint", "note"
const char* word_of(Finding::Weight weight);

/// "FILE:LINE: OPTION: WHY"; a hint has "hint: " before the option, a note "note: ".
std::string line_of(const Finding& finding);

/// A word in a text, and its line.
struct Spot {
  unsigned line = 0;       // from 1; 0: not found
  std::size_t column = 0;  // bytes before it
  std::size_t length = 0;  // bytes
  std::string_view text;   // the line
};

/// A file's text, for many lookups of places.
class SourceText {
 public:
  explicit SourceText(std::string_view text);
  /// The complaint's word, also if the option goes on behind backslashes; the option's own name if
  /// there is no such word.
  Spot find(const Complaint& complaint) const;

 private:
  std::string_view line(unsigned number) const;
  std::string_view text_;
  std::vector<std::size_t> starts_;
};

/// The line, and a caret under the word on the next one; two lines, the first begins with `indent`.
std::string with_caret(const Spot& spot, std::string_view indent);

}  // namespace situp
