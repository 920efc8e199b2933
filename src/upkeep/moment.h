// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <chrono>

#include "base/clock.h"

namespace situp {

/// A point on the clock that the daemon's timers go by. It stands still while the host is
/// suspended.
using Moment = std::chrono::steady_clock::time_point;

inline Moment now() {
  return std::chrono::steady_clock::now();
}

}  // namespace situp
