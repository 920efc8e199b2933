// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconcile/ownership.h"

#include <doctest/doctest.h>

#include <string>

using namespace situp;

TEST_CASE("a device that is not situp's is left alone, and the message says so") {
  LiveLink link;
  link.name = "he-ipv6";
  const Error error = foreign(link);
  CHECK(error.status() == Exit::system);
  CHECK(error.why().find("a device of this name is there and is not situp's (") == 0);
  CHECK(error.why().find("; situp leaves it alone: give the tunnel another name") !=
        std::string::npos);
  link.sit = Sit{};
  CHECK(foreign(link).why().find(
            "situp leaves it alone: ip link delete he-ipv6, or give the tunnel another name") !=
        std::string::npos);
  link.name = "sit0";
  CHECK(foreign(link).why() ==
        "the kernel's own fallback device has this name and can't be removed: give the tunnel "
        "another name");
}

TEST_CASE("a foreign device is described by its kind and ends") {
  const auto what = [](const LiveLink& link) {
    const std::string why = foreign(link).why();
    const auto start = why.find('(') + 1;
    return why.substr(start, why.find(')') - start);
  };
  LiveLink link;
  link.name = "he";
  CHECK(what(link) == "another kind of device");
  link.sit = Sit{};
  CHECK(what(link) == "a sit device, any to any");
  link.sit->local = *Ipv4::parse("172.31.14.146");
  link.sit->remote = *Ipv4::parse("216.66.80.26");
  CHECK(what(link) == "a sit device, 172.31.14.146 to 216.66.80.26");
}

TEST_CASE("the ends of a stanza are known as far as it has addresses for them") {
  const Ipv4 local = *Ipv4::parse("172.31.14.146"), remote = *Ipv4::parse("216.66.80.26");
  TunnelSpec spec;
  CHECK(ends_of(spec).remote == Ipv4{});
  CHECK_FALSE(ends_of(spec).local);
  spec.endpoint = Host(remote);
  spec.local = {local};
  CHECK(ends_of(spec).remote == remote);
  CHECK(ends_of(spec).local == local);
  spec.endpoint = Host(*HostName::parse("tunnel.example"));
  spec.local.push_back(local);
  CHECK_FALSE(ends_of(spec).remote);
  CHECK_FALSE(ends_of(spec).local);
  spec.local = {default_source()};
  CHECK_FALSE(ends_of(spec).local);
}

TEST_CASE("whoever made a device makes it anew") {
  Record record;
  record.stanza.iface = "he-ipv6";
  CHECK(how_to_make_anew(record) == "situp up he-ipv6 makes it anew");
  record.by_ifup = true;
  CHECK(how_to_make_anew(record) == "ifdown and ifup he-ipv6 make it anew");
}

TEST_CASE("without a record, what is there of the tunnel's is taken for situp's") {
  Tunnel tunnel;
  const Ipv6Net there = *Ipv6Net::parse("2001:db8:7::/48");
  tunnel.routed = {there, *Ipv6Net::parse("2001:db8:8::/48")};
  Live live;
  live.add_unreachable(there);
  for (const bool adopted : {true, false})
    CHECK(owned_before(std::nullopt, tunnel, adopted, live).routed == std::vector{there});
  Record record;
  CHECK(owned_before(record, tunnel, true, live).routed.empty());
}
