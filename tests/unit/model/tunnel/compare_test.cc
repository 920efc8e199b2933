// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/tunnel/compare.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace situp;

namespace {

Ipv4 v4(const char* text) {
  return Ipv4::parse(text).value();
}
Ipv6 v6(const char* text) {
  return Ipv6::parse(text).value();
}
Ipv6Net net(const char* text) {
  return Ipv6Net::parse(text).value();
}
InterfaceName name(const char* text) {
  return InterfaceName::parse(text).value();
}

using Lines = std::vector<std::string>;

Lines lines(const Plan& plan) {
  Lines result;
  for (const Operation& operation : plan.operations) result.push_back(as_ip_command(operation));
  return result;
}

TunnelSpec he_spec() {
  TunnelSpec spec;
  spec.iface = name("he-ipv6");
  spec.endpoint = Host(v4("216.66.80.26"));
  spec.sit.ttl = 255;
  spec.mtu = 1480;
  spec.addresses = {net("2001:db8:1::2/64")};
  spec.gateway = v6("2001:db8:1::1");
  spec.lan = {{name("eth0"), net("2001:db8:2::1/64")}};
  return spec;
}

TunnelSpec isatap_spec() {
  TunnelSpec spec;
  spec.iface = name("isatap0");
  spec.sit.kind = Kind::isatap;
  spec.sit.ttl = 64;
  spec.mtu = 1480;
  spec.prefixes = {net("2002:ca0c:1e01::/64")};
  return spec;
}

Tunnel he() {
  return make_tunnel(he_spec(), {v4("172.31.14.146"), v4("216.66.80.26"), {}, {}, 0});
}
Tunnel isatap(const char* local = "172.31.14.146") {
  return make_tunnel(isatap_spec(), {v4(local), {}, {v4("172.31.0.10")}, {v4("172.31.0.11")}, 0});
}

LiveLink eth0() {
  return {2, "eth0", true, 9001, Mac{}, 0, std::nullopt};
}

Live host() {
  Live live;
  live.add(eth0());
  live.add(LiveAddress4{v4("172.31.14.146"), 2, true});
  return live;
}

LiveLink live_link(const Tunnel& tunnel, int index) {
  return {index, tunnel.iface.str(), true, tunnel.mtu, std::nullopt, 0, tunnel.sit};
}

/// A host on which the tunnel is as it should be.
Live host_with(const Tunnel& tunnel, const LiveLink& link) {
  Live live = host();
  live.add(link);
  const auto add = [&](int index, const Ipv6Net& address) {
    LiveAddress known;
    known.net = address;
    known.nodad = index != 2 && !address.address.is_link_local();
    live.add(index, known);
  };
  if (tunnel.link_local) add(link.index, {*tunnel.link_local, 64});
  for (const TunnelAddress& address : tunnel.addresses) add(link.index, address.net);
  for (const Ipv6Net& formed : tunnel.formed) add(link.index, formed);
  for (const LanAddress& lan : tunnel.lan) add(2, lan.address);
  if (tunnel.route) live.add(link.index, *tunnel.route);
  live.set_routers(link.index, tunnel.routers);
  return live;
}
Live host_with(const Tunnel& tunnel) {
  return host_with(tunnel, live_link(tunnel, 9));
}

Owned all_owned(const Tunnel& tunnel) {
  Owned owned = owned_by(tunnel);
  owned.lan = tunnel.lan;
  return owned;
}

Lines change(const Tunnel& wanted, const Tunnel& before) {
  return lines(compare(wanted, all_owned(before), host_with(before), {}));
}

}  // namespace

TEST_CASE("a 6in4 tunnel from nothing, as a person would type it") {
  const Plan plan = compare(he(), {}, host(), {});
  CHECK(lines(plan) ==
        Lines{("ip link add name he-ipv6 mtu 1480 type sit remote 216.66.80.26 local 172.31.14.146 "
               "ttl 255 tos 0 pmtudisc mode ip6ip"),
              "ip link set dev he-ipv6 up", "ip address add 2001:db8:1::2/64 dev he-ipv6 nodad",
              "ip -6 route add default via 2001:db8:1::1 dev he-ipv6 metric 1024 onlink",
              "ip address add 2001:db8:2::1/64 dev eth0"});
  CHECK(plan.lan_owned == he().lan);
  CHECK(plan.notes.empty());
}

TEST_CASE("where the host's default is to make no link-local addresses, 6in4 asks for its own") {
  Live live = host();
  live.set_default_address_generation(1);
  CHECK(lines(compare(he(), {}, live, {}))[1] == "ip link set dev he-ipv6 addrgenmode eui64");
}

TEST_CASE("an ISATAP device whose identifier is another one gets its own mode again") {
  LiveLink link = live_link(isatap(), 9);
  link.address_generation = 1;
  CHECK(lines(compare(isatap(), all_owned(isatap()), host_with(isatap(), link), {})) ==
        Lines{"ip link set dev isatap0 addrgenmode eui64"});
  // The choice is the user's on another tunnel.
  link = live_link(he(), 9);
  link.address_generation = 1;
  CHECK(lines(compare(he(), all_owned(he()), host_with(he(), link), {})).empty());
}

