// SPDX-License-Identifier: GPL-2.0-or-later
#include "hosts/find_host.h"

#include <doctest/doctest.h>

using namespace situp;

TEST_CASE("what ifup is on a host, by where its name leads") {
  CHECK(ifup_of("") == Ifup::ifupdown);
  CHECK(ifup_of("ifupdown") == Ifup::ifupdown_ng);
  CHECK(ifup_of("/sbin/ifup-ng") == Ifup::ifupdown_ng);
  CHECK(ifup_of("/usr/share/ifupdown2/ifupdown2") == Ifup::ifupdown2);
}
