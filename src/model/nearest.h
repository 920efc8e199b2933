// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace situp {

/// The number of insertions, deletions, replacements and swaps of neighbours that turn one word
/// into the other; `most` + 1 if it is greater than `most`.
std::size_t distance(std::string_view a, std::string_view b, std::size_t most);

/// The nearest of some words to a misspelt one, if it is near enough for a slip: a third of its
/// letters (of two letters: one), three at most. Of several equally near ones the first.
class Nearest {
 public:
  explicit Nearest(std::string_view word);
  void look_at(std::string_view candidate);
  template <typename Words>
  Nearest& among(const Words& words) {
    for (const auto& candidate : words) look_at(candidate);
    return *this;
  }
  /// Empty if no word is near.
  std::string_view word() const { return found_; }
  /// "; did you mean WORD?" or empty, to append to a message.
  std::string question() const;

 private:
  std::string_view word_, found_;
  std::size_t best_;  // a candidate must be below it
};

}  // namespace situp
