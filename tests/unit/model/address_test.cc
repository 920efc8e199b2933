// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/address.h"

#include <doctest/doctest.h>

#include <string>

using namespace situp;

namespace {
Ipv4 v4(const char* text) {
  return Ipv4::parse(text).value();
}
Ipv6 v6(const char* text) {
  return Ipv6::parse(text).value();
}
}  // namespace

TEST_CASE("an IPv4 address is four plain decimal numbers") {
  CHECK(Ipv4::parse("172.31.14.146")->value == 0xac1f0e92);
  CHECK(v4("0.0.0.0").str() == "0.0.0.0");
  CHECK(v4("255.255.255.255").str() == "255.255.255.255");
  for (const char* bad : {"", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "01.2.3.4",
                          "172.031.14.146", "256.1.1.1", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4\n",
                          "0x7f.1.1.1", "-1.2.3.4", "1..2.3", "1.2.3.4294967297"})
    CHECK_MESSAGE(!Ipv4::parse(bad), bad);
}

TEST_CASE("an address with a length keeps its host bits, a prefix has none") {
  const auto net = Ipv6Net::parse("2001:470:abcd:c70::1/64").value();
  CHECK(net.str() == "2001:470:abcd:c70::1/64");
  CHECK(net.has_host_bits());
  CHECK_FALSE(Ipv6Net::parse("2002:ca0c:1e01::/64")->has_host_bits());
  CHECK_FALSE(Ipv6Net::parse("::/0")->has_host_bits());
  CHECK(Ipv6Net::parse("2001:db8:1:2ff::3/61")->prefix().str() == "2001:db8:1:2f8::/61");
  CHECK(Ipv6Net::parse("2001:db8::3/0")->prefix().str() == "::/0");
  CHECK(Ipv6Net::parse("2001:db8::3/128")->prefix().str() == "2001:db8::3/128");
  CHECK(Ipv6Net::parse("2001:db8:8000::/33")->contains(v6("2001:db8:ffff::1")));
  CHECK_FALSE(Ipv6Net::parse("2001:db8:8000::/33")->contains(v6("2001:db8:7fff::1")));
  CHECK(Ipv6Net::parse("::/0")->contains(v6("2001:db8::1")));
  for (const char* bad :
       {"::1", "::1/", "::1/129", "::1/064", "::1/-1", "::1/64 ", "1.2.3.4/8", "/64"})
    CHECK_MESSAGE(!Ipv6Net::parse(bad), bad);
}

TEST_CASE("link-local addresses follow RFC 4213 and RFC 5214") {
  CHECK(sixin4_link_local(v4("172.31.14.146")).str() == "fe80::ac1f:e92");
  CHECK(isatap_link_local(v4("172.31.14.146")) == v6("fe80::5efe:172.31.14.146"));
  CHECK(isatap_link_local(v4("203.0.113.10")) == v6("fe80::200:5efe:203.0.113.10"));
  CHECK(isatap_address(v6("2002:ca0c:1e01::"), v4("10.0.0.1")) ==
        v6("2002:ca0c:1e01::5efe:10.0.0.1"));
}

TEST_CASE(
    "the u bit is clear for the ranges that the kernel takes for private, and 100.64/10 is not one "
    "of them") {
  for (const char* text : {"0.0.0.0", "10.255.0.1", "127.0.0.1", "169.254.1.1", "172.16.0.0",
                           "172.31.255.255", "192.0.2.9", "192.88.99.1", "192.168.0.1",
                           "198.18.0.1", "198.19.255.255", "224.0.0.1", "255.255.255.255"})
    CHECK_MESSAGE(v4(text).is_private_for_isatap(), text);
  for (const char* text : {"100.64.0.1", "100.127.255.255", "172.32.0.0", "172.15.255.255",
                           "9.255.255.255", "192.0.3.1", "198.20.0.1", "203.0.113.10", "8.8.8.8"})
    CHECK_MESSAGE(!v4(text).is_private_for_isatap(), text);
}