TEST_CASE("an ISATAP tunnel from nothing: the identifier's mode before it goes up") {
  CHECK(lines(compare(isatap(), {}, host(), {})) ==
        Lines{("ip link add name isatap0 mtu 1480 type sit remote any local 172.31.14.146 ttl 64 "
               "tos 0 pmtudisc isatap mode ip6ip"),
              "ip link set dev isatap0 addrgenmode eui64",
              "ip tunnel prl prl-default 172.31.0.10 dev isatap0",
              "ip tunnel prl prl-nodefault 172.31.0.11 dev isatap0", "ip link set dev isatap0 up",
              "ip address add 2002:ca0c:1e01::5efe:ac1f:e92/64 dev isatap0 nodad"});
}

TEST_CASE("a router list is nothing without advertisements: they are believed, also by a router") {
  const Tunnel without = make_tunnel(isatap_spec(), {v4("172.31.14.146"), {}, {}, {}, 0});
  const auto with = [](AcceptRa accept_ra) {
    LiveLink link = live_link(isatap(), 9);
    link.accept_ra = accept_ra;
    return lines(compare(isatap(), all_owned(isatap()), host_with(isatap(), link), {}));
  };
  CHECK(with({0, false}) == Lines{"sysctl -w net.ipv6.conf.isatap0.accept_ra=1"});
  CHECK(with({0, true}) == Lines{"sysctl -w net.ipv6.conf.isatap0.accept_ra=2"});
  CHECK(with({1, true}) == Lines{"sysctl -w net.ipv6.conf.isatap0.accept_ra=2"});
  CHECK(with({1, false}).empty());
  CHECK(with({2, false}).empty());
  CHECK(with({2, true}).empty());

  // A new device begins with the host's default; it is told before it comes up.
  Live live = host();
  live.set_default_accept_ra({1, true});
  const Lines text = lines(compare(isatap(), {}, live, {}));
  CHECK(text[4] == "sysctl -w net.ipv6.conf.isatap0.accept_ra=2");
  CHECK(text[5] == "ip link set dev isatap0 up");
  const auto is_sysctl = [](const std::string& line) { return line.rfind("sysctl", 0) == 0; };
  const Lines no_list = lines(compare(without, {}, live, {}));
  CHECK(std::none_of(no_list.begin(), no_list.end(), is_sysctl));
  const Lines sixin4 = lines(compare(he(), {}, live, {}));
  CHECK(std::none_of(sixin4.begin(), sixin4.end(), is_sysctl));
  CHECK(as_ip_command(SetAcceptRa{"is.1", 2}) == "sysctl -w net/ipv6/conf/is.1/accept_ra=2");
}

TEST_CASE("the stanza's own accept_ra is set on each kind of tunnel") {
  for (const Tunnel& plain : {he(), isatap()}) {
    for (std::uint8_t value = 0; value <= 2; ++value) {
      CAPTURE(value);
      Tunnel tunnel = plain;
      tunnel.own_accept_ra = value;
      LiveLink link = live_link(tunnel, 9);
      link.accept_ra.accept = value;
      CHECK(lines(compare(tunnel, all_owned(tunnel), host_with(tunnel, link), {})).empty());
      link.accept_ra.accept = value == 0 ? 1 : 0;
      CHECK(lines(compare(tunnel, all_owned(tunnel), host_with(tunnel, link), {})) ==
            Lines{"sysctl -w net.ipv6.conf." + tunnel.iface.str() +
                  ".accept_ra=" + std::to_string(value)});
    }
  }
}

TEST_CASE("an accept_ra of the user's own that is too little on a host that forwards is told of") {
  const auto warnings = [](const Tunnel& tunnel, AcceptRa accept_ra) {
    LiveLink link = live_link(tunnel, 9);
    link.accept_ra = accept_ra;
    const Plan plan = compare(tunnel, all_owned(tunnel), host_with(tunnel, link), {});
    CHECK(plan.operations.empty());
    return Lines(plan.warnings.begin(), plan.warnings.end());
  };
  for (Tunnel tunnel : {he(), isatap()}) {
    const std::string iface = tunnel.iface.str();
    CAPTURE(iface);
    tunnel.accept_ra = false;
    tunnel.own_accept_ra = std::uint8_t{1};
    CHECK(warnings(tunnel, {1, true}) ==
          Lines{"net.ipv6.conf." + iface +
                ".forwarding is 1, so that with accept_ra 1 the kernel ignores router "
                "advertisements there: write accept_ra 2 into the stanza"});
    CHECK(warnings(tunnel, {1, false}).empty());
    tunnel.own_accept_ra = std::uint8_t{2};
    CHECK(warnings(tunnel, {2, true}).empty());
    tunnel.own_accept_ra = std::uint8_t{0};
    CHECK(warnings(tunnel, {0, true}).empty());
    // ifup has set it, by its method.
    tunnel.own_accept_ra.reset();
    CHECK(warnings(tunnel, {1, true}).size() == tunnel.routers.size() / 2);
    CHECK(warnings(tunnel, {0, true}).empty());
  }
  CHECK(warnings(he(), {1, true}).empty());
  CHECK(warnings(isatap(), {2, true}).empty());

  // A new device begins with the host's default.
  Live live = host();
  live.set_default_accept_ra({1, true});
  Tunnel anew = isatap();
  anew.accept_ra = false;
  anew.own_accept_ra = std::uint8_t{1};
  CHECK(compare(anew, {}, live, {}).warnings.size() == 1);
  CHECK(compare(isatap(), {}, live, {}).warnings.empty());
}

