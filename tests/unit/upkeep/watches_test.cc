// SPDX-License-Identifier: GPL-2.0-or-later
#include "upkeep/watches.h"

#include <doctest/doctest.h>
#include <poll.h>

using namespace situp;

TEST_CASE("the clock's timer does not go off, whatever the size of time_t") {
  CHECK(latest_time<std::int32_t>() == 2147483647);
  CHECK(latest_time<std::int64_t>() == 9223372036);
  ClockWatch watch;
  pollfd clock{watch.descriptor(), POLLIN, 0};
  CHECK(poll(&clock, 1, 0) == 0);
}
