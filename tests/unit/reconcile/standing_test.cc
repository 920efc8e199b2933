// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconcile/standing.h"

#include <doctest/doctest.h>

#include "reconcile/unfinished.h"
#include "unit/world.h"

using namespace situp;

TEST_CASE("a tunnel needs situpd where it is up, and can stop working by itself") {
  TunnelSpec fixed;
  fixed.local = {*Ipv4::parse("172.31.14.146")};
  TunnelSpec moving = fixed;
  moving.local = {default_source()};
  Record record;
  record.state = Record::State::up;
  record.upkeep = true;
  CHECK_FALSE(needs_daemon(record, fixed));
  CHECK(needs_daemon(record, moving));
  record.owned.next_hops.emplace_back();
  CHECK(needs_daemon(record, fixed));
  record.state = Record::State::going_down;
  CHECK_FALSE(needs_daemon(record, moving));
}

TEST_CASE("what status compares has the counters, and all that stanza and record name") {
  World world;
  world.config.next_hop.policy = NextHopPolicy::gateway;
  world.kernel.routes4 = {{main_table, {}, 0, *Ipv4::parse("172.31.0.1"), 2, 0},
                          {main_table, *Ipv4::parse("172.31.0.0"), 20, {}, 2, 0}};
  REQUIRE_FALSE(world
                    .up(stanza_of("is0", "manual",
                                  {{"isatap-prefix", "2001:db8:3::/64"},
                                   {"isatap-local", "172.31.14.146"},
                                   {"isatap-firewall", "stateful"}}))
                    .error);
  REQUIRE_FALSE(world
                    .up(stanza_of("he", "manual",
                                  {{"v4tunnel-endpoint", "216.66.80.26"},
                                   {"v4tunnel-local", "172.31.14.146"},
                                   {"v4tunnel-route", "default from 2001:db8:9::/48 table 100"}}))
                    .error);
  world.kernel.counters["he"].rx_packets = 7;
  Live live;
  const auto all = standing_of({iface_named("is0"), iface_named("he"), iface_named("none")},
                               world.records, world.config, world.kernel, live);
  REQUIRE(all.size() == 3);
  for (const Standing& one : all) {
    CHECK_FALSE(one.error);
    CHECK(commands(one.plan) == Lines{});
  }
  CHECK_FALSE(all[2].record);
  REQUIRE(live.link("he")->counters);
  CHECK(live.link("he")->counters->rx_packets == 7);
  // A part that the kernel has refused is not missed.
  Record record = *world.record("is0");
  record.no_next_hop = true;
  record.owned.next_hops.clear();
  world.records.write(record);
  world.kernel.rules4.clear();
  world.kernel.device("is0")->link.sit->mark = 0;
  CHECK(world.differences("is0") == Lines{});
}

TEST_CASE("what the kernel is asked for goes by the stanza, and by the record") {
  World world;
  world.config.next_hop.policy = NextHopPolicy::gateway;
  REQUIRE_FALSE(
      world
          .up(stanza_of("is0", "manual",
                        {{"isatap-prefix", "2001:db8:3::/64"}, {"isatap-local", "172.31.14.146"}}))
          .error);
  CHECK(world.differences("is0") == Lines{});
  // A gateway has come.
  world.kernel.routes4 = {{main_table, {}, 0, *Ipv4::parse("172.31.0.1"), 2, 0},
                          {main_table, *Ipv4::parse("172.31.0.0"), 20, {}, 2, 0}};
  CHECK(world.differences("is0").size() == 3);
  world.kernel.routes4.clear();
  // A route of an earlier stanza is left.
  const DefaultRoute old{{}, 7, {}, 100};
  Record record = *world.record("is0");
  record.owned.routes.push_back(old);
  world.records.write(record);
  world.kernel.device("is0")->routes.push_back({old, false});
  CHECK(world.differences("is0") == Lines{"ip -6 route delete default dev is0 metric 7 table 100"});
}

TEST_CASE("only a route that ifup's method has made without a metric has the host's own") {
  const Ipv6 gateway = *Ipv6::parse("2001:db8:1::1");
  Live live;
  live.add(LiveLink{9, "he", true, 1480, std::nullopt, 0, Sit{}});
  live.add(9, DefaultRoute{gateway, 7});
  struct {
    bool by_ifup, is_manual, has_metric, has_device;
    std::uint32_t metric;
  } const rows[] = {{true, false, false, true, 7},
                    {false, false, false, true, 1024},
                    {true, true, false, true, 1024},
                    {true, false, true, true, 1024},
                    {true, false, false, false, 1024}};
  for (const auto& row : rows) {
    Record record;
    record.stanza.iface = row.has_device ? "he" : "gone";
    record.by_ifup = row.by_ifup;
    TunnelSpec spec;
    spec.manual = row.is_manual;
    if (row.has_metric) spec.metric = 1024;
    Tunnel tunnel;
    tunnel.route = DefaultRoute{gateway};
    Owned owned;
    owned.routes = {DefaultRoute{gateway}};
    accept_metric_of_host(record, spec, live, tunnel, owned);
    CHECK(tunnel.route->metric == row.metric);
    CHECK(owned.routes[0].metric == row.metric);
  }
}

TEST_CASE("a record that is unfinished tells which program was interrupted") {
  Record record;
  record.stanza.iface = "he-ipv6";
  CHECK(why_unfinished(record) ==
        "what brought the tunnel up was interrupted; bring it up again by situp up he-ipv6");
  record.by_ifup = true;
  CHECK(why_unfinished(record).find(": ifup -v he-ipv6 shows which") != std::string::npos);
}