TEST_CASE("the interface that holds the source is expected to send, unless it only holds it") {
  const auto expected = [](int holder, int out, int master_of_2 = 0, int master_of_3 = 0) {
    Live live;
    for (const int index : {2, 3, 4}) {
      LiveLink link;
      link.index = index;
      link.name = "if" + std::to_string(index);
      link.leads_out = index != 4;
      if (index == 2) link.master = master_of_2;
      if (index == 3) link.master = master_of_3;
      live.add(link);
    }
    if (holder != 0) live.add(LiveAddress4{v4("10.0.0.1"), holder, true});
    const LiveLink* found = live.expected_instead_of(out, v4("10.0.0.1"));
    return found == nullptr ? 0 : found->index;
  };
  CHECK(expected(2, 3) == 2);
  CHECK(expected(3, 2) == 3);
  CHECK(expected(2, 2) == 0);
  CHECK(expected(4, 2) == 0);     // lo, a dummy
  CHECK(expected(2, 3, 3) == 0);  // a VRF, a bridge
  CHECK(expected(2, 3, 0, 2) == 0);
  CHECK(expected(2, 3, 4, 0) == 2);
  CHECK(expected(0, 3) == 0);  // nobody's
  CHECK(expected(2, 9) == 0);  // gone
  // An address of two interfaces.
  Live live = host();
  live.add(LiveLink{3, "eth1", true, 1500, Mac{}, 0, std::nullopt});
  live.add(LiveAddress4{v4("172.31.14.146"), 3, true});
  CHECK(live.expected_instead_of(3, v4("172.31.14.146")) == nullptr);
  CHECK(live.expected_instead_of(2, v4("172.31.14.146")) == nullptr);
}

TEST_CASE("an address may have the lifetimes that a router of the list advertises for its prefix") {
  const auto with = [](const Tunnel& tunnel, std::uint32_t preferred) {
    Live live = host_with(tunnel);
    std::vector<LiveAddress> all = live.addresses(9);
    live.forget_addresses();
    for (LiveAddress& address : all) {
      if (!address.net.address.is_link_local()) address.preferred = preferred;
      live.add(9, address);
    }
    return lines(compare(tunnel, all_owned(tunnel), live, {}));
  };
  const Lines forever_again{"ip address change 2002:ca0c:1e01::5efe:ac1f:e92/64 dev isatap0 nodad"};
  CHECK(with(isatap(), 3600).empty());
  CHECK(with(isatap(), 0) == forever_again);  // it went unrenewed: the stanza still says it
  CHECK(with(make_tunnel(isatap_spec(), {v4("172.31.14.146"), {}, {}, {}, 0}), 3600) ==
        forever_again);
}

TEST_CASE("nothing to do where all is right") {
  CHECK(change(he(), he()).empty());
  CHECK(change(isatap(), isatap()).empty());
}

TEST_CASE(
    "LAN addresses stay owned over a run that changes nothing, and foreign ones are never owned") {
  CHECK(compare(he(), all_owned(he()), host_with(he()), {}).lan_owned == he().lan);
  CHECK(compare(he(), {}, host_with(he()), {}).lan_owned.empty());
}

TEST_CASE("each outer attribute changes in place, the MTU alone without touching the rest") {
  const std::string he_now =
      "ip link set dev he-ipv6 mtu 1480 type sit remote 216.66.80.26 local 172.31.14.146 ";
  Tunnel t = he();
  t.sit.ttl = 0;
  CHECK(change(t, he()) == Lines{he_now + "ttl inherit tos 0 pmtudisc"});
  t = he();
  t.sit.tos = 1;
  CHECK(change(t, he()) == Lines{he_now + "ttl 255 tos inherit pmtudisc"});
  t = he();
  t.sit.pmtu = false;
  CHECK(change(t, he()) == Lines{he_now + "ttl 255 tos 0 nopmtudisc"});
  t = he();
  t.dev = name("eth0");
  CHECK(change(t, he()) == Lines{he_now + "ttl 255 tos 0 pmtudisc dev eth0"});
  t = he();
  t.mtu = 1400;
  CHECK(change(t, he()) == Lines{"ip link set dev he-ipv6 mtu 1400"});
  t = he();
  t.sit.remote = v4("216.66.80.30");
  CHECK(change(t, he()) == Lines{("ip link set dev he-ipv6 mtu 1480 type sit remote 216.66.80.30 "
                                  "local 172.31.14.146 ttl 255 tos 0 pmtudisc")});
}

