// SPDX-License-Identifier: GPL-2.0-or-later
// isatap-dead: which stanzas it may stand in, and the route of gateway.
// unit/upkeep/withdrawal_test.cc has the routes of advertisements.
#include <doctest/doctest.h>

#include <string>

#include "model/tunnel/firewall.h"
#include "unit/world.h"

using namespace situp;

namespace {

Stanza isatap(const Words& more) {
  Words all{{"isatap-local", "172.31.14.146"}, {"isatap-prefix", "2001:db8:3::/64"}};
  all.insert(all.end(), more.begin(), more.end());
  return stanza_of("is0", "manual", all);
}

Words with_gateway(const char* keepalive) {
  return {{"gateway", "fe80::5efe:172.31.0.10"},
          {"isatap-keepalive", keepalive},
          {"isatap-dead", "withdraw"}};
}

std::string refusal(const Words& more) {
  return refusal_of(isatap(more));
}

/// The commands by which situpd withdraws the routes of a tunnel that is up; it puts them back.
Lines withdrawal(const Stanza& stanza) {
  World world;
  REQUIRE_FALSE(world.up(stanza).error);
  const std::string kernel = world.kernel.text();
  const std::string record = world.file("is0");
  const auto repair = [&](bool withdraws) {
    world.kernel.done.clear();
    return world.reconciler().repair({{iface_named("is0"), true, withdraws}}).front();
  };
  const Repaired dead = repair(true);
  CHECK_FALSE(dead.result.error);
  CHECK(dead.withdrawn != world.kernel.done.empty());
  const Lines commands = world.kernel.done;
  CHECK(world.differences("is0") == Lines{});
  CHECK_FALSE(repair(false).withdrawn);
  CHECK(world.kernel.text() == kernel);
  CHECK(world.file("is0") == record);
  return commands;
}

const char* const delete_default =
    "ip -6 route delete default via fe80::5efe:ac1f:a dev is0 metric 1024";

std::string add_route_to(const std::string& target, const std::string& flags = {}) {
  const auto number = 0x80000000U | static_cast<std::uint32_t>(fingerprint("is0") & 0x7fffffffU);
  return "ip -6 route add " + target + " dev is0 metric " + std::to_string(number) + flags;
}

}  // namespace

TEST_CASE("an ISATAP tunnel withdraws the route of its gateway") {
  CHECK(withdrawal(isatap(with_gateway("30"))) == Lines{delete_default});
  CHECK(withdrawal(isatap(with_gateway("30 fe80::5efe:172.31.0.11"))) == Lines{delete_default});
  CHECK(withdrawal(isatap(with_gateway("30 2001:db8:3::5efe:172.31.0.11"))) ==
        Lines{delete_default});
}

TEST_CASE("a target that is not on the link keeps a route, by the gateway where it needs one") {
  CHECK(withdrawal(isatap(with_gateway("30 2001:db8:4::5efe:172.31.0.11"))) ==
        Lines{add_route_to("2001:db8:4::5efe:ac1f:b"), delete_default});
  CHECK(withdrawal(isatap(with_gateway("30 2001:db8:cafe::1"))) ==
        Lines{add_route_to("2001:db8:cafe::1 via fe80::5efe:ac1f:a", " onlink"), delete_default});
}

TEST_CASE("where only advertisements make default routes, the tunnel's objects stay as they are") {
  CHECK(withdrawal(isatap({{"isatap-routers", "172.31.0.10"},
                           {"isatap-keepalive", "30 2001:db8:4::5efe:172.31.0.10"},
                           {"isatap-dead", "withdraw"}})) == Lines{});
}

TEST_CASE("the router itself, which has the same stanza, withdraws no route") {
  Words words = with_gateway("30");
  words[0].second = "fe80::5efe:172.31.14.146";
  CHECK(withdrawal(isatap(words)) == Lines{});
}

TEST_CASE("isatap-dead needs a keepalive and a default route that it can do without") {
  const Words withdraw{{"isatap-dead", "withdraw"}};
  const auto with = [&](Words more) {
    more.insert(more.end(), withdraw.begin(), withdraw.end());
    return more;
  };
  CHECK(refusal(with({{"isatap-routers", "172.31.0.10"}})) ==
        "isatap-dead: withdraw needs a keepalive, which tells whether the far end is dead: write "
        "isatap-keepalive 30");
  CHECK(refusal(with({{"isatap-routers-nodefault", "172.31.0.10"}, {"isatap-keepalive", "30"}})) ==
        "isatap-dead: there is no default route to withdraw: write gateway or isatap-routers, or "
        "remove this option");
  CHECK(refusal(with(
            {{"isatap-routers", "172.31.0.10"}, {"isatap-keepalive", "30 2001:db8:cafe::1"}})) ==
        "isatap-dead: the pings to 2001:db8:cafe::1 need the default route that is to be "
        "withdrawn: write gateway fe80::5efe:A.B.C.D, or a router's address as the target");
  CHECK(refusal(with_gateway("30 2001:db8:cafe::1")) == "taken");
  CHECK(refusal(with({{"isatap-routers", "one.example.net"}, {"isatap-keepalive", "30"}})) ==
        "taken");
}
