// SPDX-License-Identifier: GPL-2.0-or-later
// v4tunnel-routed: what may be written.
#include <doctest/doctest.h>

#include "model/tunnel/choose_routes.h"
#include "unit/world.h"

using namespace situp;

namespace {

TunnelSpec spec(const std::string& routed, const Words& more = {}) {
  Words words{{"v4tunnel-endpoint", "216.66.80.26"},
              {"address", "2001:db8:1:2::2/64"},
              {"v4tunnel-routed", routed}};
  words.insert(words.end(), more.begin(), more.end());
  return understand(stanza_of("he", "manual", words), hosts::situp_up);
}

std::string refusal(const std::string& routed, const Words& more = {}) {
  try {
    spec(routed, more);
  } catch (const Error& error) {
    CHECK(error.status() == Exit::configuration);
    return error.what();
  }
  return "taken";
}

}  // namespace

TEST_CASE("prefixes, in one line or several") {
  const std::vector both{*Ipv6Net::parse("2001:db8:7::/48"), *Ipv6Net::parse("2001:db8:8:1::/64")};
  CHECK(spec("2001:db8:7::/48 2001:db8:8:1::/64").routed == both);
  CHECK(spec("2001:db8:7::/48", {{"v4tunnel-routed", "2001:db8:8:1::/64"}}).routed == both);
  CHECK(spec("2001:db8:7::1/128").routed.size() == 1);
  CHECK(spec("fd00::/16").routed.size() == 1);
  // A prefix with the tunnel's own in it: the longer on-link route leads to the gateway.
  const Words gateway{{"gateway", "2001:db8:1:2::1"}, {"v4tunnel-keepalive", "60"}};
  CHECK(spec("2001:db8:1::/48", gateway).routed.size() == 1);
  CHECK(spec("2001:db8:7::/48", {{"gateway", "fe80::1"}}).routed.size() == 1);
  // An address on the LAN in it, of the same length or longer
  CHECK(spec("2001:db8:7::/64", {{"v4tunnel-lan", "eth0 2001:db8:7::1/64"}}).routed.size() == 1);
}

TEST_CASE("each bad prefix is told of") {
  const auto says = [](const std::string& routed, const std::string& why, const Words& more = {}) {
    CHECK(refusal(routed, more) == "v4tunnel-routed: " + why);
  };
  const std::string large =
      " takes in a large part of the Internet, which would be unreachable: write the prefixes that "
      "the far end routes here";
  const std::string not_routed = " is not a prefix that packets on the Internet come from";
  says("", "has no value: it takes prefixes, PREFIX/LENGTH");
  says("2001:db8:7::", "\"2001:db8:7::\" is not an IPv6 PREFIX/LENGTH");
  says("2001:db8:7::/129", "\"2001:db8:7::/129\" is not an IPv6 PREFIX/LENGTH");
  says("192.0.2.0/24", "\"192.0.2.0/24\" is not an IPv6 PREFIX/LENGTH");
  says("2001:db8:7::1/48", "\"2001:db8:7::1/48\" has bits behind the /48: write 2001:db8:7::/48");
  says("::/0", "\"::/0\"" + large);
  says("2000::/3", "\"2000::/3\"" + large);
  says("fe80::/9", "\"fe80::/9\"" + large);
  says("fe80::/64", "\"fe80::/64\"" + not_routed);
  says("ff02::/16", "\"ff02::/16\"" + not_routed);
  says("2001:db8:7::/48 2001:db8:7::/48", "\"2001:db8:7::/48\" is there twice");
  says("2001:db8:1:2::/64",
       "\"2001:db8:1:2::/64\" is the tunnel's own prefix, whose unused addresses are unreachable "
       "without this option: remove it");
  const std::string write =
      ", which would be unreachable: write the prefixes that the far end routes here";
  says("2001:db8:5::/48", "2001:db8:5::/48 holds the gateway 2001:db8:5::1" + write,
       {{"gateway", "2001:db8:5::1"}});
  says("2001:db8:1:2::/80", "2001:db8:1:2::/80 holds the gateway 2001:db8:1:2::1" + write,
       {{"gateway", "2001:db8:1:2::1"}});
  // Only a longer prefix of the tunnel's own leads there, and a single address leads nowhere.
  says("2001:db8:5::/64", "2001:db8:5::/64 holds the gateway 2001:db8:5::1" + write,
       {{"address", "2001:db8:5::2/128"}, {"gateway", "2001:db8:5::1"}});
  says("2001:db8:5::/64", "2001:db8:5::/64 holds the gateway 2001:db8:5::1" + write,
       {{"address", "2001:db8:5::1/128"}, {"gateway", "2001:db8:5::1"}});
  CHECK(refusal("2001:db8:5::/64",
                {{"address", "2001:db8:5::2/127"}, {"gateway", "2001:db8:5::3"}}) == "taken");
  says("2001:db8:5::/48", "2001:db8:5::/48 holds the target of the keepalive 2001:db8:5::9" + write,
       {{"v4tunnel-keepalive", "60 2001:db8:5::9"}});
  CHECK(refusal("2001:db8:7::/48", {{"isatap-ttl", "3"}}) != "taken");
}

TEST_CASE("packets from a routed prefix are the tunnel's own, beside another default route") {
  TunnelSpec one = spec("2001:db8:7::/48", {{"v4tunnel-route", "default"},
                                            {"v4tunnel-lan", "eth0 2001:db8:7:1::1/64"}});
  Live live;
  live.add(LiveDefault{2, {{}, 100, {}, main_table}});
  Tunnel tunnel = make_tunnel(one, {});
  choose_routes(one, live, {}, tunnel);
  REQUIRE(tunnel.routes.size() == 2);
  CHECK(tunnel.routes[0].from->str() == "2001:db8:1:2::/64");
  CHECK(tunnel.routes[1].from->str() == "2001:db8:7::/48");
}
