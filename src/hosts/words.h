// SPDX-License-Identifier: GPL-2.0-or-later
// The words of a line as a shell expands them, without a shell.
#pragma once
#include <string>
#include <vector>

namespace situp {

struct ExpandedWords {
  enum class Failure { none, bad_character, bad_syntax };
  Failure failure = Failure::none;
  std::vector<std::string> words;
};

/// By wordexp(3), as ifupdown. The line must have no command substitution. Where the C library's
/// wordexp(3) is a shell (musl), by the function below.
ExpandedWords expand_words(const std::string& line);

/// Quotes, backslashes, ~, $NAME, ${NAME} and wildcards work; other expansions are bad syntax. A
/// wildcard without a match stays as it is.
ExpandedWords expand_words_by_ourselves(const std::string& line);

}  // namespace situp
