// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/nearest.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

namespace situp {
namespace {

constexpr std::size_t longest = 79;  // ifupdown's own words are no longer
constexpr std::size_t most_slips = 3;

using Row = std::array<std::size_t, longest + 1>;

}  // namespace

std::size_t distance(std::string_view a, std::string_view b, std::size_t most) {
  if (a.size() > longest || b.size() > longest) return most + 1;
  // Rows of the table of optimal string alignment: two letters ago, one ago, and now.
  Row before{};
  Row last{};
  Row now{};
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    std::size_t least = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = a[i - 1] == b[j - 1];
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        now[j] = std::min(now[j], before[j - 2] + 1);
      least = std::min(least, now[j]);
    }
    if (least > most) return most + 1;
    before = last;
    last = now;
  }
  return std::min(last[b.size()], most + 1);
}

Nearest::Nearest(std::string_view word)
    : word_(word), best_(std::min(most_slips, (word.size() + 1) / 3) + 1) {}

void Nearest::look_at(std::string_view candidate) {
  if (best_ == 0) return;
  const std::size_t slips = distance(word_, candidate, best_ - 1);
  if (slips >= best_) return;
  best_ = slips;
  found_ = candidate;
}

std::string Nearest::question() const {
  return found_.empty() ? std::string() : "; did you mean " + std::string(found_) + "?";
}

}  // namespace situp
