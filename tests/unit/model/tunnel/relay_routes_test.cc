// SPDX-License-Identifier: GPL-2.0-or-later
// The default routes of a 6rd tunnel by its relays, and what is left of them without the first.
#include <doctest/doctest.h>

#include "model/tunnel/choose_routes.h"
#include "model/tunnel/compare.h"
#include "unit/world.h"

using namespace situp;

namespace {

Ipv4 v4(const char* text) {
  return Ipv4::parse(text).value();
}

Tunnel tunnel(const TunnelSpec& spec, const std::vector<const char*>& relays) {
  Resolved resolved;
  resolved.local = v4("172.31.14.146");
  for (const char* relay : relays) resolved.relays.push_back(v4(relay));
  Tunnel tunnel = make_tunnel(spec, resolved);
  choose_routes(spec, {}, {}, tunnel);
  return tunnel;
}

Lines text(const std::vector<DefaultRoute>& routes) {
  Lines lines;
  for (const DefaultRoute& route : routes) lines.push_back(str(route));
  return lines;
}

}  // namespace

TEST_CASE("each relay has a route, the first one the preferred") {
  TunnelSpec one = sixrd_spec();
  CHECK(text(tunnel(one, {"172.31.0.1", "172.31.0.2"}).routes) ==
        Lines{"default via ::172.31.0.1 metric 1024", "default via ::172.31.0.2 metric 1025"});
  one.metric = 7;
  CHECK(text(tunnel(one, {"172.31.0.1"}).routes) == Lines{"default via ::172.31.0.1 metric 7"});
  one.routes = {{{}, 20, Ipv6Net::parse("2001:db8:4::/48")}};
  CHECK(text(tunnel(one, {"172.31.0.1", "172.31.0.2"}).routes) ==
        Lines{"default from 2001:db8:4::/48 via ::172.31.0.1 metric 20",
              "default from 2001:db8:4::/48 via ::172.31.0.2 metric 21"});
  // A relay has a way of its own, and so has a domain without one.
  CHECK(text(tunnel(one, {"172.31.14.146", "172.31.0.2"}).routes) == Lines{});
  CHECK(text(tunnel(one, {}).routes) == Lines{});
}

TEST_CASE("without an answer of the first relay, the routes by the others stay") {
  const auto left = [](const char* target) {
    Tunnel one = tunnel(sixrd_spec(), {"172.31.0.1", "172.31.0.2"});
    CHECK(text(withdraw_routes(sixrd_spec(), *Ipv6::parse(target), one)) ==
          Lines{"default via ::172.31.0.1 metric 1024"});
    return text(one.routes);
  };
  const std::string other = "default via ::172.31.0.2 metric 1025";
  CHECK(left("2001:db8:4:1::1") == Lines{other});
  // A target outside of the domain is asked by way of the first relay all the same.
  const Lines two = left("2001:db8:9::1");
  REQUIRE(two.size() == 2);
  CHECK(two[0] == other);
  CHECK(two[1].rfind("2001:db8:9::1 via ::172.31.0.1 metric ", 0) == 0);
}

TEST_CASE("this host's prefix in the domain is made of its address, and its subnets of that") {
  TunnelSpec one = sixrd_spec();
  one.accept_ra = std::uint8_t{2};
  one.sit.domain.prefix = *Ipv6Net::parse("2001:db8::/32");
  one.delegated_lan = {{iface_named("eth0"), 0xa7, *Ipv6::parse("::1:2:3:4")},
                       {iface_named("eth1"), 1, *Ipv6::parse("::ff00:0:0:1")}};
  one.routed = {*Ipv6Net::parse("2001:db8:7::/48")};
  const Tunnel made = tunnel(one, {"172.31.0.1", "172.31.0.2", "172.31.0.1"});
  CHECK(made.own_accept_ra == std::uint8_t{2});
  CHECK(made.delegated == Ipv6Net::parse("2001:db8:e92::/48"));
  CHECK(made.formed == std::vector{*Ipv6Net::parse("2001:db8:e92::1/32")});
  CHECK(made.routed == std::vector{one.routed[0], *made.delegated});
  REQUIRE(made.lan.size() == 2);
  CHECK(made.lan[0].iface.str() == "eth0");
  CHECK(made.lan[0].address.str() == "2001:db8:e92:a7:1:2:3:4/64");
  CHECK(made.lan[1].address.str() == "2001:db8:e92:1:ff00::1/64");
  CHECK(made.relays == std::vector{v4("172.31.0.1"), v4("172.31.0.2")});
  CHECK_FALSE(made.is_relay);
  one.sit.domain.hosts = *Ipv4Net::parse("10.0.0.0/8");
  CHECK_THROWS_WITH_AS(tunnel(one, {}),
                       "6rd0: 172.31.14.146 is not in 10.0.0.0/8, the hosts of sixrd-prefix: "
                       "correct one of the two",
                       Error);
}

TEST_CASE("the kernel's own address for automatic tunnelling goes when the device comes up") {
  const Tunnel one = tunnel(sixrd_spec(), {});
  const Lines up = commands(compare(one, {}, {}, {}));
  const auto at = std::find(up.begin(), up.end(), "ip link set dev 6rd0 up");
  REQUIRE(at != up.end());
  CHECK(*(at + 1) == "ip address delete ::172.31.14.146/96 dev 6rd0");
}

TEST_CASE("only a filter of a domain with relays marks their packets") {
  Tunnel one = tunnel(sixrd_spec(), {"172.31.0.1"});
  const auto part = [](const Tunnel& tunnel) { return load_firewall(tunnel, {}, {}); };
  CHECK(part(one).empty());
  one.clamp = true;
  REQUIRE(part(one).size() == 1);
  CHECK(std::get<LoadFirewall>(part(one)[0]).part.find("table ip situp-") == std::string::npos);
  one.filters_domain = true;
  const std::string text = std::get<LoadFirewall>(part(one)[0]).part;
  CHECK(text.find("table ip situp-6rd0 {") != std::string::npos);
  CHECK(text.find("add element ip6 situp sources_of { \"6rd0\" : jump domain-6rd0 }") !=
        std::string::npos);
  one.relays.clear();
  CHECK(std::get<LoadFirewall>(part(one)[0]).part.find("table ip situp-") == std::string::npos);
}
