// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/kind.h"

#include <doctest/doctest.h>

using namespace situp;

TEST_CASE("each kind is found by its family and by its options") {
  for (const KindRow& row : kind_rows()) {
    CAPTURE(row.family);
    CHECK(&row_of(row.kind) == &row);
    CHECK(kind_of_family(row.family) == &row);
    CHECK(kind_of_option(row.option("ttl")) == &row);
    CHECK(kind_of_option(row.option("no-such-option")) == &row);
    CHECK(kind_of_option(row.family) == nullptr);
  }
  CHECK(kind_of_option("ttl") == nullptr);
  CHECK(kind_of_option("pre-up") == nullptr);
  CHECK(kind_of_family("") == nullptr);
  CHECK(option_families() == "v4tunnel-… or isatap-…");
}

TEST_CASE("the IPv4 address of a link-local address is found again") {
  const Ipv4 local = *Ipv4::parse("172.31.14.146");
  for (const KindRow& row : kind_rows()) {
    CAPTURE(row.family);
    CHECK(row.link_local(local).is_link_local());
    CHECK(row.embedded(row.link_local(local)) == local);
    CHECK_FALSE(row.embedded(*Ipv6::parse("2001:db8::1")));
  }
}
