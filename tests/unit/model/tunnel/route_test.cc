// SPDX-License-Identifier: GPL-2.0-or-later
// v4tunnel-route: what may be written, what it comes to on a host, and the way there.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "model/tunnel/choose_routes.h"
#include "model/tunnel/compare.h"

using namespace situp;

namespace {

using Lines = std::vector<std::string>;
using Words = std::vector<std::pair<std::string, std::string>>;

Stanza stanza(const Words& more) {
  Stanza result{"he-ipv6", "he-ipv6", "inet6", "manual", {}, {"interfaces", 1}};
  result.options = {{"address", "2001:db8:1::2/64", {}},
                    {"v4tunnel-endpoint", "216.66.80.26", {}},
                    {"v4tunnel-lan", "eth0 2001:db8:2::1/64", {}}};
  for (const auto& [name, value] : more) result.options.push_back({name, value, {"interfaces", 9}});
  return result;
}

TunnelSpec spec(const std::string& route, const Words& more = {}) {
  Words words{{"v4tunnel-route", route}};
  words.insert(words.end(), more.begin(), more.end());
  return understand(stanza(words), hosts::ifupdown);
}

std::string refusal(const std::string& route, const Words& more = {}) {
  try {
    spec(route, more);
  } catch (const Error& error) {
    CHECK(error.status() == Exit::configuration);
    return error.what();
  }
  FAIL("taken: ", route);
  return {};
}

LiveLink eth0() {
  return {2, "eth0", true, 9001, Mac{}, 0, std::nullopt};
}

/// A host with eth0 and the tunnel, which has no route.
Live host() {
  Live live;
  live.add(eth0());
  Sit sit;
  sit.local = *Ipv4::parse("172.31.14.146");
  sit.remote = *Ipv4::parse("216.66.80.26");
  sit.ttl = 255;
  live.add(LiveLink{9, "he-ipv6", true, 1480, std::nullopt, 0, sit});
  return live;
}
Live with_default(Live live, int index, std::uint32_t table = main_table) {
  live.add(LiveDefault{index, {{}, 100, {}, table}});
  return live;
}

Tunnel chosen(const TunnelSpec& spec, const Live& live) {
  Tunnel tunnel =
      make_tunnel(spec, {*Ipv4::parse("172.31.14.146"), *Ipv4::parse("216.66.80.26"), {}, {}, 0});
  choose_routes(spec, live, {}, tunnel);
  return tunnel;
}

/// The routes' part of the plan.
Lines way(const Tunnel& wanted, const Owned& owned, const Live& live) {
  Lines lines;
  for (const Operation& operation : compare(wanted, owned, live, {}).operations) {
    std::string line = as_ip_command(operation);
    if (line.rfind("ip -6 route ", 0) == 0) lines.push_back(line.substr(12));
  }
  return lines;
}
Lines way(const std::string& route, const Live& live) {
  return way(chosen(spec(route), live), {}, live);
}

}  // namespace

TEST_CASE("v4tunnel-route as written") {
  const auto one = spec("default from 2001:db8:1::/64 metric 512 table 100").routes;
  REQUIRE(one.size() == 1);
  CHECK(one[0].from->str() == "2001:db8:1::/64");
  CHECK(one[0].metric == 512);
  CHECK(one[0].table == 100);
  CHECK(one[0].gateway.is_unspecified());
  CHECK(spec("default").routes == std::vector{DefaultRoute{}});
  CHECK(spec("default table main").routes == std::vector{DefaultRoute{}});
  CHECK(spec("default table 4294967295").routes[0].table == 4294967295);
  // The stanza's metric is its default route's, and the route's own goes before it.
  CHECK(spec("default", {{"metric", "7"}}).routes[0].metric == 7);
  CHECK(spec("default metric 8", {{"metric", "7"}}).routes[0].metric == 8);
  CHECK(spec("default from 2001:db8:1::/64 default table 9 metric 3").routes.size() == 2);
  CHECK(spec("default from 2001:db8:1::/64", {{"v4tunnel-route", "default"}}).routes.size() == 2);
}

