// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/pause.h"

#include <algorithm>
#include <cstdint>
#include <ctime>

#include "base/random.h"
#include "net/policy.h"

namespace situp {

void pause_before_retry(unsigned tries, Deadline deadline) {
  // Early in a boot there may be no randomness yet. Then there is no jitter: no reason to wait for
  // it.
  const std::uint32_t random = random_bits_or(UINT32_MAX);
  const auto time = std::min(backoff(tries, random), deadline.left());
  timespec left{};
  left.tv_sec = static_cast<std::time_t>(time.count() / 1000);
  left.tv_nsec = static_cast<long>(time.count() % 1000) * 1000000;
  nanosleep(&left, nullptr);
}

}  // namespace situp
