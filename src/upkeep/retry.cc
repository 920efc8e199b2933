// SPDX-License-Identifier: GPL-2.0-or-later
#include "upkeep/retry.h"

#include <algorithm>

namespace situp {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds first_pause{1000}, longest_pause{300000};

}  // namespace

milliseconds Retry::pause(std::uint32_t random) {
  const auto bound = std::min(longest_pause, first_pause * (1 << std::min(failures_, 9U)));
  ++failures_;
  return bound / 2 + bound * (random % 1024) / 2048;
}

milliseconds Retry::pause(Moment now, std::uint32_t random) {
  if (last_ && now - *last_ > 2 * longest_pause) succeeded();
  last_ = now;
  return pause(random);
}

}  // namespace situp