TEST_CASE("each bad word of v4tunnel-route is told of") {
  const std::string form = "it takes default [from PREFIX] [metric NUMBER] [table NUMBER]";
  const auto says = [](const std::string& route, const std::string& why) {
    CHECK(refusal(route) == "interfaces:9: v4tunnel-route: " + why);
  };
  says("", "has no value: " + form);
  says("2000::/3", "\"2000::/3\" is out of place: " + form);
  says("default via", "\"via\" is out of place: " + form);
  says("default from", "\"from\" has no value: " + form);
  says("default metric default", "\"metric\" has no value: " + form);
  says("default from 2001:db8::1", "\"2001:db8::1\" is not an IPv6 PREFIX/LENGTH");
  says("default from 2001:db8::1/64",
       "\"2001:db8::1/64\" has bits behind the /64: write 2001:db8::/64");
  says("default from ::/0", "\"::/0\" is every packet there is: leave from out, or write a prefix");
  says("default from fe80::/64",
       "\"fe80::/64\" is not a prefix that packets on the Internet come from");
  says("default from ff00::/8",
       "\"ff00::/8\" is not a prefix that packets on the Internet come from");
  says("default metric 0", "metric \"0\" is not a number from 1 up");
  says("default metric -1", "metric \"-1\" is not a number from 1 up");
  says("default table he", "table \"he\" is not a number from 1 up");
  says("default table 4294967296", "table \"4294967296\" is not a number from 1 up");
  says("default table 255", "table 255 is the kernel's own (local): write another one");
  says("default metric 1 metric 2", "\"metric\" is there twice");
  says("default default", "the same default route is there twice");
  says("default metric 1 default metric 2", "the same default route is there twice");
  CHECK(refusal("default", {{"gateway", "2001:db8:1::1"}}) ==
        "interfaces:9: v4tunnel-route: makes the tunnel's default route, and gateway makes one for "
        "all packets: remove one of the two");
}

TEST_CASE("the refusal of a taken place names a metric that is free, and where to write it") {
  const auto why = [](const std::string& route, const Words& more, std::uint32_t other) {
    Live live = host();
    live.add(LiveDefault{2, {*Ipv6::parse("fe80::1"), other}});
    try {
      Words words = more;
      if (!route.empty()) words.emplace_back("v4tunnel-route", route);
      compare(chosen(understand(stanza(words), hosts::ifupdown), Live()), {}, live, {});
    } catch (const Error& error) {
      const std::string text = error.why();
      return text.substr(text.find("write "));
    }
    return std::string();
  };
  CHECK(why("default metric 100", {}, 100) == "write metric 2048 in v4tunnel-route");
  CHECK(why("", {{"gateway", "2001:db8:1::1"}, {"metric", "4096"}}, 4096) ==
        "write metric 8192 in the stanza, or v4tunnel-route default in place of gateway");
  CHECK(why("default metric 2147483648", {}, 2147483648) == "write metric 512 in v4tunnel-route");
}

TEST_CASE("without another default route it is one for all packets") {
  const Tunnel tunnel = chosen(spec("default metric 300"), host());
  CHECK(way(tunnel, {}, host()) == Lines{"add default dev he-ipv6 metric 300"});
  CHECK(compare(tunnel, {}, host(), {}).notes ==
        Lines{"v4tunnel-route is for all packets: there is no other IPv6 default route"});
  // Its own, another table's, and one for some packets only are no others.
  CHECK(way("default", with_default(host(), 9)) == Lines{"add default dev he-ipv6 metric 1024"});
  CHECK(way("default", with_default(host(), 2, 7)) == Lines{"add default dev he-ipv6 metric 1024"});
  Live by_source = host();
  by_source.add(2, DefaultRoute{{}, 1024, Ipv6Net::parse("2001:db8:9::/64"), main_table});
  CHECK(way("default", by_source) == Lines{"add default dev he-ipv6 metric 1024"});
}

TEST_CASE("beside another default route it is for packets from the tunnel's own prefixes") {
  const Live live = with_default(host(), 2);
  const Tunnel tunnel = chosen(spec("default"), live);
  CHECK(way(tunnel, {}, live) == Lines{"add default from 2001:db8:1::/64 dev he-ipv6 metric 1024",
                                       "add default from 2001:db8:2::/64 dev he-ipv6 metric 1024"});
  CHECK(compare(tunnel, {}, live, {}).notes ==
        Lines{"v4tunnel-route is for packets from 2001:db8:1::/64, 2001:db8:2::/64: another IPv6 "
              "default route leaves by eth0"});
  CHECK(way("default from 2001:db8:7::/48 metric 5", live) ==
        Lines{"add default from 2001:db8:7::/48 dev he-ipv6 metric 5"});
  CHECK(way("default table 7", with_default(host(), 2, 7)).size() == 2);
  CHECK(chosen(spec("default"), with_default(host(), 77)).route_notes ==
        Lines{"v4tunnel-route is for packets from 2001:db8:1::/64, 2001:db8:2::/64: another IPv6 "
              "default route is there"});
}