TEST_CASE(
    "a new local address of 6in4 brings a new link-local address and takes the old one away") {
  const Tunnel moved = make_tunnel(he_spec(), {v4("172.31.14.200"), v4("216.66.80.26"), {}, {}, 0});
  CHECK(change(moved, he()) == Lines{("ip link set dev he-ipv6 mtu 1480 type sit remote "
                                      "216.66.80.26 local 172.31.14.200 ttl 255 tos 0 pmtudisc"),
                                     "ip address add fe80::ac1f:ec8/64 dev he-ipv6",
                                     "ip address delete fe80::ac1f:e92/64 dev he-ipv6"});
}

TEST_CASE(
    "a new local address of ISATAP renews every address that embeds the old one, advertised ones "
    "too") {
  Live live = host_with(isatap());
  LiveAddress advertised;
  advertised.net = net("2001:db8:9::5efe:172.31.14.146/64");
  live.add(9, advertised);
  CHECK(
      lines(compare(isatap("172.31.14.200"), all_owned(isatap()), live, {})) ==
      Lines{("ip link set dev isatap0 mtu 1480 type sit remote any local 172.31.14.200 ttl 64 tos "
             "0 pmtudisc isatap"),
            "ip address add fe80::5efe:ac1f:ec8/64 dev isatap0",
            "ip address add 2002:ca0c:1e01::5efe:ac1f:ec8/64 dev isatap0 nodad",
            "ip address delete fe80::5efe:ac1f:e92/64 dev isatap0",
            "ip address delete 2002:ca0c:1e01::5efe:ac1f:e92/64 dev isatap0",
            "ip address delete 2001:db8:9::5efe:ac1f:e92/64 dev isatap0"});
}

TEST_CASE("an address of a prefix that the stanza has no longer goes") {
  Tunnel t = isatap();
  t.formed = {net("2001:db8:5::5efe:172.31.14.146/64")};
  CHECK(change(t, isatap()) ==
        Lines{"ip address add 2001:db8:5::5efe:ac1f:e92/64 dev isatap0 nodad",
              "ip address delete 2002:ca0c:1e01::5efe:ac1f:e92/64 dev isatap0"});
}

TEST_CASE("of the addresses that hold an IPv4 address, only those of the kernel go") {
  const auto left = [](const Tunnel& tunnel, const LiveLink& link, const char* address) {
    Live live = host_with(tunnel, link);
    LiveAddress other;
    other.net = net(address);
    live.add(9, other);
    const Lines all = lines(compare(tunnel, all_owned(tunnel), live, {}));
    const std::string line = "ip address delete " + net(address).str() + " dev " + link.name;
    return std::count(all.begin(), all.end(), line) == 0;
  };
  TunnelSpec spec;
  spec.iface = name("6rd0");
  spec.sit.kind = Kind::sixrd;
  spec.mtu = 1480;
  spec.sit.domain = {net("2001:db8::/32"), *Ipv4Net::parse("172.31.0.0/16")};
  const Tunnel sixrd = make_tunnel(spec, {v4("172.31.14.146"), {}, {}, {}, 0});
  CHECK_FALSE(left(sixrd, live_link(sixrd, 9), "::172.31.14.146/96"));
  CHECK(left(sixrd, live_link(sixrd, 9), "::172.31.14.146/128"));
  CHECK(left(sixrd, live_link(sixrd, 9), "2001:db8:7::1/96"));

  const LiveLink is0 = live_link(isatap(), 9);
  CHECK(left(isatap(), is0, "2001:db8:9::5efe:172.31.14.146/64"));
  CHECK_FALSE(left(isatap(), is0, "2001:db8:9::5efe:172.31.14.1/64"));
  // The other one that the kernel would know as its own.
  CHECK_FALSE(left(isatap(), is0, "fe80::200:5efe:172.31.14.146/64"));
  CHECK(left(isatap(), is0, "fe80::1234/64"));

  // A device for any local end has one for each address of the host.
  LiveLink any = live_link(he(), 9);
  any.sit->local = {};
  CHECK_FALSE(left(isatap("172.31.14.7"), is0, "2001:db8:9::5efe:172.31.14.146/64"));
  CHECK(left(he(), any, "fe80::172.31.99.99/64"));
  CHECK(left(he(), live_link(he(), 9), "fe80::172.31.99.99/64"));
}

TEST_CASE("addresses that somebody else added stay") {
  Live live = host_with(he());
  for (const char* text : {"2001:db8:77::1/64", "fe80::1/64", "fe80::dead:beef/64"}) {
    LiveAddress other;
    other.net = net(text);
    live.add(9, other);
  }
  CHECK(compare(he(), all_owned(he()), live, {}).operations.empty());
}

TEST_CASE("the link-local address that the kernel has made up for an ISATAP device goes") {
  for (const bool stable : {true, false}) {
    Live live = host_with(isatap());
    LiveAddress other;
    other.net = net("fe80::1234:5678:9abc:def0/64");
    other.stable_privacy = stable;
    live.add(9, other);
    CHECK(lines(compare(isatap(), all_owned(isatap()), live, {})) ==
          (stable ? Lines{"ip address delete fe80::1234:5678:9abc:def0/64 dev isatap0"} : Lines{}));
  }
}

