// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconcile/record.h"

#include <doctest/doctest.h>

#include <string>

#include "reconcile/ownership.h"

using namespace situp;

namespace {

Ipv4 v4(const char* text) {
  return Ipv4::parse(text).value();
}

Record full_record() {
  Record record;
  record.state = Record::State::going_down;
  record.stanza = {"he-ipv6",
                   "home",
                   "inet6",
                   "v4tunnel",
                   {{"v4tunnel-local", "ec2 interface:eth0", {}}, {"endpoint", "216.66.80.26", {}}},
                   {}};
  record.resolved = {
      v4("172.31.14.146"), v4("216.66.80.26"), {v4("10.0.0.1")}, {v4("10.0.0.2")}, 9001, "ec2"};
  record.by_ifup = true;
  record.no_auto_down = true;
  record.upkeep = true;
  record.no_next_hop = true;
  record.no_on_link_rules = true;
  record.ifindex = 12;
  record.owned.addresses = {*Ipv6Net::parse("2001:db8::2/64")};
  record.owned.preferred_lifetime = 4000000000;
  record.owned.routes = {
      {*Ipv6::parse("2001:db8::1"), 1024, {}, main_table},
      {{}, 7, Ipv6Net::parse("2001:db8::/64"), 4294967295},
      {{}, 8, {}, 100},
  };
  record.owned.firewall = {0xfedcba9876543210, 7};
  record.owned.next_hops = {
      {0x736974, 41, 7563636, v4("172.31.0.1"), *InterfaceName::parse("eth0")}};
  record.owned.on_link_rules = {{32764, *Ipv6Net::parse("2001:db8::/64"), true},
                                {32765, *Ipv6Net::parse("fe80::/10"), false}};
  record.owned.routed = {*Ipv6Net::parse("2001:db8:7::/48")};
  record.owned.fou_ports = {{5555, v4("172.31.14.146")}, {65535, {}}};
  record.owned.lan = {{*InterfaceName::parse("eth0"), *Ipv6Net::parse("2001:db8:1::1/64")}};
  return record;
}

LiveLink sit_link(const char* local, const char* remote, int index) {
  Sit sit;
  sit.local = v4(local);
  sit.remote = v4(remote);
  return {index, "he-ipv6", true, 1480, std::nullopt, 0, sit};
}

}  // namespace

TEST_CASE("a record comes back as it was written") {
  const std::string text = write_record(full_record(), "boot-1");
  const auto record = read_record(text, "boot-1");
  REQUIRE(record);
  CHECK(write_record(*record, "boot-1") == text);
  CHECK(record->state == Record::State::going_down);
  CHECK(record->stanza.logical == "home");
  CHECK(record->resolved.local_source == "ec2");
  CHECK(record->stanza.options[0].value == "ec2 interface:eth0");
  CHECK(record->resolved == full_record().resolved);
  CHECK(record->ifindex == 12);
  CHECK(record->upkeep);
  CHECK(record->owned.preferred_lifetime == 4000000000);
  CHECK(record->owned.routes == full_record().owned.routes);
  CHECK(record->owned.lan == full_record().owned.lan);
  CHECK(record->owned.firewall == full_record().owned.firewall);
  CHECK(record->owned.on_link_rules == full_record().owned.on_link_rules);
  CHECK(record->owned.routed == full_record().owned.routed);
  CHECK(record->owned.fou_ports == full_record().owned.fou_ports);
  CHECK(record->no_on_link_rules);
}

TEST_CASE("a rule of the record is whole, or the record is none") {
  const std::string text = write_record(full_record(), "b");
  const std::string good = "owns-on-link-rule 32764 2001:db8::/64 longer\n";
  REQUIRE(text.find(good) != std::string::npos);
  for (const char* line :
       {"owns-on-link-rule", "owns-on-link-rule 7", "owns-on-link-rule 7 2001:db8::/64",
        "owns-on-link-rule x 2001:db8::/64 longer", "owns-on-link-rule 7 2001:db8:: longer",
        "owns-on-link-rule 7 2001:db8::/64 short", "owns-on-link-rule 7 2001:db8::/64 longer 1",
        "owns-unreachable 2001:db8::", "no-on-link-rules maybe"}) {
    CAPTURE(line);
    std::string other = text;
    other.replace(other.find(good), good.size(), std::string(line) + "\n");
    CHECK_FALSE(read_record(other, "b"));
  }
}

TEST_CASE("the fingerprints of a filter are two numbers, or the record is none") {
  const std::string text = write_record(full_record(), "b");
  const std::string good = "owns-firewall fedcba9876543210 7\n";
  REQUIRE(text.find(good) != std::string::npos);
  for (const char* line :
       {"owns-firewall", "owns-firewall 7", "owns-firewall x 7", "owns-firewall 7 ",
        "owns-firewall 7 7 7", "owns-firewall 10000000000000000 7", "owns-firewall -1 7"}) {
    std::string other = text;
    CHECK_FALSE(
        read_record(other.replace(other.find(good), good.size(), std::string(line) + "\n"), "b"));
  }
}

