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

TEST_CASE(
    "situpd says when default routes go and come back, and what keeps the rest from being right") {
  TunnelSpec spec;
  spec.keepalive = Keepalive{2, *Ipv6::parse("2001:db8::1")};
  spec.withdraws = true;
  Keeper keeper(Record{}, spec, start, 0);
  CHECK_FALSE(keeper.is_to_withdraw());
  Repaired repaired;
  CHECK_FALSE(keeper.right(repaired, "", 1));
  CHECK(keeper.vitals.right_at == 1);
  repaired.not_renewed = "kept the local address";
  repaired.result.plan.warnings = {"accept_ra is off"};
  CHECK(keeper.right(repaired, "", 2) == "kept the local address");
  // A look that asks no source ends no trouble with one.
  Repaired dead;
  dead.renewed = false;
  dead.withdrawn = true;
  CHECK(keeper.right(dead, "ip -6 route delete default", 3) ==
        "the default route is withdrawn until the far end answers; ip -6 route delete default");
  CHECK(keeper.is_withdrawn());
  CHECK(keeper.vitals.trouble == "kept the local address");
  CHECK(keeper.vitals.right_at == 2);
  CHECK(keeper.vitals.changes == 1);
  repaired.not_renewed.reset();
  CHECK(keeper.right(repaired, "", 4) == "the default route is back; accept_ra is off");
  CHECK(keeper.vitals.trouble == "accept_ra is off");
  repaired.result.plan.warnings.clear();
  CHECK(keeper.right(repaired, "", 5) == "all is right again");
  CHECK(keeper.vitals.changes == 1);
}

TEST_CASE("the keepalive follows the router list") {
  TunnelSpec spec;
  spec.sit.kind = Kind::isatap;
  spec.keepalive = Keepalive{30, {}};
  spec.withdraws = true;
  Repaired repaired;
  repaired.resolved.local = *Ipv4::parse("172.31.14.146");
  repaired.resolved.routers = {*Ipv4::parse("172.31.0.10")};
  Record record;
  record.resolved = repaired.resolved;
  Keeper keeper(record, spec, start, 0);
  CHECK(keeper.target() == Ipv6::parse("fe80::5efe:172.31.0.10"));
  CHECK(keeper.vitals.health == "unknown");
  Moment now = keeper.prober->next();
  while (!keeper.is_dead()) {
    keeper.prober->tick(now);
    now = keeper.prober->next();
  }
  CHECK(keeper.is_to_withdraw());
  repaired.resolved.routers = {*Ipv4::parse("172.31.0.11")};
  CHECK(keeper.right(repaired, "", 1) == "the keepalive now pings fe80::5efe:ac1f:b");
  CHECK(keeper.target() == Ipv6::parse("fe80::5efe:172.31.0.11"));
  CHECK(keeper.is_to_withdraw());
  CHECK_FALSE(keeper.right(repaired, "", 2));
  // This host has become the only router of the list.
  repaired.resolved.local = *Ipv4::parse("172.31.0.11");
  CHECK(keeper.right(repaired, "", 3));
  CHECK_FALSE(keeper.target());
  CHECK(keeper.vitals.health.empty());
  CHECK_FALSE(keeper.is_dead());
  CHECK_FALSE(keeper.is_to_withdraw());
}

TEST_CASE("a keeper knows the routes and LAN interfaces that other programs may change") {
  TunnelSpec spec;
  spec.lan = {{*InterfaceName::parse("eth0"), *Ipv6Net::parse("2001:db8:2::1/64")},
              {*InterfaceName::parse("docker0"), *Ipv6Net::parse("2001:db8:3::1/64")}};
  const Keeper keeper(Record{}, spec, start, 0);
  CHECK(keeper.has_lan_on({"docker0", "eth1"}));
  CHECK_FALSE(keeper.has_lan_on({"eth1", "docker"}));
  CHECK_FALSE(keeper.has_routes());
  TunnelSpec with_gateway, with_route, with_routed;
  with_gateway.gateway = Ipv6::parse("2001:db8:1::1");
  with_route.routes = {DefaultRoute{}};
  with_routed.routed = {*Ipv6Net::parse("2001:db8:7::/48")};
  for (const TunnelSpec& one : {with_gateway, with_route, with_routed})
    CHECK(Keeper(Record{}, one, start, 0).has_routes());
}

TEST_CASE("situpd says from which prefix to which a host of a domain moves") {
  const auto line_for = [](const TunnelSpec& spec) {
    Record record;
    record.resolved.local = *Ipv4::parse("172.31.14.146");
    Keeper keeper(record, spec, start, 0);
    Repaired repaired;
    repaired.resolved.local = *Ipv4::parse("172.31.14.200");
    return keeper.right(repaired, "", 1).value_or("");
  };
  const std::string moved = "the local address is now 172.31.14.200, was 172.31.14.146";
  TunnelSpec spec;
  CHECK(line_for(spec) == moved);
  spec.sit.kind = Kind::sixrd;
  spec.sit.domain = {*Ipv6Net::parse("2001:470:e3f2::/48"), *Ipv4Net::parse("172.31.0.0/16")};
  CHECK(line_for(spec) == moved +
                              "; the delegated prefix is now 2001:470:e3f2:ec8::/64, was "
                              "2001:470:e3f2:e92::/64");
  // Another address is inside the prefix, which stays.
  spec.embedded = Embedded{Ipv4::parse("172.31.99.1")};
  CHECK(line_for(spec) == moved);
}
