// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/router_advertisement.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace situp;

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes hex(std::string_view text) {
  Bytes bytes;
  std::string digits;
  for (const char c : text) {
    if (c == ' ') continue;
    digits += c;
    if (digits.size() < 2) continue;
    bytes.push_back(static_cast<std::uint8_t>(std::stoul(digits, nullptr, 16)));
    digits.clear();
  }
  return bytes;
}

Ipv6Net net(const char* text) {
  return Ipv6Net::parse(text).value();
}

const std::string header = "86 00 0000 40 00 0708 00000000 00000000 ";
const std::string prefix =
    "03 04 40 c0 00001c20 00000e10 00000000 2002ca0c1e0100000000000000000000 ";
const std::string route = "18 03 30 00 00000258 20010db8beef00000000000000000000 ";
const std::string mtu = "05 01 0000 00000578 ";

std::optional<RouterAdvertisement> read(const std::string& text) {
  return read_router_advertisement(hex(text));
}

}  // namespace

TEST_CASE("a solicitation has no options") {
  CHECK(write_router_solicitation() == hex("85 00 0000 00000000"));
}

TEST_CASE("what radvd 2.19 sends") {
  const auto seen = read(
      "860058f9400007080000000000000000030440c000001c2000000e10000000002002ca0c1e0100000000000000"
      "000000030440c000015180000038400000000020010db800090000000000000000000018033000000007082001"
      "0db8beef000000000000000000000501000000000578");
  REQUIRE(seen);
  CHECK(seen->lifetime == 1800);
  CHECK(seen->mtu == 1400U);
  CHECK(seen->prefixes ==
        std::vector<AdvertisedPrefix>{{net("2002:ca0c:1e01::/64"), true, true, 7200, 3600},
                                      {net("2001:db8:9::/64"), true, true, 86400, 14400}});
  CHECK(seen->routes == std::vector<AdvertisedRoute>{{net("2001:db8:beef::/48"), 1800}});
  CHECK(seen->first_end() == 1800U);
}

TEST_CASE("the first thing that ends is what has to be renewed") {
  CHECK(read(header)->first_end() == 1800U);
  CHECK(read(header + prefix)->first_end() == 1800U);
  CHECK(read(header + prefix + route)->first_end() == 600U);
  // Not a default router: only what else it says counts.
  std::string no_router = header;
  no_router.replace(no_router.find("0708"), 4, "0000");
  CHECK_FALSE(read(no_router)->first_end());
  CHECK(read(no_router + prefix)->first_end() == 3600U);
  std::string on_link_only = prefix;
  on_link_only.replace(on_link_only.find("c0"), 2, "80");
  CHECK(read(no_router + on_link_only)->first_end() == 7200U);
  std::string deprecated = prefix;
  deprecated.replace(deprecated.find("00000e10"), 8, "00000000");
  CHECK(read(no_router + deprecated)->first_end() == 7200U);
  CHECK_FALSE(read(no_router + "03 04 40 c0 ffffffff ffffffff 00000000 "
                               "2002ca0c1e0100000000000000000000")
                  ->first_end());
}

TEST_CASE("what a host has to discard as a whole") {
  CHECK_FALSE(read(""));
  CHECK_FALSE(read("86 00 0000 40 00 0708 00000000 000000"));  // shorter than its header
  CHECK_FALSE(read("85 00 0000 40 00 0708 00000000 00000000"));
  CHECK_FALSE(read("86 01 0000 40 00 0708 00000000 00000000"));
  CHECK_FALSE(read(header + "05 00 0000 00000578"));  // an option of no length
  CHECK_FALSE(read(header + "05 02 0000 00000578"));  // one beyond the end
  CHECK_FALSE(read(header + mtu + "05"));
  CHECK_FALSE(read(header + prefix.substr(0, prefix.size() - 3)));
}

TEST_CASE("options that can't be right count as absent, and the others count") {
  const auto rest = [](const std::string& option) {
    const auto seen = read(header + option + mtu);
    REQUIRE(seen);
    CHECK(seen->mtu == 1400U);
    return seen->prefixes.size() + seen->routes.size();
  };
  CHECK(rest("63 01 0102 03040506") == 0);  // of a kind that nobody knows
  CHECK(rest("03 01 40 c0 00001c20") == 0);
  CHECK(rest("03 04 81 c0 00001c20 00000e10 00000000 2002ca0c1e0100000000000000000000") == 0);
  CHECK(rest("03 04 40 c0 00000e10 00001c20 00000000 2002ca0c1e0100000000000000000000") == 0);
  CHECK(rest("03 04 40 c0 00001c20 00000e10 00000000 fe800000000000000000000000000000") == 0);
  CHECK(rest("18 02 41 00 00000258 20010db8beef0000") == 0);  // 65 bits need sixteen bytes
  CHECK(rest("18 01 01 00 00000258") == 0);
  CHECK(rest("18 04 30 00 00000258 20010db8beef00000000000000000000 0000000000000000") == 0);
  CHECK(rest("18 03 81 00 00000258 20010db8beef00000000000000000000") == 0);
}

TEST_CASE("a prefix is read without the bits behind it; a route may leave them out") {
  CHECK(read(header + "03 04 3c c0 00001c20 00000e10 00000000 20010db8 000000ff ffffffff ffffffff")
            ->prefixes[0]
            .net == net("2001:db8:0:f0::/60"));
  CHECK(read(header + "18 01 00 00 00000258")->routes[0].net == net("::/0"));
  CHECK(read(header + "18 02 30 00 00000258 20010db8beefffff")->routes[0].net ==
        net("2001:db8:beef::/48"));
}

TEST_CASE("no more is kept than a router has reason to send") {
  std::string many = header;
  for (int i = 0; i < 100; ++i) many.append(prefix).append(route);
  CHECK(read(many)->prefixes.size() == 32);
  CHECK(read(many)->routes.size() == 32);
}
