// SPDX-License-Identifier: GPL-2.0-or-later
// Operations as commands, and the ones that undo them.
#include <doctest/doctest.h>

#include "model/tunnel/plan.h"
#include "unit/world.h"

using namespace situp;

namespace {

Ipv4 v4(const char* text) {
  return Ipv4::parse(text).value();
}

/// A kernel that holds this device as t0, with these addresses.
Live holding(const Sit& sit, bool up, const std::vector<const char*>& addresses = {}) {
  Live live;
  live.add(LiveLink{2, "eth0", true, 1500, std::nullopt, 0, std::nullopt});
  live.add(LiveLink{9, "t0", up, 1480, std::nullopt, std::nullopt, sit});
  for (const char* address : addresses) live.add(9, LiveAddress{*Ipv6Net::parse(address)});
  return live;
}

Lines undone(const Operation& operation, const Live& before) {
  Lines lines;
  for (const Operation& back : undo_of(operation, before)) lines.push_back(as_ip_command(back));
  return lines;
}

/// The commands behind that which makes the device again.
Lines rebuilt(const Live& before) {
  Lines lines = undone(DeleteLink{"t0"}, before);
  REQUIRE_FALSE(lines.empty());
  CHECK(lines.front().rfind("ip link add name t0 index 9 ", 0) == 0);
  lines.erase(lines.begin());
  return lines;
}

Sit sit(Kind kind, const char* local, const char* remote = "0.0.0.0") {
  Sit sit;
  sit.kind = kind;
  sit.local = v4(local);
  sit.remote = v4(remote);
  return sit;
}

}  // namespace

TEST_CASE("a 6rd device gets back what it had, and not what the kernel forms anew") {
  const Sit sixrd = sit(Kind::sixrd, "172.31.14.146");
  const std::string up = "ip link set dev t0 up";
  const std::string gone = "ip address delete ::172.31.14.146/96 dev t0";
  const std::string other = "ip address add 2001:db8::1/32 dev t0";
  CHECK(rebuilt(holding(sixrd, true, {"2001:db8::1/32"})) == Lines{up, other, gone});
  CHECK(rebuilt(holding(sixrd, true, {"::172.31.14.146/96", "2001:db8::1/32"})) ==
        Lines{up, other});
  CHECK(rebuilt(holding(sixrd, false)) == Lines{});
  CHECK(rebuilt(holding(sit(Kind::sixin4, "172.31.14.146", "192.0.2.1"), true)) == Lines{up});
  Live live = holding(sixrd, true);
  live.add(9, DefaultRoute{*Ipv6::parse("::172.31.0.1"), 7});
  CHECK(rebuilt(live) ==
        Lines{up, gone, "ip -6 route add default via ::172.31.0.1 dev t0 metric 7 onlink"});
}

TEST_CASE("of link-local addresses, the kernel makes those of the device's own local end anew") {
  const std::string up = "ip link set dev t0 up";
  const auto rebuilt_with = [&](const char* local, const char* address) {
    Lines lines = rebuilt(holding(sit(Kind::sixin4, local, "192.0.2.1"), true, {address}));
    lines.erase(lines.begin());
    return lines;
  };
  CHECK(rebuilt_with("172.31.14.146", "fe80::172.31.14.146/64") == Lines{});
  CHECK(rebuilt_with("0.0.0.0", "fe80::172.31.14.146/64") == Lines{});
  CHECK(rebuilt_with("172.31.14.146", "fe80::172.31.14.7/64") ==
        Lines{"ip address add fe80::ac1f:e07/64 dev t0"});
  for (const char* local : {"172.31.14.146", "0.0.0.0"})
    CHECK(rebuilt_with(local, "fe80::1:2:3:4/64") ==
          Lines{"ip address add fe80::1:2:3:4/64 dev t0"});
}

TEST_CASE("a device that is no tunnel, or that is gone, is not made again") {
  const Live live = holding({}, true);
  CHECK(undone(DeleteLink{"eth0"}, live) == Lines{});
  CHECK(undone(DeleteLink{"t1"}, live) == Lines{});
}

TEST_CASE("a router that was there before has its old flag again") {
  const Live live = holding({}, true);
  CHECK(undone(AddRouter{"t0", {v4("10.0.0.1"), true}}, live) ==
        Lines{"ip tunnel prl prl-delete 10.0.0.1 dev t0"});
  for (const bool may_be_default : {true, false}) {
    const auto back = undo_of(AddRouter{"t0", {v4("10.0.0.1"), may_be_default}, true}, live);
    REQUIRE(back.size() == 1);
    CHECK(std::get<AddRouter>(back[0]).change);
    CHECK(std::get<AddRouter>(back[0]).router == Router{v4("10.0.0.1"), !may_be_default});
  }
}

TEST_CASE("numbers that have a word are shown by it") {
  const auto mode = [](std::uint8_t number) {
    const std::string text = as_ip_command(SetAddressGeneration{"t0", number});
    return text.substr(text.rfind(' ') + 1);
  };
  CHECK(mode(0) == "eui64");
  CHECK(mode(3) == "random");
  CHECK(mode(4) == "4");
  const auto source = [](std::uint16_t port) {
    SitDevice device;
    device.sit.encap = {5555, port, true};
    const std::string text = as_ip_command(ChangeLink{"t0", device});
    return text.substr(text.find("encap-sport"));
  };
  CHECK(source(0) == "encap-sport auto encap-dport 5555");
  CHECK(source(1) == "encap-sport 1 encap-dport 5555");
}
