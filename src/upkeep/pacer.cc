// SPDX-License-Identifier: GPL-2.0-or-later
#include "upkeep/pacer.h"

#include <algorithm>

namespace situp {
namespace {

using std::chrono::milliseconds;

// A DHCP client takes an address away and puts another one in its place in two steps.
constexpr milliseconds settle{100};

// Inspections that follow each other more quickly than `calm` come ever more rarely, up to
// `longest_gap`.
constexpr milliseconds shortest_gap{500}, longest_gap{30000}, calm{60000};

}  // namespace

void Pacer::wanted(Moment now) {
  wanted_ = true;
  Moment when = now + settle;
  if (last_) when = std::max(when, *last_ + gap_);
  not_later_than(when);
}

void Pacer::not_later_than(Moment when) {
  due_ = due_ ? std::min(*due_, when) : when;
}

void Pacer::began(Moment now) {
  due_.reset();
  // Retries have their own pace: during them, a real change is inspected at once.
  if (!wanted_) return;
  wanted_ = false;
  const bool soon = last_ && now - *last_ < std::max(calm, 2 * gap_);
  gap_ = soon ? std::clamp(2 * gap_, shortest_gap, longest_gap) : milliseconds(0);
  last_ = now;
}

void Pacer::failed(Moment now, std::uint32_t random) {
  not_later_than(now + retry_.pause(random));
}

}  // namespace situp