TEST_CASE("each range of IPv4 addresses ends where its document says") {
  struct Range {
    const char *first, *last;
    bool private_for_isatap, is_private, unusable;
  };
  constexpr Range ranges[] = {
      {"0.0.0.0", "0.0.0.0", true, true, true},
      {"0.0.0.1", "0.255.255.255", false, false, true},
      {"1.0.0.0", "9.255.255.255", false, false, false},
      {"10.0.0.0", "10.255.255.255", true, true, false},
      {"11.0.0.0", "100.63.255.255", false, false, false},
      {"100.64.0.0", "100.127.255.255", false, true, false},
      {"100.128.0.0", "126.255.255.255", false, false, false},
      {"127.0.0.0", "127.255.255.255", true, true, true},
      {"128.0.0.0", "169.253.255.255", false, false, false},
      {"169.254.0.0", "169.254.255.255", true, true, false},
      {"169.255.0.0", "172.15.255.255", false, false, false},
      {"172.16.0.0", "172.31.255.255", true, true, false},
      {"172.32.0.0", "192.0.1.255", false, false, false},
      {"192.0.2.0", "192.0.2.255", true, true, false},
      {"192.0.3.0", "192.88.98.255", false, false, false},
      {"192.88.99.0", "192.88.99.255", true, true, false},
      {"192.88.100.0", "192.167.255.255", false, false, false},
      {"192.168.0.0", "192.168.255.255", true, true, false},
      {"192.169.0.0", "198.17.255.255", false, false, false},
      {"198.18.0.0", "198.19.255.255", true, true, false},
      {"198.20.0.0", "223.255.255.255", false, false, false},
      {"224.0.0.0", "239.255.255.255", true, true, true},
      {"240.0.0.0", "255.255.255.254", false, false, true},
      {"255.255.255.255", "255.255.255.255", true, true, true},
  };
  for (const Range& range : ranges)
    for (const char* text : {range.first, range.last}) {
      CAPTURE(text);
      CHECK(v4(text).is_private_for_isatap() == range.private_for_isatap);
      CHECK(v4(text).is_private() == range.is_private);
      CHECK(v4(text).is_unusable_as_endpoint() == range.unusable);
    }
}

TEST_CASE("a prefix contains its first and its last address, and not those beside them") {
  const auto net = [](const char* text) { return *Ipv6Net::parse(text); };
  struct Case {
    const char *prefix, *before, *first, *last, *after;
  };
  for (const Case& one :
       {Case{"2001:db8::/32", "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
             "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::"},
        Case{"2001:db8:0:f0::/60", "2001:db8:0:ef:ffff:ffff:ffff:ffff",
             "2001:db8:0:f0::", "2001:db8:0:ff:ffff:ffff:ffff:ffff", "2001:db8:0:100::"},
        Case{"2001:db8::fffe/127", "2001:db8::fffd", "2001:db8::fffe", "2001:db8::ffff",
             "2001:db8::1:0"}}) {
    CAPTURE(one.prefix);
    CHECK_FALSE(net(one.prefix).contains(v6(one.before)));
    CHECK(net(one.prefix).contains(v6(one.first)));
    CHECK(net(one.prefix).contains(v6(one.last)));
    CHECK_FALSE(net(one.prefix).contains(v6(one.after)));
    CHECK_FALSE(net(one.prefix).has_host_bits());
  }
  CHECK(net("2001:db8::1/127").has_host_bits());
  CHECK_FALSE(net("2001:db8::1/128").has_host_bits());
  CHECK(net("8000::/0").has_host_bits());
  CHECK_FALSE(Ipv6Net::parse("2001:db8::/129"));
}

