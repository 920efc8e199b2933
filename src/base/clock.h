// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <ctime>

namespace situp {

/// Seconds of the real clock, since 1970.
inline std::int64_t clock_now() {
  return time(nullptr);
}

}  // namespace situp
