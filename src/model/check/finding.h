// SPDX-License-Identifier: GPL-2.0-or-later
// What check has to say of a file, and where in its text a caret points.
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
    hint,   // it works, but hardly as it was meant
  };
  Weight weight = Weight::error;
  Complaint complaint;
  /// A stanza to be pasted, behind a comment that says in the place of which one, or of which lines
  /// of another interface's; empty: none.
  std::string instead = {};
};

/// "FILE:LINE: WHAT: WHY"; a hint has "hint: " before what.
std::string line_of(const Finding& finding);

/// A word in a text, and the line that it stands on.
struct Spot {
  unsigned line = 0;       // from 1; 0: not found
  std::size_t column = 0;  // bytes before it
  std::size_t length = 0;  // bytes
  std::string_view text;   // the line
};

/// A file's text, to look many places up in.
class SourceText {
 public:
  explicit SourceText(std::string_view text);
  /// The word that the complaint is about, also where the option goes on behind backslashes; the
  /// option's own name where there is no such word.
  Spot find(const Complaint& complaint) const;

 private:
  std::string_view line(unsigned number) const;
  std::string_view text_;
  std::vector<std::size_t> starts_;
};

/// The line, and a caret under the word on the next one; two lines, the first begins with `indent`.
std::string with_caret(const Spot& spot, std::string_view indent);

}  // namespace situp
