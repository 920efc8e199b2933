// SPDX-License-Identifier: GPL-2.0-or-later
// The relay of a 6rd domain: what it needs beside its own device.
#include <doctest/doctest.h>

#include "model/tunnel/compare.h"
#include "unit/world.h"

using namespace situp;

namespace {

/// 172.31.14.146 as the relay of 2001:db8:4::/48.
Tunnel relay() {
  Resolved resolved;
  resolved.local = *Ipv4::parse("172.31.14.146");
  resolved.relays = {resolved.local};
  return make_tunnel(sixrd_spec(), resolved);
}

Live host(bool forwards) {
  Live live;
  live.set_forwards(forwards);
  return live;
}

/// The doubts of a plan on a host that forwards, and that has this default route.
Lines doubts(const LiveDefault& route) {
  Live live = host(true);
  live.add(route);
  Lines lines;
  for (const std::string& line : compare(relay(), {}, live, {}).doubts) lines.push_back(line);
  return lines;
}

LiveDefault from(const char* prefix) {
  return {2, {{}, 1024, Ipv6Net::parse(prefix)}};
}

}  // namespace

TEST_CASE("a relay needs a default route that takes packets from the whole domain") {
  const Lines none{
      "this host is the relay of the 6rd domain, and no default route takes packets from "
      "2001:db8:4::/48 to the Internet: bring up the tunnel that leads there, with gateway, or "
      "with "
      "v4tunnel-route default from 2001:db8:4::/48"};
  CHECK(doubts({2, {}}) == Lines{});
  CHECK(doubts(from("2001:db8:4::/48")) == Lines{});
  CHECK(doubts(from("2001:db8::/32")) == Lines{});
  CHECK(doubts({0, {}, false, true}) == none);
  CHECK(doubts({0, {{}, 1024, Ipv6Net::parse("2001:db8::/32")}, false, true}) == none);
  CHECK(doubts(from("2001:db8:4::/49")) == none);
  CHECK(doubts(from("2001:db8:5::/48")) == none);
}

TEST_CASE("a host that forwards no packets is no relay") {
  CHECK_THROWS_WITH_AS(
      compare(relay(), {}, host(false), {}),
      "net.ipv6.conf.all.forwarding: this host is the relay of the 6rd domain (172.31.14.146), and "
      "it forwards no IPv6 packets: sysctl net.ipv6.conf.all.forwarding=1, and the same line in "
      "/etc/sysctl.d/",
      Error);
}
