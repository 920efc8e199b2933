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
  CHECK(option_families() == "v4tunnel-…, isatap-… or sixrd-…");
}

TEST_CASE("the IPv4 address of an address that the kernel forms is found again") {
  const Ipv4 local = *Ipv4::parse("172.31.14.146");
  for (const KindRow& row : kind_rows()) {
    CAPTURE(row.family);
    const bool is_compatible = row.link_local == nullptr;
    const Ipv6 formed = is_compatible ? compatible_address(local) : row.link_local(local);
    CHECK(formed.is_link_local() != is_compatible);
    CHECK(row.embedded(formed) == local);
    CHECK_FALSE(row.embedded(*Ipv6::parse("2001:db8::1")));
  }
}
