// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/tunnel/sixrd.h"

#include <doctest/doctest.h>

using namespace situp;

namespace {

SixrdDomain domain(const char* prefix, const char* hosts) {
  return {Ipv6Net::parse(prefix).value(), Ipv4Net::parse(hosts).value()};
}

std::string delegated(const char* prefix, const char* hosts, const char* address) {
  return domain(prefix, hosts).delegated(Ipv4::parse(address).value()).str();
}

}  // namespace

TEST_CASE("the delegated prefix holds the bits of the IPv4 address that the domain leaves") {
  CHECK(delegated("2602::/24", "0.0.0.0/0", "12.34.56.78") == "2602:c:2238:4e00::/56");
  // RFC 5969 §4
  CHECK(delegated("2001:db8::/32", "10.0.0.0/8", "10.100.100.1") == "2001:db8:6464:100::/56");
  CHECK(delegated("2001:470:e3f2::/48", "172.31.0.0/16", "172.31.14.146") ==
        "2001:470:e3f2:e92::/64");
  CHECK(delegated("2001:470:e3f2::/48", "172.31.0.0/16", "172.31.48.20") ==
        "2001:470:e3f2:3014::/64");
  CHECK(delegated("2001:470:e3f2::/48", "172.31.0.0/20", "172.31.14.147") ==
        "2001:470:e3f2:e930::/60");
  CHECK(delegated("2a01:e30::/28", "0.0.0.0/0", "172.31.14.147") == "2a01:e3a:c1f0:e930::/60");
  // Bits that cross bytes.
  CHECK(delegated("2001:db8:abc0::/42", "172.0.0.0/10", "172.7.195.164") ==
        "2001:db8:abc7:c3a4::/64");
  CHECK(delegated("2001:db8:1:2::/64", "172.31.14.146/32", "172.31.14.146") == "2001:db8:1:2::/64");
  CHECK(delegated("2002::/16", "0.0.0.0/0", "203.0.113.10") == "2002:cb00:710a::/48");
}

TEST_CASE("the prefix of a host is longer by the bits that its address has of its own") {
  CHECK(domain("2001:470:e3f2::/48", "10.0.0.0/8").delegated_length() == 72);
  CHECK(domain("2001:470:e3f2::/48", "172.31.0.0/16").delegated_length() == 64);
  CHECK(SixrdDomain{}.delegated_length() == 48);
}

TEST_CASE("the first address of a prefix is ::1 of it") {
  CHECK(first_address(*Ipv6Net::parse("2001:db8:4:e92::/64")).str() == "2001:db8:4:e92::1");
}

TEST_CASE("each bit of an address is found again in the prefix") {
  for (unsigned length = 16; length <= 64; ++length) {
    for (unsigned shared = length > 32 ? length - 32 : 0; shared <= 32; ++shared) {
      const SixrdDomain one{{{{0x20, 0x01}}, static_cast<std::uint8_t>(length)},
                            {{}, static_cast<std::uint8_t>(shared)}};
      for (unsigned bit = shared; bit < 32; ++bit) {
        const Ipv6Net net = one.delegated({0x80000000U >> bit});
        const unsigned at = length + bit - shared;
        CAPTURE(net.str());
        CHECK((net.address.bytes[at / 8] & 0x80U >> at % 8) != 0);
        CHECK_FALSE(net.has_host_bits());
      }
    }
  }
}

TEST_CASE("an address outside of the domain, or a private one in 6to4, can't be held") {
  const SixrdDomain vpc = domain("2001:470:e3f2::/48", "172.31.0.0/16");
  CHECK(not_embeddable(vpc, *Ipv4::parse("172.31.14.146")).empty());
  CHECK(not_embeddable(vpc, *Ipv4::parse("172.32.0.1")) ==
        " is not in 172.31.0.0/16, the hosts of sixrd-prefix: correct one of the two");
  CHECK(not_embeddable({}, *Ipv4::parse("203.0.113.10")).empty());
  CHECK(not_embeddable({}, *Ipv4::parse("172.31.14.146")).find("private") != std::string::npos);
  CHECK(not_embeddable({}, *Ipv4::parse("100.64.0.1")).find("private") != std::string::npos);
}