TEST_CASE("address, gateway, metric and LAN changes take the old ones away") {
  Tunnel t = he();
  t.addresses[0].net = net("2001:db8:1::3/64");
  CHECK(change(t, he()) == Lines{"ip address add 2001:db8:1::3/64 dev he-ipv6 nodad",
                                 "ip address delete 2001:db8:1::2/64 dev he-ipv6"});
  t = he();
  t.addresses[0].net = net("2001:db8:1::2/128");
  CHECK(change(t, he()) == Lines{"ip address delete 2001:db8:1::2/64 dev he-ipv6",
                                 "ip address add 2001:db8:1::2/128 dev he-ipv6 nodad"});
  t = he();
  t.addresses.push_back({net("2001:db8:7::2/48"), std::nullopt});
  CHECK(change(t, he()) == Lines{"ip address add 2001:db8:7::2/48 dev he-ipv6 nodad"});
  CHECK(change(he(), t) == Lines{"ip address delete 2001:db8:7::2/48 dev he-ipv6"});
  t = he();
  t.route->metric = 5;
  CHECK(change(t, he()) ==
        Lines{"ip -6 route add default via 2001:db8:1::1 dev he-ipv6 metric 5 onlink",
              "ip -6 route delete default via 2001:db8:1::1 dev he-ipv6 metric 1024"});
  t = he();
  t.route->gateway = v6("fe80::1");
  // The kernel refuses a second default route of the same metric.
  CHECK(change(t, he()) ==
        Lines{"ip -6 route delete default via 2001:db8:1::1 dev he-ipv6 metric 1024",
              "ip -6 route add default via fe80::1 dev he-ipv6 metric 1024 onlink"});
  t = he();
  t.route = DefaultRoute{Ipv6{}, 1};
  CHECK(change(t, he()) ==
        Lines{"ip -6 route add default dev he-ipv6 metric 1",
              "ip -6 route delete default via 2001:db8:1::1 dev he-ipv6 metric 1024"});
  CHECK(change(he(), t) ==
        Lines{"ip -6 route add default via 2001:db8:1::1 dev he-ipv6 metric 1024 onlink",
              "ip -6 route delete default dev he-ipv6 metric 1"});
  t = he();
  t.route.reset();
  CHECK(change(t, he()) ==
        Lines{"ip -6 route delete default via 2001:db8:1::1 dev he-ipv6 metric 1024"});
  t = he();
  t.lan = {{name("eth0"), net("2001:db8:3::1/64")}};
  CHECK(change(t, he()) == Lines{"ip address delete 2001:db8:2::1/64 dev eth0",
                                 "ip address add 2001:db8:3::1/64 dev eth0"});
  t = he();
  t.addresses[0].preferred_lifetime = 0;
  CHECK(change(t, he()) ==
        Lines{"ip address change 2001:db8:1::2/64 dev he-ipv6 preferred_lft 0 nodad"});
}

TEST_CASE("a finite lifetime that has run down a little is still right") {
  Tunnel t = he();
  t.addresses[0].preferred_lifetime = 600;
  Live live = host();
  live.add(live_link(t, 9));
  LiveAddress address;
  address.net = t.addresses[0].net;
  address.preferred = 12;
  live.add(9, address);
  Owned owned = owned_by(t);
  for (const std::uint32_t left : {12U, 600U}) {
    live.forget_addresses();
    address.preferred = left;
    live.add(9, address);
    for (const std::string& line : lines(compare(t, owned, live, {})))
      CHECK(line.find("2001:db8:1::2") == std::string::npos);
  }
  // What it has run down to doesn't tell a longer one from the old one; what it was given does.
  t.addresses[0].preferred_lifetime = 3600;
  const Lines longer = lines(compare(t, owned, live, {}));
  CHECK(std::count(longer.begin(), longer.end(),
                   "ip address change 2001:db8:1::2/64 dev he-ipv6 preferred_lft 3600 nodad") == 1);
  owned.preferred_lifetime = std::nullopt;
  for (const std::string& line : lines(compare(t, owned, live, {})))
    CHECK(line.find("2001:db8:1::2") == std::string::npos);
}

TEST_CASE("routers are diffed by address and by what they may be") {
  Tunnel t = isatap();
  t.routers = {{v4("172.31.0.10"), false}, {v4("172.31.0.12"), true}};
  CHECK(change(t, isatap()) == Lines{"ip tunnel prl prl-delete 172.31.0.11 dev isatap0",
                                     "ip tunnel prl prl-delete 172.31.0.10 dev isatap0 && "
                                     "ip tunnel prl prl-nodefault 172.31.0.10 dev isatap0",
                                     "ip tunnel prl prl-default 172.31.0.12 dev isatap0"});
}

