// SPDX-License-Identifier: GPL-2.0-or-later
#include "upkeep/retry.h"

#include <doctest/doctest.h>

using namespace situp;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("pauses grow to five minutes, and are short again after a long quiet time") {
  Retry retry;
  Moment now{seconds(1000)};
  milliseconds last{0};
  for (int i = 0; i < 20; ++i) {
    const milliseconds pause = retry.pause(now, 0xffffffff);
    CHECK(pause >= last);
    last = pause;
    now += pause;
  }
  CHECK(last > seconds(299));
  CHECK(last <= seconds(300));
  CHECK(retry.has_failed());
  CHECK(retry.pause(now + seconds(601), 0) == milliseconds(500));
}

TEST_CASE("a success makes them short again") {
  Retry retry;
  for (int i = 0; i < 5; ++i) retry.pause(0);
  retry.succeeded();
  CHECK_FALSE(retry.has_failed());
  CHECK(retry.pause(0) == milliseconds(500));
  CHECK(retry.pause(0) == milliseconds(1000));
}
