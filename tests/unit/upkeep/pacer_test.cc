// SPDX-License-Identifier: GPL-2.0-or-later
#include "upkeep/pacer.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace situp;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

const Moment start{seconds(1000)};

}  // namespace

TEST_CASE("what happens at once is looked at once, and soon") {
  Pacer pacer;
  CHECK_FALSE(pacer.due());
  pacer.wanted(start);
  pacer.wanted(start + milliseconds(50));
  CHECK(pacer.due() == start + milliseconds(100));
  pacer.began(start + milliseconds(100));
  pacer.succeeded();
  CHECK_FALSE(pacer.due());
}

TEST_CASE("what goes on and on is looked at ever more rarely") {
  Pacer pacer;
  Moment now = start;
  int looks = 0;
  // a flap each 600 ms for an hour
  for (; now < start + seconds(3600); now += milliseconds(600)) {
    pacer.wanted(now);
    if (*pacer.due() > now) continue;
    pacer.began(now);
    pacer.succeeded();
    ++looks;
  }
  CHECK(looks > 60);
  CHECK(looks < 130);
  // After a calm time it is as quick as at first.
  now += seconds(120);
  pacer.wanted(now);
  pacer.began(*pacer.due());
  now += seconds(120);
  pacer.wanted(now);
  CHECK(pacer.due() == now + milliseconds(100));
}

TEST_CASE("what fails is tried again, later each time, never at the same moment everywhere") {
  Pacer pacer;
  Moment now = start;
  milliseconds longest{0};
  for (unsigned i = 0; i < 20; ++i) {
    pacer.began(now);
    pacer.failed(now, i * 2654435761U);
    const auto pause = std::chrono::duration_cast<milliseconds>(*pacer.due() - now);
    const milliseconds bound =
        std::min(milliseconds(300000), milliseconds(1000) * (1 << std::min(i, 9U)));
    CHECK(pause >= bound / 2);
    CHECK(pause <= bound);
    longest = std::max(longest, pause);
    now = *pacer.due();
  }
  CHECK(longest > seconds(150));
  Pacer one;
  Pacer other;
  one.failed(start, 1);
  other.failed(start, 1000);
  CHECK(one.due() != other.due());
  // Success begins anew.
  pacer.succeeded();
  pacer.began(now);
  pacer.failed(now, 0);
  CHECK(*pacer.due() == now + milliseconds(500));
}

TEST_CASE("a change is looked at at once, though something is tried again and again") {
  Pacer pacer;
  Moment now = start;
  pacer.wanted(now);
  for (int i = 0; i < 6; ++i) {
    now = *pacer.due();
    pacer.began(now);
    pacer.failed(now, 0);
  }
  pacer.wanted(now);
  CHECK(*pacer.due() <= now + milliseconds(500));
}

TEST_CASE("the sooner of two reasons counts") {
  Pacer pacer;
  pacer.not_later_than(start + seconds(300));
  pacer.not_later_than(start + seconds(600));
  CHECK(pacer.due() == start + seconds(300));
  pacer.wanted(start);
  CHECK(pacer.due() == start + milliseconds(100));
}