TEST_CASE("what the kernel would silently ignore is made anew, and the plan says so") {
  const auto anew = [](const LiveLink& link) {
    const Plan plan = compare(he(), all_owned(he()), host_with(he(), link), {});
    REQUIRE(plan.notes.size() == 1);
    const auto text = lines(plan);
    REQUIRE(text.size() >= 2);
    CHECK(text[0] == "ip link delete dev he-ipv6");
    CHECK(text[1].find("ip link add name he-ipv6 ") == 0);
    return plan.notes[0];
  };
  LiveLink link = live_link(he(), 9);
  link.sit->kind = Kind::isatap;
  link.sit->remote = {};
  CHECK(anew(link).find("it is an ISATAP device") != std::string::npos);
  link = live_link(he(), 9);
  link.sit->protocol = 0;
  CHECK(anew(link).find("another protocol") != std::string::npos);
  link = live_link(he(), 9);
  link.sit->has_other_sets = true;
  CHECK(anew(link).find("GUE") != std::string::npos);
  link = live_link(he(), 9);
  link.sit->remote = {};
  CHECK(anew(link).find("it changes between one endpoint and any") != std::string::npos);
}

TEST_CASE("if-up.d never makes the device anew, and leaves address and route to ifup") {
  const Scope scope{false, false, false};
  LiveLink link = live_link(he(), 9);
  link.sit->protocol = 0;
  CHECK_THROWS_AS(compare(he(), {}, host_with(he(), link), scope), Error);
  // What the stock method leaves: local any, its own ttl, the underlay's MTU, a link-local address
  // for each IPv4 of the host.
  link = live_link(he(), 9);
  link.sit->local = {};
  link.sit->ttl = 0;
  link.mtu = 8981;
  Live live = host();
  live.add(link);
  live.add(LiveAddress4{v4("172.31.32.10"), 2, true});
  for (const char* text : {"fe80::172.31.14.146/64", "fe80::172.31.32.10/64", "fe80::dead:beef/64",
                           "2001:db8:1::2/64"}) {
    LiveAddress address;
    address.net = net(text);
    live.add(9, address);
  }
  CHECK(lines(compare(he(), all_owned(he()), live, scope)) ==
        Lines{("ip link set dev he-ipv6 mtu 1480 type sit remote 216.66.80.26 local 172.31.14.146 "
               "ttl 255 tos 0 pmtudisc"),
              "ip address delete fe80::ac1f:200a/64 dev he-ipv6",
              "ip address add 2001:db8:2::1/64 dev eth0"});
}

TEST_CASE("a leftover is made anew where ifup is about to add the address itself") {
  const auto text = lines(compare(he(), all_owned(he()), host_with(he()), {false, true, true}));
  REQUIRE(text.size() >= 2);
  CHECK(text[0] == "ip link delete dev he-ipv6");
  CHECK(std::none_of(text.begin(), text.end(), [](const std::string& line) {
    return line.find("2001:db8:1::2") != std::string::npos;
  }));
}

TEST_CASE("whoever has the ends already is named, with what to do") {
  Live live = host();
  Tunnel other = he();
  other.iface = name("he6");
  live.add(live_link(other, 7));
  try {
    compare(he(), {}, live, {});
    FAIL("the collision went unseen");
  } catch (const Error& error) {
    CHECK(error.status() == Exit::system);
    CHECK(error.subject() == "he6");
    CHECK(error.why().find("172.31.14.146 to 216.66.80.26") != std::string::npos);
    CHECK(error.why().find("ip link delete he6") != std::string::npos);
  }
}

TEST_CASE("the ends of a device for any remote end are told, too") {
  const auto ends = [](Ipv4 local) {
    const std::string why = endpoints_taken_by("is0", local, {}).why();
    return why.substr(0, why.find(';'));
  };
  CHECK(ends({}) == "this device already has the tunnel's ends (local any, any remote)");
  CHECK(ends(v4("10.0.0.1")) ==
        "this device already has the tunnel's ends (local 10.0.0.1, any remote)");
}

TEST_CASE("a source address of another interface than packets leave by is doubted") {
  Live live = host();
  live.add(LiveLink{3, "eth1", true, 1500, Mac{}, 0, std::nullopt});
  Tunnel t = he();
  t.dev = name("eth1");
  CHECK(compare(t, {}, live, {}).doubts ==
        Lines{"packets leave by eth1 (v4tunnel-dev), and their source address, 172.31.14.146, is "
              "eth0's, so that the network there may drop them: write v4tunnel-dev eth0, or "
              "v4tunnel-local interface:eth1"});
  t.dev = name("eth0");
  CHECK(compare(t, {}, live, {}).doubts.empty());
}

TEST_CASE("interfaces that the stanza needs and the host lacks") {
  Tunnel t = he();
  t.dev = name("eth9");
  CHECK_THROWS_AS(compare(t, {}, host(), {}), Error);
}

