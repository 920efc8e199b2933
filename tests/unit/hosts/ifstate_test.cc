// SPDX-License-Identifier: GPL-2.0-or-later
#include "hosts/ifstate.h"

#include <doctest/doctest.h>

using namespace situp;

TEST_CASE("a process's parent is found behind whatever name it has") {
  CHECK(parent_in("4711 (ifup) S 12 4711 4711 0 -1") == 12);
  CHECK(parent_in("4711 (a) S 1 (b) ) R 34 4711 4711 0 -1") == 34);
  CHECK(parent_in("4711 (ifup) S") == 0);
  CHECK(parent_in("") == 0);
}
