// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace situp {

/// How many letters have to be put in, left out, replaced or swapped with their neighbour to make
/// one word of the other; `most` + 1 where it is more than `most`.
std::size_t distance(std::string_view a, std::string_view b, std::size_t most);

/// The nearest of some words to one that is none of them, if it is near enough for a slip: a third
/// of its letters (of two letters: one), three at most. Of several equally near ones the first.
class Nearest {
 public:
  explicit Nearest(std::string_view word);
  void look_at(std::string_view candidate);
  template <typename Words>
  Nearest& among(const Words& words) {
    for (const auto& candidate : words) look_at(candidate);
    return *this;
  }
  /// Empty where nothing is near.
  std::string_view word() const { return found_; }
  /// "; did you mean WORD?" or nothing, to be put behind a message.
  std::string question() const;

 private:
  std::string_view word_, found_;
  std::size_t best_;  // what a candidate must stay below
};

}  // namespace situp