TEST_CASE("a LAN interface that is missing keeps no tunnel from coming up") {
  Tunnel t = he();
  t.lan.push_back({name("docker0"), net("2001:db8:3::1/64")});
  Plan plan = compare(t, {}, host(), {});
  CHECK(plan.lan_owned == he().lan);
  CHECK(lines(plan) == lines(compare(he(), {}, host(), {})));
  CHECK(
      plan.warnings ==
      Lines{"docker0: no interface has this name: situpd adds 2001:db8:3::1/64 when there is one; "
            "without situpd, situp up he-ipv6 does"});
  // Docker makes it anew: the address that was on the old one is not there, whoever owned it.
  Live live = host_with(he());
  LiveLink docker = eth0();
  docker.index = 77;
  docker.name = "docker0";
  live.add(docker);
  plan = compare(t, all_owned(t), live, {});
  CHECK(lines(plan) == Lines{"ip address add 2001:db8:3::1/64 dev docker0"});
  CHECK(plan.lan_owned == t.lan);
  CHECK(plan.warnings.empty());
}

TEST_CASE("a LAN address that the host has with another length is named, not touched") {
  Live live = host();
  LiveAddress address;
  address.net = net("2001:db8:2::1/48");
  live.add(2, address);
  CHECK_THROWS_AS(compare(he(), {}, live, {}), Error);
}

TEST_CASE("a default route in the place of the tunnel's is named before anything is made") {
  const auto with = [](const LiveDefault& other) {
    Live live = host();
    live.add(LiveLink{3, "tun1", true, 1480, std::nullopt, 0, std::nullopt});
    live.add(other);
    return live;
  };
  const auto why = [](const Live& live, const Scope& scope) {
    try {
      compare(he(), {}, live, scope);
    } catch (const Error& error) {
      CHECK(error.status() == Exit::system);
      return std::string(error.what());
    }
    return std::string();
  };
  const std::string subject =
      "ip -6 route add default via 2001:db8:1::1 dev he-ipv6 metric 1024 onlink: ";
  const DefaultRoute native{v6("fe80::1")};
  CHECK(why(with({2, native}), {}) ==
        subject +
            "another default route has this metric already (default via fe80::1 dev eth0 "
            "metric 1024), and the kernel takes one of each: write metric 2048 in the "
            "stanza, or v4tunnel-route default in place of gateway");
  CHECK(why(with({2, native, true}), {}).find("dev eth0 proto ra metric 1024)") !=
        std::string::npos);
  CHECK(why(with({0, {}, false, true}), {}).find("(unreachable default metric 1024)") !=
        std::string::npos);
  Live both = with({2, native});
  both.add(LiveDefault{3, {{}, 2048}});
  CHECK(why(both, {}).find("write metric 4096 ") != std::string::npos);
  // Where ifup's method makes the route: its own metric counts.
  Scope method{.inner = false, .recreate = true, .anew = true};
  CHECK(why(with({2, native}), method).empty());
  method.coming = DefaultRoute{v6("2001:db8:1::1")};
  CHECK(why(with({2, native, true}), method).rfind(subject, 0) == 0);
  method.coming->metric = 1;
  CHECK(why(with({2, native}), method).empty());
  // Others are in nobody's way.
  CHECK(why(with({2, {v6("fe80::1"), 512}}), {}).empty());
  CHECK(why(with({2, {v6("fe80::1"), 1024, net("2001:db8:9::/48")}}), {}).empty());
  CHECK(why(with({2, {v6("fe80::1"), 1024, {}, 100}}), {}).empty());
}

TEST_CASE("the tunnel's own default routes are in its way only where they stay") {
  Live live = host_with(he());
  live.add(LiveDefault{9, *he().route});
  CHECK(compare(he(), all_owned(he()), live, {}).operations.empty());
  Tunnel other = he();
  other.route->gateway = v6("fe80::1");
  CHECK(lines(compare(other, all_owned(he()), live, {})).size() == 2);
  CHECK_THROWS_AS(compare(other, {}, live, {}), Error);
  // A device that is made anew takes its routes with it.
  CHECK(!compare(other, {}, live, {.inner = true, .recreate = true, .anew = true})
             .operations.empty());
}

TEST_CASE("IPv6 that is disabled is told of before anything is made") {
  const auto why = [](const Live& live, const Scope& scope) {
    try {
      compare(he(), all_owned(he()), live, scope);
    } catch (const Error& error) {
      CHECK(error.status() == Exit::system);
      return std::string(error.what());
    }
    return std::string();
  };
  const Scope method{.inner = false, .recreate = true, .anew = true};
  Live live = host();
  live.disable_ipv6_by_default();
  for (const Scope& scope : {Scope{}, method})
    CHECK(why(live, scope).find("sysctl net.ipv6.conf.default.disable_ipv6=0") !=
          std::string::npos);
  // The device's own counts, where it stays.
  live = host_with(he());
  live.disable_ipv6_by_default();
  CHECK(why(live, {}).empty());
  CHECK(!why(live, method).empty());
  LiveLink disabled = live_link(he(), 9);
  disabled.ipv6_disabled = true;
  CHECK(why(host_with(he(), disabled), {}) ==
        "he-ipv6: IPv6 is disabled on this interface: sysctl "
        "net.ipv6.conf.he-ipv6.disable_ipv6=0");
  CHECK(why(host_with(he(), disabled), method).empty());
  live = host();
  LiveLink lan = eth0();
  lan.ipv6_disabled = true;
  live.add(lan);
  CHECK(why(live, method) ==
        "eth0: IPv6 is disabled on this interface: sysctl net.ipv6.conf.eth0.disable_ipv6=0");
  live = host();
  live.switch_ipv6_off();
  CHECK(why(live, method) ==
        "he-ipv6: IPv6 is switched off in this kernel: take ipv6.disable=1 off the kernel's "
        "command line");
}

