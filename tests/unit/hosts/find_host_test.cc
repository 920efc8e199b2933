// SPDX-License-Identifier: GPL-2.0-or-later
#include "hosts/find_host.h"

#include <doctest/doctest.h>

using namespace situp;

TEST_CASE("what ifup is on a host, by where its name leads") {
  CHECK(host_of_link("") == hosts::ifupdown);
  CHECK(host_of_link("ifupdown") == hosts::ifupdown_ng);
  CHECK(host_of_link("/sbin/ifup-ng") == hosts::ifupdown_ng);
  CHECK(host_of_link("/usr/share/ifupdown2/ifupdown2") == hosts::ifupdown2);
}