TEST_CASE("a prefix of IPv4 has a length of at most 32, and no host bits") {
  const auto prefix = [](const char* text) { return Ipv4Net::parse(text).value().prefix().str(); };
  CHECK(prefix("203.0.113.255/0") == "0.0.0.0/0");
  CHECK(prefix("203.0.113.255/1") == "128.0.0.0/1");
  CHECK(prefix("203.0.113.255/31") == "203.0.113.254/31");
  CHECK(prefix("203.0.113.255/32") == "203.0.113.255/32");
  for (const char* bad : {"203.0.113.0", "203.0.113.0/", "203.0.113.0/33", "203.0.113/24"})
    CHECK_MESSAGE(!Ipv4Net::parse(bad), bad);
}

TEST_CASE("a number has no leading zero, and is not above its limit, however long it is") {
  CHECK(parse_number("0", 0) == 0);
  CHECK(parse_number("10", 10) == 10);
  CHECK(parse_number("4294967295", 0xffffffff) == 0xffffffff);
  for (const char* bad : {"", "00", "01", "1a", "-1", "11", "100", "4294967296",
                          "18446744073709551617", "340282366920938463463374607431768211457"})
    CHECK_MESSAGE(!parse_number(bad, 10), bad);
  CHECK(!parse_number("4294967296", 0xffffffff));
  CHECK(!parse_number("18446744073709551617", 0xffffffff));
}

TEST_CASE("embedded IPv4 addresses come out again") {
  CHECK(embedded_in_isatap(v6("2001:db8::5efe:1.2.3.4")) == v4("1.2.3.4"));
  CHECK(embedded_in_isatap(v6("2001:db8::200:5efe:1.2.3.4")) == v4("1.2.3.4"));
  CHECK_FALSE(embedded_in_isatap(v6("2001:db8::100:5efe:1.2.3.4")));
  CHECK_FALSE(embedded_in_isatap(v6("fe80::1.2.3.4")));
  CHECK(embedded_in_link_local(v6("fe80::1.2.3.4")) == v4("1.2.3.4"));
  CHECK(embedded_in_link_local(v6("fe80::1.0.0.0")) == v4("1.0.0.0"));
  CHECK(embedded_in_link_local(v6("fe80::203.0.113.10")) == v4("203.0.113.10"));
  CHECK_FALSE(embedded_in_link_local(v6("fe80::1:1.2.3.4")));
  CHECK_FALSE(embedded_in_link_local(v6("fe80::0.255.255.255")));
  CHECK_FALSE(embedded_in_link_local(v6("fe80::1")));
  CHECK_FALSE(embedded_in_link_local(v6("fe80::5efe:1.2.3.4")));
  for (const char* text : {"1.0.0.0", "203.0.113.10", "255.255.255.255"})
    CHECK(embedded_in_compatible(compatible_address(v4(text))) == v4(text));
  for (const char* other : {"::", "::1", "::0.255.255.255", "::1:1.2.3.4", "fe80::1.2.3.4"})
    CHECK_MESSAGE(!embedded_in_compatible(v6(other)), other);
}

TEST_CASE("what can't be a tunnel's end") {
  for (const char* text : {"0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1",
                           "255.255.255.255"})
    CHECK_MESSAGE(v4(text).is_unusable_as_endpoint(), text);
  for (const char* text : {"1.0.0.0", "10.0.0.1", "100.64.0.1", "169.254.1.1", "223.255.255.255"})
    CHECK_MESSAGE(!v4(text).is_unusable_as_endpoint(), text);
}

TEST_CASE("interface names are what the kernel takes, less its templates") {
  CHECK(InterfaceName::parse("he-ipv6")->str() == "he-ipv6");
  CHECK(InterfaceName::parse("eth0.100"));
  CHECK(InterfaceName::parse("exactly15bytes."));
  CHECK(InterfaceName::parse("!~"));
  for (const char* bad : {"", ".", "..", "sixteen-bytes-xx", "a b", "a/b", "a:b", "sit%d",
                          "caf\xc3\xa9", "a\n", "a\x7f"})
    CHECK_MESSAGE(!InterfaceName::parse(bad), bad);
}