TEST_CASE(
    "going down takes away what is owned and there, and the device only where it is situp's") {
  const Live live = host_with(he());
  CHECK(lines(compare_down(name("he-ipv6"), all_owned(he()), live, true, true)) ==
        Lines{"ip address delete 2001:db8:2::1/64 dev eth0", "ip link delete dev he-ipv6"});
  CHECK(lines(compare_down(name("he-ipv6"), all_owned(he()), live, false, false)) ==
        Lines{"ip address delete 2001:db8:2::1/64 dev eth0"});
  CHECK(lines(compare_down(name("he-ipv6"), all_owned(he()), host(), true, true)).empty());
}

TEST_CASE("undo gives back what was there") {
  const Live before = host_with(isatap());
  const auto undone = [&](const Operation& operation) {
    Lines result;
    for (const Operation& back : undo_of(operation, before)) result.push_back(as_ip_command(back));
    return result;
  };
  CHECK(undone(CreateLink{"x", {}}) == Lines{"ip link delete dev x"});
  // A record knows the device by its ifindex, so it gets the same one.
  Lines again = lines(compare(isatap(), {}, host(), {}));
  again[0].replace(0, std::string("ip link add name isatap0").size(),
                   "ip link add name isatap0 index 9");
  CHECK(undone(DeleteLink{"isatap0"}) == again);
  CHECK(undone(SetAcceptRa{"isatap0", 2}) == Lines{"sysctl -w net.ipv6.conf.isatap0.accept_ra=1"});
  CHECK(undone(SetAcceptRa{"isatap1", 2}).empty());  // a new device goes whole
  LiveLink deaf = live_link(isatap(), 9);
  deaf.accept_ra.accept = 0;
  const Live deaf_before = host_with(isatap(), deaf);
  const auto put_back = undo_of(DeleteLink{"isatap0"}, deaf_before);
  CHECK(std::any_of(put_back.begin(), put_back.end(), [](const Operation& operation) {
    return as_ip_command(operation) == "sysctl -w net.ipv6.conf.isatap0.accept_ra=0";
  }));
  CHECK(undo_of(SetAddressGeneration{"isatap1", 0}, deaf_before).empty());
  deaf.address_generation.reset();  // an old kernel doesn't tell
  CHECK(undo_of(SetAddressGeneration{"isatap0", 0}, host_with(isatap(), deaf)).empty());
  deaf.address_generation = 1;
  const auto mode = undo_of(SetAddressGeneration{"isatap0", 0}, host_with(isatap(), deaf));
  REQUIRE(mode.size() == 1);
  CHECK(std::get<SetAddressGeneration>(mode[0]).mode == 1);
  CHECK(undone(SetUp{"isatap0", true}) ==
        Lines{"ip link set dev isatap0 down", "ip address add fe80::5efe:ac1f:e92/64 dev isatap0",
              "ip address add 2002:ca0c:1e01::5efe:ac1f:e92/64 dev isatap0 nodad"});
  CHECK(undone(SetUp{"isatap0", false}) == Lines{"ip link set dev isatap0 up"});
  CHECK(undone(SetMtu{"isatap0", 1300}) == Lines{"ip link set dev isatap0 mtu 1480"});
  CHECK(undone(DeleteRouter{"isatap0", v4("172.31.0.11")}) ==
        Lines{"ip tunnel prl prl-nodefault 172.31.0.11 dev isatap0"});
  CHECK(undone(AddAddress{"isatap0", {net("2001:db8::1/64"), {}}, false}) ==
        Lines{"ip address delete 2001:db8::1/64 dev isatap0"});
  CHECK(undone(DeleteAddress{"isatap0", net("2002:ca0c:1e01::5efe:172.31.14.146/64")}) ==
        Lines{"ip address add 2002:ca0c:1e01::5efe:ac1f:e92/64 dev isatap0 nodad"});
}

TEST_CASE("mtu auto is the underlay's less the IPv4 header, and never below what IPv6 needs") {
  TunnelSpec spec = he_spec();
  spec.mtu.reset();
  CHECK(make_tunnel(spec, {v4("10.0.0.1"), v4("216.66.80.26"), {}, {}, 9001}).mtu == 8981);
  CHECK(make_tunnel(spec, {v4("10.0.0.1"), v4("216.66.80.26"), {}, {}, 1280}).mtu == 1280);
}

TEST_CASE("a router in both lists by way of DNS keeps the right to be default, once") {
  const Tunnel t = make_tunnel(
      isatap_spec(),
      {v4("10.0.0.1"), {}, {v4("10.0.0.2"), v4("10.0.0.2")}, {v4("10.0.0.2"), v4("10.0.0.3")}, 0});
  CHECK(t.routers == std::vector<Router>{{v4("10.0.0.2"), true}, {v4("10.0.0.3"), false}});
}