TEST_CASE("a withdrawn default route counts where it was for all packets of the same table") {
  const TunnelSpec all = spec("default");
  const auto beside = [&](const DefaultRoute& withdrawn) {
    Tunnel tunnel = chosen(all, host());
    choose_routes(all, host(), {{2, withdrawn}}, tunnel);
    return tunnel.route_notes;
  };
  const Lines alone{"v4tunnel-route is for all packets: there is no other IPv6 default route"};
  CHECK(beside({}) == Lines{"v4tunnel-route is for packets from 2001:db8:1::/64, 2001:db8:2::/64: "
                            "another IPv6 default route leaves by eth0"});
  CHECK(beside({{}, 1024, {}, 7}) == alone);
  CHECK(beside({{}, 1024, Ipv6Net::parse("2001:db8:9::/48")}) == alone);
}

TEST_CASE("a tunnel whose routes are withdrawn has no note on them") {
  Tunnel tunnel = chosen(spec("default"), host());
  REQUIRE(tunnel.route_notes.size() == 1);
  CHECK(withdraw_routes(spec("default"), *Ipv6::parse("2001:db8:1::1"), tunnel) ==
        std::vector{DefaultRoute{}});
  CHECK(tunnel.route_notes.empty());
}

TEST_CASE("a prefix that is part of another one, or said twice, needs no route of its own") {
  const auto some =
      spec("default", {{"v4tunnel-lan", "eth0 2001:db8:1::5/80 eth1 2001:db8:2::9/64"}});
  CHECK(chosen(some, with_default(host(), 2)).routes.size() == 2);
}

TEST_CASE("no prefix, no choice") {
  TunnelSpec bare = spec("default");
  bare.addresses.clear();
  bare.lan.clear();
  CHECK(chosen(bare, host()).routes.size() == 1);
  try {
    chosen(bare, with_default(host(), 2));
    FAIL("chosen");
  } catch (const Error& error) {
    CHECK(error.status() == Exit::configuration);
    CHECK(
        std::string(error.what()) ==
        "v4tunnel-route: another IPv6 default route leaves by eth0, and the stanza has no address "
        "that would tell which packets are this tunnel's: write default from PREFIX");
  }
}

TEST_CASE("when the other default route comes, those of the tunnel change, the new ones first") {
  const Tunnel before = chosen(spec("default"), host());
  Live live = with_default(with_default(host(), 9), 2);
  live.add(9, before.routes[0]);
  const Tunnel after = chosen(spec("default"), live);
  CHECK(way(after, owned_by(before), live) ==
        Lines{"add default from 2001:db8:1::/64 dev he-ipv6 metric 1024",
              "add default from 2001:db8:2::/64 dev he-ipv6 metric 1024",
              "delete default dev he-ipv6 metric 1024"});
  for (const DefaultRoute& route : after.routes) live.add(9, route);
  CHECK(way(after, owned_by(after), live).empty());
  CHECK(compare(after, owned_by(after), live, {}).notes.empty());
}

TEST_CASE("where ifup makes addresses and gateway, v4tunnel-route is situp's all the same") {
  const Live live = with_default(host(), 2);
  const Tunnel tunnel = chosen(spec("default"), live);
  const Plan plan = compare(tunnel, {}, live, {.inner = false, .recreate = false, .anew = false});
  int routes = 0;
  for (const Operation& operation : plan.operations)
    routes += std::holds_alternative<AddRoute>(operation) ? 1 : 0;
  CHECK(routes == 2);
}

TEST_CASE("a route of another metric, table or source makes room only where it is in the way") {
  Live live = host();
  const Tunnel before = chosen(spec("default metric 5 table 7"), live);
  CHECK(way(before, {}, live) == Lines{"add default dev he-ipv6 metric 5 table 7"});
  live.add(9, before.routes[0]);
  CHECK(way(chosen(spec("default metric 5"), live), owned_by(before), live) ==
        Lines{"add default dev he-ipv6 metric 5", "delete default dev he-ipv6 metric 5 table 7"});
  DefaultRoute by_router = before.routes[0];
  by_router.gateway = *Ipv6::parse("2001:db8:1::1");
  live.forget_routes(7);
  CHECK(live.routes(9).empty());
  live.add(9, by_router);
  Owned owned;
  owned.routes = {by_router};
  CHECK(way(before, owned, live) ==
        Lines{"delete default via 2001:db8:1::1 dev he-ipv6 metric 5 table 7",
              "add default dev he-ipv6 metric 5 table 7"});
}