TEST_CASE("host names are DNS names and never look like an address") {
  CHECK(HostName::parse("isatap.example.net"));
  CHECK(HostName::parse("tserv1.fra1"));
  CHECK(HostName::parse("A-B.aZ")->str() == "a-b.az");
  const std::string longest = std::string(63, 'a') + '.';
  CHECK(HostName::parse(longest + longest + longest + std::string(61, 'a')));
  for (const std::string& bad :
       {std::string(""), std::string("1.2.3.4"), std::string("1.2.3.400"), std::string("a..b"),
        std::string("-a.b"), std::string("a-.b"), std::string("a-"), std::string("-"),
        std::string("."), std::string("a."), longest + longest + longest + std::string(62, 'a'),
        std::string("a_b.c"), std::string("a.b."), std::string("$(id)"), std::string("a b"),
        std::string(64, 'a') + ".net", std::string("12")})
    CHECK_MESSAGE(!HostName::parse(bad), bad);
}

TEST_CASE("hardware addresses") {
  CHECK(Mac::parse("0A:1b:2c:3d:4e:5f")->str() == "0a:1b:2c:3d:4e:5f");
  CHECK(Mac::parse("F9:8e:7D:60:00:09")->str() == "f9:8e:7d:60:00:09");
  for (const char* bad : {"", "0a:1b:2c:3d:4e", "0a:1b:2c:3d:4e:5g", "ga:1b:2c:3d:4e:5f",
                          "0a-1b-2c-3d-4e-5f", "0a:1b:2c:3d:4e:5f:"})
    CHECK_MESSAGE(!Mac::parse(bad), bad);
}

TEST_CASE("of prefixes in one another the widest stays, and of equal ones the first") {
  const auto outer = [](std::initializer_list<const char*> texts) {
    std::vector<Ipv6Net> nets;
    for (const char* text : texts) nets.push_back(Ipv6Net::parse(text).value());
    std::string all;
    for (const Ipv6Net& net : outermost(nets)) all += net.str() + " ";
    return all;
  };
  CHECK(outer({}).empty());
  CHECK(outer({"2001:db8:1::/64", "2001:db8::/32", "2001:db8:2::/48"}) == "2001:db8::/32 ");
  CHECK(outer({"2001:db8:2::/64", "2001:db8:1::/64", "2001:db8:2::/64"}) ==
        "2001:db8:2::/64 2001:db8:1::/64 ");
  CHECK(outer({"2001:db8::/33", "2001:db8:8000::/48"}) == "2001:db8::/33 2001:db8:8000::/48 ");
}

TEST_CASE("an IPv6 address is the whole text") {
  CHECK(Ipv6::parse("ABCD:ef01:2345:6789:abcd:ef01:255.255.255.255")->str() ==
        "abcd:ef01:2345:6789:abcd:ef01:ffff:ffff");
  for (const std::string& bad :
       {std::string(), std::string("::1\0", 4), std::string("::1\0x", 5), std::string(" ::1"),
        std::string("::1 "), std::string("::1%eth0"), std::string(45, '1'), std::string(46, '1'),
        std::string(1000, '1'), std::string("ABCD:ef01:2345:6789:abcd:ef01:255.255.255.2555")})
    CHECK_MESSAGE(!Ipv6::parse(bad), bad);
}

TEST_CASE("addresses that only a NAT shows to the Internet") {
  for (const char* inside :
       {"10.0.0.1", "172.31.14.146", "192.168.1.1", "100.64.0.1", "100.127.255.255", "169.254.1.1"})
    CHECK(Ipv4::parse(inside)->is_private());
  for (const char* outside : {"8.8.8.8", "100.63.255.255", "100.128.0.0", "172.32.0.1"})
    CHECK(!Ipv4::parse(outside)->is_private());
}