TEST_CASE("a route in a record is what it says, or the record is none") {
  const std::string text = write_record(full_record(), "b");
  const std::string good = "owns-route 2001:db8::1 1024\n";
  const auto with = [&](const std::string& line) {
    std::string other = text;
    return read_record(other.replace(other.find(good), good.size(), line + "\n"), "b");
  };
  REQUIRE(with("owns-route :: 5 table 9"));
  CHECK(with("owns-route :: 5 table 9")->owned.routes[0].table == 9);
  for (const char* line : {"owns-route ::", "owns-route :: x", "owns-route :: 5 from",
                           "owns-route :: 5 from 2001:db8::", "owns-route :: 5 table -1",
                           "owns-route :: 5 dev eth0", "owns-route :: 5 table 9 x"})
    CHECK_FALSE(with(line));
}

TEST_CASE("a next hop in a record has all five words, or the record is none") {
  Record record = full_record();
  record.owned.next_hops = {{7, 8, 9, *Ipv4::parse("172.31.0.1"), *InterfaceName::parse("eth0")}};
  const std::string text = write_record(record, "b");
  const std::string good = "owns-next-hop 7 8 9 172.31.0.1 eth0\n";
  REQUIRE(text.find(good) != std::string::npos);
  REQUIRE(read_record(text, "b"));
  for (const char* line :
       {"owns-next-hop 7 8 9 172.31.0.1", "owns-next-hop 7 8 9 x eth0", "owns-next-hop 7 8 9 eth0",
        "owns-next-hop 7 8 x 172.31.0.1 eth0", "owns-next-hop 7 8 9 172.31.0.1 eth0 x"}) {
    std::string other = text;
    CHECK_FALSE(
        read_record(other.replace(other.find(good), good.size(), std::string(line) + "\n"), "b"));
  }
}

TEST_CASE("a port in a record has a number and an address, or the record is none") {
  const std::string text = write_record(full_record(), "b");
  const std::string good = "owns-fou-port 5555 172.31.14.146\n";
  REQUIRE(text.find(good) != std::string::npos);
  const auto with = [&](const std::string& line) {
    std::string other = text;
    return read_record(other.replace(other.find(good), good.size(), line + "\n"), "b");
  };
  REQUIRE(with("owns-fou-port 1 0.0.0.0"));
  CHECK(with("owns-fou-port 1 0.0.0.0")->owned.fou_ports[0].port == 1);
  for (const char* line :
       {"owns-fou-port", "owns-fou-port 0 0.0.0.0", "owns-fou-port x 0.0.0.0",
        "owns-fou-port 65536 0.0.0.0", "owns-fou-port 5555", "owns-fou-port 5555 he"})
    CHECK_FALSE(with(line));
}

TEST_CASE("another boot's record, a torn one or anything else is no record") {
  const std::string text = write_record(full_record(), "boot-1");
  CHECK_FALSE(read_record(text, "boot-2"));
  for (std::size_t length = 0; length < text.size(); ++length)
    CHECK_FALSE(read_record(text.substr(0, length), "boot-1"));
  CHECK_FALSE(read_record(text + "x\n", "boot-1"));
  std::string of_no_boot = text;
  of_no_boot.erase(of_no_boot.find("boot boot-1\n"), std::string("boot boot-1\n").size());
  CHECK_FALSE(read_record(of_no_boot, "boot-1"));
  std::string of_nothing = text;
  of_nothing.erase(of_nothing.find("iface he-ipv6\n"), std::string("iface he-ipv6\n").size());
  CHECK_FALSE(read_record(of_nothing, "boot-1"));
  std::string odd = text;
  odd.replace(odd.find("ifindex 12"), 10, "ifindex -2");
  CHECK_FALSE(read_record(odd, "boot-1"));
}

TEST_CASE("a value can't end its line and start another") {
  Record record = full_record();
  record.stanza.options[0].value = "ec2\nstate up";
  const auto again = read_record(write_record(record, "b"), "b");
  REQUIRE(again);
  CHECK(again->state == Record::State::going_down);
  CHECK(again->stanza.options[0].value == "ec2 state up");
}

