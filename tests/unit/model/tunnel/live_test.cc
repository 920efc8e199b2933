// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/tunnel/live.h"

#include <doctest/doctest.h>

#include "model/tunnel/compare.h"
#include "unit/world.h"

using namespace situp;

namespace {

Ipv4 v4(const char* text) {
  return Ipv4::parse(text).value();
}

}  // namespace

TEST_CASE("unreachable routes are of the table main, and are forgotten with its routes") {
  const Ipv6Net prefix = *Ipv6Net::parse("2001:db8:7::/48");
  Live live;
  live.add_unreachable(prefix);
  live.forget_routes(7);
  CHECK(live.has_unreachable(prefix));
  live.forget_routes(main_table);
  CHECK_FALSE(live.has_unreachable(prefix));
}

TEST_CASE("the default routes of one table are forgotten without those of others") {
  Live live;
  for (const std::uint32_t table : {main_table, 7U}) {
    live.add(LiveDefault{2, {{}, 1024, {}, table}});
    live.add(2, DefaultRoute{{}, 1024, {}, table});
  }
  live.forget_routes(7);
  REQUIRE(live.defaults().size() == 1);
  CHECK(live.defaults()[0].route.table == main_table);
  CHECK(live.routes(2) == std::vector{DefaultRoute{}});
}

TEST_CASE("an interface that is gone is named by its number") {
  Live live;
  live.add(LiveLink{2, "eth0", true, 1500, std::nullopt, 0, std::nullopt});
  CHECK(live.name_of(2) == "eth0");
  CHECK(live.name_of(3) == "interface 3");
}

TEST_CASE("a port stays open for each tunnel that its packets are for") {
  const auto closes = [](const char* local_of_port, const char* local_of_other,
                         std::uint16_t port_of_other = 5555, const char* name = "t1") {
    const FouPort port{5555, v4(local_of_port)};
    Live live;
    live.add(LiveFouPort{port});
    Sit sit;
    sit.local = v4(local_of_other);
    sit.remote = v4("198.51.100.2");
    sit.encap.port = port_of_other;
    live.add(LiveLink{9, name, true, 1472, std::nullopt, 0, sit});
    Owned owned;
    owned.fou_ports = {port};
    return commands(compare_down(iface_named("t0"), owned, live, false, false, {"gone"})).size() ==
           1;
  };
  CHECK_FALSE(closes("10.0.0.1", "10.0.0.1"));
  CHECK_FALSE(closes("10.0.0.1", "0.0.0.0"));
  CHECK_FALSE(closes("0.0.0.0", "10.0.0.1"));
  CHECK(closes("10.0.0.1", "10.0.0.2"));
  CHECK(closes("10.0.0.1", "10.0.0.1", 5556));
  CHECK(closes("10.0.0.1", "10.0.0.1", 5555, "t0"));
  CHECK(closes("10.0.0.1", "10.0.0.1", 5555, "gone"));
}

TEST_CASE("a rule that differs in one number, or has more conditions, is not the next hop's") {
  const NextHop hop{7, 41, 100, v4("10.0.0.1"), iface_named("eth0")};
  const auto has = [&](const LiveRule4& rule) {
    Live live;
    live.add(rule);
    return live.has_rule4(hop);
  };
  CHECK(has({41, 100, 7, 0xffffffff, true}));
  CHECK_FALSE(has({42, 100, 7, 0xffffffff, true}));
  CHECK_FALSE(has({41, 101, 7, 0xffffffff, true}));
  CHECK_FALSE(has({41, 100, 8, 0xffffffff, true}));
  CHECK_FALSE(has({41, 100, 7, 0xff, true}));
  CHECK_FALSE(has({41, 100, 7, 0xffffffff, false}));
  CHECK_FALSE(has({42, 101, 7, 0xffffffff, true}));
}
