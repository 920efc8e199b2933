// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconcile/patience.h"

#include <doctest/doctest.h>

using namespace situp;
using std::chrono::milliseconds;

TEST_CASE("what is left of a boot's wait is enough for a try, or nothing") {
  CHECK(wait_left(milliseconds(30000), milliseconds(0)) == milliseconds(30000));
  CHECK(wait_left(milliseconds(30000), milliseconds(10000)) == milliseconds(20000));
  CHECK(wait_left(milliseconds(30000), milliseconds(28000)) == milliseconds(2000));
  CHECK(wait_left(milliseconds(30000), milliseconds(28001)) == milliseconds(0));
  CHECK(wait_left(milliseconds(1000), milliseconds(1)) == milliseconds(0));
  CHECK(wait_left(milliseconds(30000), milliseconds(29800)) == milliseconds(0));
  CHECK(wait_left(milliseconds(30000), milliseconds(45000)) == milliseconds(0));
  CHECK(wait_left(milliseconds(1000), milliseconds(0)) == milliseconds(1000));
  CHECK(wait_left(milliseconds(0), milliseconds(0)) == milliseconds(0));
}
