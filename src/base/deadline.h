// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <algorithm>
#include <chrono>

namespace situp {

/// A moment on the monotonic clock by which something has to be over.
class Deadline {
 public:
  using Clock = std::chrono::steady_clock;
  static Deadline in(std::chrono::milliseconds time) { return Deadline(Clock::now() + time); }

  bool over() const { return Clock::now() >= moment_; }
  /// The time left, in milliseconds rounded up; 0 when it is over.
  std::chrono::milliseconds left() const {
    const auto rest = std::chrono::ceil<std::chrono::milliseconds>(moment_ - Clock::now());
    return std::max(rest, std::chrono::milliseconds(0));
  }

 private:
  explicit Deadline(Clock::time_point moment) : moment_(moment) {}
  Clock::time_point moment_;
};

}  // namespace situp
