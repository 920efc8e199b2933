// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/pause.h"

#include <sys/random.h>

#include <algorithm>
#include <cstdint>
#include <ctime>

#include "net/policy.h"

namespace situp {

void pause_before_retry(unsigned tries, Deadline deadline) {
  std::uint32_t random = 0;
  // Early in a boot there may be no randomness yet. Then there is no jitter: no reason to wait for
  // it.
  if (getrandom(&random, sizeof random, GRND_NONBLOCK) < 0) random = UINT32_MAX;
  const auto time = std::min(backoff(tries, random), deadline.left());
  timespec left{};
  left.tv_sec = static_cast<std::time_t>(time.count() / 1000);
  left.tv_nsec = static_cast<long>(time.count() % 1000) * 1000000;
  nanosleep(&left, nullptr);
}

}  // namespace situp