TEST_CASE("whose device it is") {
  Live live;
  live.add(LiveLink{2, "eth0", true, 9001, Mac{}, 0, std::nullopt});
  live.add(LiveAddress4{v4("172.31.14.146"), 2, true});
  const Ends ends{Kind::sixin4, v4("172.31.14.146"), v4("216.66.80.26")};
  const auto right = sit_link("172.31.14.146", "216.66.80.26", 12);
  const auto other = sit_link("172.31.14.146", "1.2.3.4", 13);

  SUBCASE("without a record, the stanza's kind and ends adopt it") {
    CHECK(is_ours(right, std::nullopt, ends, live));
    CHECK_FALSE(is_ours(other, std::nullopt, ends, live));
    LiveLink isatap = right;
    isatap.sit->kind = Kind::isatap;
    CHECK_FALSE(is_ours(isatap, std::nullopt, ends, live));
    CHECK_FALSE(is_ours({12, "he-ipv6", true, 1500, std::nullopt, 0, std::nullopt}, std::nullopt,
                        ends, live));
  }
  SUBCASE(
      "going down without a record and without asking, any address of this host will do as local") {
    CHECK(is_ours(right, std::nullopt, {Kind::sixin4, std::nullopt, v4("216.66.80.26")}, live));
    CHECK_FALSE(is_ours(sit_link("10.9.9.9", "216.66.80.26", 12), std::nullopt,
                        {Kind::sixin4, std::nullopt, v4("216.66.80.26")}, live));
  }
  SUBCASE("an endpoint that only DNS knows tells nobody's device from the stanza's") {
    CHECK_FALSE(is_ours(right, std::nullopt, {Kind::sixin4, std::nullopt, std::nullopt}, live));
  }
  SUBCASE("a record names it by index, whatever its ends are now") {
    Record record = full_record();
    record.state = Record::State::up;
    CHECK(is_ours(sit_link("9.9.9.9", "8.8.8.8", 12), record, ends, live));
    CHECK_FALSE(is_ours(sit_link("172.31.14.146", "216.66.80.26", 99), record, ends, live));
  }
  SUBCASE("an intent record knows it by its ends, and the stock method's by local any") {
    Record record = full_record();
    record.state = Record::State::intent;
    record.ifindex = 0;
    CHECK(is_ours(right, record, ends, live));
    CHECK(is_ours(sit_link("0.0.0.0", "216.66.80.26", 14), record, ends, live));
    CHECK_FALSE(is_ours(other, record, ends, live));
    record.stanza.method = "manual";
    CHECK_FALSE(is_ours(sit_link("0.0.0.0", "216.66.80.26", 14), record, ends, live));
  }
}

TEST_CASE("without a record, all that the stanza of an adopted device says is taken for situp's") {
  TunnelSpec spec;
  spec.iface = *InterfaceName::parse("he-ipv6");
  spec.mtu = 1480;
  spec.preferred_lifetime = 600;
  spec.addresses = {*Ipv6Net::parse("2001:db8::2/64")};
  spec.lan = {{*InterfaceName::parse("eth0"), *Ipv6Net::parse("2001:db8:1::1/64")}};
  const Tunnel tunnel = make_tunnel(spec, {v4("172.31.14.146"), v4("216.66.80.26"), {}, {}, 0});
  REQUIRE(tunnel.addresses[0].preferred_lifetime == 600U);
  const Owned adopted = owned_before(std::nullopt, tunnel, true, {});
  CHECK(adopted.lan == tunnel.lan);
  // It may have run down from another one.
  CHECK_FALSE(adopted.preferred_lifetime);
  CHECK(adopted.addresses == std::vector{spec.addresses[0], {*tunnel.link_local, 64}});
  const Owned nothing = owned_before(std::nullopt, tunnel, false, {});
  CHECK(nothing.lan.empty());
  CHECK(nothing.addresses.empty());
  CHECK(owned_before(full_record(), tunnel, true, {}).lan == full_record().owned.lan);
}

TEST_CASE("isatapd makes a device that was deleted again") {
  const std::string clause =
      "ip link delete he-ipv6 (where isatapd has made it, stop isatapd first: it makes its device "
      "again)";
  LiveLink link = sit_link("10.0.0.1", "0.0.0.0", 3);
  CHECK(foreign(link).why().find("isatapd") == std::string::npos);
  link.sit->kind = Kind::isatap;
  CHECK(foreign(link).why().find(clause) != std::string::npos);
  CHECK(endpoints_taken_by("he-ipv6", v4("10.0.0.1"), {}).why().find(clause) != std::string::npos);
  CHECK(endpoints_taken_by("he-ipv6", v4("10.0.0.1"), v4("10.0.0.2")).why().find("isatapd") ==
        std::string::npos);
}

TEST_CASE("a foreign sit0 can't be deleted, so nobody is told to") {
  LiveLink sit0 = sit_link("0.0.0.0", "0.0.0.0", 3);
  CHECK(foreign(sit0).why().find("ip link delete he-ipv6") != std::string::npos);
  sit0.name = "sit0";
  CHECK(foreign(sit0).why().find("delete") == std::string::npos);
}
