// SPDX-License-Identifier: GPL-2.0-or-later
// v4tunnel-dead: which stanzas it may stand in, and the default routes that go and come back.
#include <doctest/doctest.h>

#include <cerrno>
#include <string>

#include "model/tunnel/choose_routes.h"
#include "model/tunnel/firewall.h"
#include "unit/world.h"

using namespace situp;

namespace {

Words words(const Words& more) {
  Words all{{"v4tunnel-endpoint", "216.66.80.26"},
            {"v4tunnel-local", "172.31.14.146"},
            {"address", "2001:db8:1::2/64"},
            {"v4tunnel-firewall", "off"}};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

Stanza he(const Words& more, const std::string& method = "manual") {
  return stanza_of("he", method, words(more));
}

const Words gateway{
    {"gateway", "2001:db8:1::1"}, {"v4tunnel-keepalive", "2"}, {"v4tunnel-dead", "withdraw"}};
const Words beyond{{"gateway", "2001:db8:1::1"},
                   {"v4tunnel-keepalive", "2 2001:db8:cafe::1"},
                   {"v4tunnel-dead", "withdraw"}};

std::string refusal(const Words& more) {
  return refusal_of(he(more));
}

/// A tunnel that is up, and situpd's rounds.
struct Kept : World {
  explicit Kept(const Stanza& stanza, const HostProgram& host = hosts::situp_up) {
    REQUIRE_FALSE(up(stanza, host).error);
    kernel.done.clear();
  }
  Repaired repair(bool withdraws, bool renew = true) {
    kernel.done.clear();
    return reconciler().repair({{iface_named("he"), renew, withdraws}}).front();
  }
};

/// The metric is the tunnel's own.
std::string route_to_target(const std::string& verb) {
  const auto number = 0x80000000U | static_cast<std::uint32_t>(fingerprint("he") & 0x7fffffffU);
  return "ip -6 route " + verb + " 2001:db8:cafe::1 dev he metric " + std::to_string(number);
}

const char* const add_default =
    "ip -6 route add default via 2001:db8:1::1 dev he metric 1024 onlink";
const char* const delete_default =
    "ip -6 route delete default via 2001:db8:1::1 dev he metric 1024";

}  // namespace

TEST_CASE("withdraw needs a keepalive and a route") {
  const Words route{{"gateway", "2001:db8:1::1"}};
  const auto with = [&](Words more, const char* value) {
    more.emplace_back("v4tunnel-dead", value);
    return more;
  };
  CHECK(refusal(gateway) == "taken");
  CHECK(refusal(beyond) == "taken");
  CHECK(refusal(with(route, "keep")) == "taken");
  CHECK(refusal(with(route, "withdraw")) ==
        "v4tunnel-dead: withdraw needs a keepalive, which tells whether the far end is dead: write "
        "v4tunnel-keepalive 30");
  CHECK(refusal(with({{"gateway", "2001:db8:1::1"}, {"v4tunnel-keepalive", "off"}}, "withdraw")) ==
        "v4tunnel-dead: withdraw needs a keepalive, which tells whether the far end is dead: "
        "v4tunnel-keepalive is off or wrong");
  CHECK(refusal(with({{"v4tunnel-keepalive", "2 2001:db8:1::1"}}, "withdraw")) ==
        "v4tunnel-dead: there is no default route to withdraw: write gateway or v4tunnel-route, or "
        "remove this option");
  CHECK(refusal(with(route, "yes")) == "v4tunnel-dead: \"yes\" is not keep or withdraw");
  CHECK_FALSE(understand(he(with(route, "keep")), hosts::situp_up).withdraws);
  CHECK(understand(he(gateway), hosts::situp_up).withdraws);
}

TEST_CASE("the default route goes and comes back, and nothing else changes") {
  Kept kept(he(gateway));
  const std::string record = kept.file("he");
  const Repaired dead = kept.repair(true);
  CHECK_FALSE(dead.result.error);
  CHECK(dead.withdrawn);
  CHECK(kept.kernel.done == Lines{delete_default});
  CHECK(kept.record("he")->state == Record::State::up);
  CHECK(kept.record("he")->withdrawn.size() == 1);
  CHECK(kept.differences("he") == Lines{});
  CHECK(kept.repair(true).withdrawn);
  CHECK(kept.kernel.done == Lines{});
  const Repaired alive = kept.repair(false);
  CHECK_FALSE(alive.withdrawn);
  CHECK(kept.kernel.done == Lines{add_default});
  CHECK(kept.file("he") == record);
}

TEST_CASE("without the option, a dead far end takes no route away") {
  Kept kept(he({{"gateway", "2001:db8:1::1"}, {"v4tunnel-keepalive", "2"}}));
  CHECK_FALSE(kept.repair(true).withdrawn);
  CHECK(kept.kernel.done == Lines{});
}

TEST_CASE("a target beyond the gateway keeps a route of its own") {
  Kept kept(he(beyond));
  CHECK(kept.repair(true).withdrawn);
  CHECK(kept.kernel.done == Lines{route_to_target("add"), delete_default});
  CHECK(kept.differences("he") == Lines{});
  CHECK(read_record(write_record(*kept.record("he"), "b"), "b")->owned.routes ==
        kept.record("he")->owned.routes);
  CHECK_FALSE(kept.repair(false).withdrawn);
  CHECK(kept.kernel.done == Lines{add_default, route_to_target("delete")});
}

TEST_CASE("the routes of v4tunnel-route go, too, from each table") {
  Kept kept(he({{"v4tunnel-route", "default from 2001:db8:1::/64 table 100"},
                {"v4tunnel-route", "default metric 7"},
                {"v4tunnel-keepalive", "2 2001:db8:1::1"},
                {"v4tunnel-dead", "withdraw"}}));
  CHECK(kept.repair(true).withdrawn);
  CHECK(kept.kernel.done == Lines{"ip -6 route delete default from 2001:db8:1::/64 dev he metric "
                                  "1024 table 100",
                                  "ip -6 route delete default dev he metric 7"});
  CHECK(kept.record("he")->withdrawn.size() == 2);
  CHECK_FALSE(kept.repair(false).withdrawn);
  CHECK(kept.kernel.done.size() == 2);
  CHECK(kept.differences("he") == Lines{});
}

TEST_CASE("up puts the default route back") {
  Kept kept(he(gateway));
  REQUIRE(kept.repair(true).withdrawn);
  kept.kernel.done.clear();
  const Result result = kept.up(he(gateway));
  CHECK_FALSE(result.error);
  CHECK(kept.kernel.done == Lines{add_default});
  CHECK(result.plan.notes == Lines{"situpd has withdrawn the default route until the far end "
                                   "answers, and does so again if it stays silent"});
  CHECK(kept.record("he")->withdrawn.empty());
}

TEST_CASE("so does a round without answers: a situpd that ends asks nothing") {
  Stanza stanza = he(gateway);
  stanza.options[1].value = "ec2";
  World world;
  world.answers["metadata --endpoint http://169.254.169.254 --imds auto primary"] =
      std::vector{*Ipv4::parse("172.31.14.146")};
  REQUIRE_FALSE(world.up(stanza).error);
  const auto repair = [&](bool renew, bool withdraws) {
    world.kernel.done.clear();
    return world.reconciler().repair({{iface_named("he"), renew, withdraws}}).front();
  };
  world.answers.clear();
  CHECK(repair(false, true).withdrawn);
  CHECK(world.kernel.done == Lines{delete_default});
  CHECK_FALSE(repair(false, false).withdrawn);
  CHECK(world.kernel.done == Lines{add_default});
}

TEST_CASE("where the kernel refuses, all stays as it was, and the next round tries again") {
  Kept kept(he(beyond));
  const std::string record = kept.file("he");
  kept.kernel.refusals[2] = EPERM;
  CHECK(kept.repair(true).result.error);
  CHECK(kept.file("he") == record);
  CHECK(kept.differences("he") == Lines{});
  kept.kernel.refusals.clear();
  CHECK(kept.repair(true).withdrawn);
}

TEST_CASE("another program's default route of the metric is told of, and the round goes on") {
  Kept kept(he(gateway));
  REQUIRE(kept.repair(true).withdrawn);
  kept.kernel.device("eth0")->routes.push_back({{*Ipv6::parse("fe80::1"), 1024}, false});
  const Repaired repaired = kept.repair(false);
  REQUIRE(repaired.result.error);
  CHECK(std::string(repaired.result.error->what()).find("another default route has this metric") !=
        std::string::npos);
  CHECK(kept.record("he")->withdrawn.size() == 1);
  kept.kernel.device("eth0")->routes.clear();
  CHECK_FALSE(kept.repair(false).withdrawn);
  CHECK(kept.differences("he") == Lines{});
}

TEST_CASE("ifupdown's own metric comes back with its route") {
  Kept kept(he(gateway, "static"), hosts::ifupdown);
  // ifup's method has made it; ifupdown-ng's has metric 1.
  kept.kernel.device("he")->routes = {{{*Ipv6::parse("2001:db8:1::1"), 1}, false}};
  CHECK(kept.repair(true).withdrawn);
  CHECK(kept.kernel.device("he")->routes.empty());
  CHECK(kept.repair(true).withdrawn);
  CHECK_FALSE(kept.repair(false).withdrawn);
  REQUIRE(kept.kernel.device("he")->routes.size() == 1);
  CHECK(kept.kernel.device("he")->routes[0].route.metric == 1);
}

TEST_CASE("down leaves nothing of a withdrawn route") {
  World world;
  const std::string before = world.kernel.text();
  REQUIRE_FALSE(world.up(he(beyond)).error);
  REQUIRE(world.reconciler().repair({{iface_named("he"), true, true}}).front().withdrawn);
  CHECK_FALSE(world.down("he").error);
  CHECK(world.kernel.text() == before);
}

TEST_CASE("two tunnels may have one target") {
  World world;
  Stanza other = he(beyond);
  other.iface = other.logical = "b";
  for (Option& option : other.options) {
    if (option.name == "v4tunnel-endpoint") option.value = "216.66.80.27";
    if (option.name == "address") option.value = "2001:db8:2::2/64";
    if (option.name == "gateway") option.value = "2001:db8:2::1";
  }
  other.options.push_back({"metric", "2048", {}});
  REQUIRE_FALSE(world.up(he(beyond)).error);
  REQUIRE_FALSE(world.up(other).error);
  // A person's own route there.
  DefaultRoute own;
  own.to = Ipv6::parse("2001:db8:cafe::1");
  world.kernel.device("he")->routes.push_back({own, false});
  const std::string before = world.kernel.text();
  const auto repair = [&](bool withdraws) {
    return world.reconciler().repair(
        {{iface_named("he"), true, withdraws}, {iface_named("b"), true, withdraws}});
  };
  for (const Repaired& dead : repair(true)) {
    CHECK_FALSE(dead.result.error);
    CHECK(dead.withdrawn);
  }
  CHECK(world.differences("b") == Lines{});
  for (const Repaired& alive : repair(false)) CHECK_FALSE(alive.result.error);
  CHECK(world.kernel.text() == before);
}

TEST_CASE(
    "a route by v4tunnel-route stays for its own packets while another default is withdrawn") {
  World world;
  REQUIRE_FALSE(world.up(he(gateway)).error);
  Stanza other = he({{"v4tunnel-route", "default"}});
  other.iface = other.logical = "b";
  for (Option& option : other.options) {
    if (option.name == "v4tunnel-endpoint") option.value = "216.66.80.27";
    if (option.name == "address") option.value = "2001:db8:2::2/64";
  }
  REQUIRE_FALSE(world.up(other).error);
  const std::string before = world.kernel.text();
  REQUIRE(world.reconciler().repair({{iface_named("he"), true, true}}).front().withdrawn);
  CHECK(commands(world.up(other).plan) == Lines{});
  CHECK(world.differences("b") == Lines{});
  CHECK_FALSE(world.reconciler().repair({{iface_named("he"), true, false}}).front().result.error);
  CHECK(world.kernel.text() == before);
}

TEST_CASE("until the route is back, the record says that it is withdrawn") {
  Kept kept(he(gateway));
  REQUIRE(kept.repair(true).withdrawn);
  bool said = false;
  kept.kernel.before_each = [&](unsigned) { said = !kept.record("he")->withdrawn.empty(); };
  CHECK_FALSE(kept.repair(false).withdrawn);
  CHECK(said);
  CHECK(kept.record("he")->withdrawn.empty());
}
