// SPDX-License-Identifier: GPL-2.0-or-later
#include "upkeep/keeper.h"

#include <doctest/doctest.h>

using namespace situp;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

const Moment start{seconds(1000)};

/// A tunnel of which six looks have failed, the last one at `now`.
Keeper failed_six_times(Moment now) {
  Keeper keeper(Record{}, TunnelSpec{}, now, 0);
  for (int i = 0; i < 6; ++i) {
    keeper.pacer.began(now);
    keeper.pacer.failed(now, 0);
  }
  return keeper;
}

/// How long after a failure the next inspection is.
milliseconds pause_after_failure(Keeper& keeper, Moment now) {
  keeper.pacer.began(now);
  keeper.pacer.failed(now, 0);
  return std::chrono::duration_cast<milliseconds>(*keeper.pacer.due() - now);
}

}  // namespace

TEST_CASE("once the far end answers again, what fails next is tried again soon") {
  Keeper keeper = failed_six_times(start);
  keeper.became(Health::alive, 0);
  CHECK(pause_after_failure(keeper, start) <= seconds(1));
}

TEST_CASE("an answer does not end what is wrong for another reason, nor does silence") {
  Keeper keeper = failed_six_times(start);
  keeper.wrong("metadata is away", 0);
  keeper.became(Health::alive, 0);
  CHECK(pause_after_failure(keeper, start) > seconds(10));
  Keeper other = failed_six_times(start);
  other.became(Health::dead, 0);
  CHECK(pause_after_failure(other, start) > seconds(10));
}
