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

TEST_CASE("each length of a prefix that there is, and each of its marks, is read") {
  const auto prefixes = [](const std::string& length, const std::string& marks,
                           const std::string& times, const std::string& address) {
    const auto seen = read(header + "03 04" + length + marks + times + "00000000" + address);
    REQUIRE(seen);
    return seen->prefixes;
  };
  const std::string times = "00001c20 00000e10", one = "20010db8 00000000 00000000 00000001";
  CHECK(prefixes("80", "c0", times, one)[0].net == net("2001:db8::1/128"));
  CHECK(prefixes("81", "c0", times, one).empty());
  CHECK(prefixes("00", "c0", times, one)[0].net == net("::/0"));
  CHECK(prefixes("01", "c0", times, "ffffffff ffffffff ffffffff ffffffff")[0].net ==
        net("8000::/1"));
  CHECK(prefixes("40", "c0", times, "ff0e0000 00000000 00000000 00000000").empty());
  CHECK(prefixes("40", "c0", "00000e10 00000e10", one).size() == 1);
  CHECK(prefixes("40", "c0", "00000e10 00000e11", one).empty());
  CHECK(prefixes("40", "c0", "7fffffff 01020304", one)[0] ==
        AdvertisedPrefix{net("2001:db8::/64"), true, true, 0x7fffffff, 0x01020304});
  struct {
    const char* marks;
    bool on_link, autonomous;
    std::optional<std::uint32_t> first_end;
  } const rows[] = {{"80", true, false, 7200},
                    {"40", false, true, 3600},
                    {"bf", true, false, 7200},
                    {"7f", false, true, 3600},
                    {"3f", false, false, std::nullopt}};
  for (const auto& row : rows) {
    const std::string marks = row.marks;
    CAPTURE(marks);
    const AdvertisedPrefix seen = prefixes("40", marks, times, one)[0];
    CHECK(seen.on_link == row.on_link);
    CHECK(seen.autonomous == row.autonomous);
    RouterAdvertisement all;
    all.prefixes = {seen};
    CHECK(all.first_end() == row.first_end);
  }
  // A prefix without a preferred time ends with its valid one, also where it is autonomous only.
  RouterAdvertisement all;
  all.prefixes = {{net("2001:db8::/64"), false, true, 7200, 0}};
  CHECK(all.first_end() == 7200U);
  all.routes = {{net("::/0"), 1}};
  CHECK(all.first_end() == 1U);
}

TEST_CASE("a route has as many bytes of its prefix as its length needs") {
  const auto routes = [](const std::string& start, const std::string& address) {
    const auto seen = read(header + start + "00 00000258" + address);
    REQUIRE(seen);
    return seen->routes;
  };
  const std::string half = "20010db8 beef0001", whole = half + "00000000 00000001";
  CHECK(routes("18 01 00", "").size() == 1);
  CHECK(routes("18 01 01", "").empty());
  CHECK(routes("18 02 01", half)[0].net == net("::/1"));
  CHECK(routes("18 02 40", half)[0].net == net("2001:db8:beef:1::/64"));
  CHECK(routes("18 02 41", half).empty());
  CHECK(routes("18 03 41", whole)[0].net == net("2001:db8:beef:1::/65"));
  CHECK(routes("18 03 80", whole)[0].net == net("2001:db8:beef:1::1/128"));
  CHECK(routes("18 03 81", whole).empty());
}

TEST_CASE("an MTU is in eight bytes, and any other option of its number is none") {
  CHECK(read(header + mtu)->mtu == 1400U);
  CHECK(read(header + "05 01 0000 01020304")->mtu == 0x01020304U);
  CHECK_FALSE(read(header + "05 02 0000 00000578 0000000000000000")->mtu);
  CHECK_FALSE(read(header + "06 01 0000 00000578")->mtu);
}

TEST_CASE("no more is kept than a router has reason to send") {
  std::string many = header;
  for (int i = 0; i < 100; ++i) many.append(prefix).append(route);
  CHECK(read(many)->prefixes.size() == 32);
  CHECK(read(many)->routes.size() == 32);
}
