// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/tunnel/next_hop.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "model/tunnel/compare.h"

using namespace situp;

namespace {

Ipv4 v4(const char* text) {
  return Ipv4::parse(text).value();
}

InterfaceName name(const char* text) {
  return InterfaceName::parse(text).value();
}

constexpr int eth0 = 2, eth1 = 3;

Tunnel isatap(const char* local = "172.31.14.146") {
  TunnelSpec spec;
  spec.iface = name("isatap0");
  spec.sit.kind = Kind::isatap;
  spec.sit.ttl = 64;
  spec.mtu = 1480;
  return make_tunnel(spec, {v4(local), {}, {}, {}, 0});
}

/// An instance in 172.31.0.0/20 whose router is 172.31.0.1.
Live instance() {
  Live live;
  live.add(LiveLink{eth0, "eth0", true, 9001, {}, 0, {}});
  live.add(LiveLink{eth1, "eth1", true, 9001, {}, 0, {}});
  live.add(LiveAddress4{v4("172.31.14.146"), eth0});
  live.add(LiveAddress4{v4("172.31.32.10"), eth1});
  live.add(LiveRoute4{main_table, v4("172.31.0.0"), 20, {}, eth0});
  live.add(LiveRoute4{main_table, v4("172.31.32.0"), 20, {}, eth1});
  live.add(LiveRoute4{main_table, {}, 0, v4("172.31.0.1"), eth0});
  return live;
}

LiveRule4 rule_for_mark(std::uint32_t preference, std::uint32_t mark, std::uint32_t table,
                        std::uint32_t mask = 0xffffffff) {
  return {preference, table, mark, mask, true};
}

std::optional<NextHop> choose(const Live& live, const Owned& had = {},
                              const Tunnel& tunnel = isatap(),
                              const NextHopSettings& settings = {}) {
  std::set<std::uint32_t> taken;
  return choose_next_hop(tunnel, settings, had, live, taken);
}

LiveLink tunnel_device(std::uint32_t mark) {
  Sit sit;
  sit.local = v4("172.31.14.146");
  sit.kind = Kind::isatap;
  sit.ttl = 64;
  sit.mark = mark;
  return {9, "isatap0", true, 1480, {}, 0, sit};
}

std::vector<std::string> commands(const Plan& plan) {
  std::vector<std::string> lines;
  for (const Operation& operation : plan.operations) lines.push_back(as_ip_command(operation));
  return lines;
}

}  // namespace

TEST_CASE("the gateway is the one of the local address's interface") {
  Live live = instance();
  REQUIRE(gateway_of(isatap(), live));
  CHECK(gateway_of(isatap(), live)->address == v4("172.31.0.1"));
  CHECK(gateway_of(isatap(), live)->dev == name("eth0"));

  SUBCASE("from the table of a rule, where the table main has none for the interface") {
    CHECK_FALSE(gateway_of(isatap("172.31.32.10"), live));
    live.add(LiveRoute4{101, {}, 0, v4("172.31.32.1"), eth1});
    CHECK_FALSE(gateway_of(isatap("172.31.32.10"), live));
    live.add(LiveRule4{32765, 101, 0, 0, false});
    CHECK(gateway_of(isatap("172.31.32.10"), live)->address == v4("172.31.32.1"));
  }
  SUBCASE("tables for marked packets say nothing") {
    live.add(LiveRoute4{102, {}, 0, v4("172.31.32.9"), eth1});
    live.add(rule_for_mark(41, 7, 102));
    CHECK_FALSE(gateway_of(isatap("172.31.32.10"), live));
  }
  SUBCASE("the device of isatap-dev decides, if there is one") {
    Tunnel tunnel = isatap();
    tunnel.dev = name("eth1");
    CHECK_FALSE(gateway_of(tunnel, live));
  }
  SUBCASE("a default route goes before a narrower one, the least metric first") {
    live.add(LiveRoute4{main_table, v4("172.31.0.0"), 16, v4("172.31.0.5"), eth0, 0});
    CHECK(gateway_of(isatap(), live)->address == v4("172.31.0.1"));
    live.forget_routes4();
    live.add(LiveRoute4{main_table, v4("172.31.0.0"), 20, {}, eth0});
    live.add(LiveRoute4{main_table, {}, 0, v4("172.31.0.8"), eth0, 200});
    live.add(LiveRoute4{main_table, {}, 0, v4("172.31.0.9"), eth0, 100});
    CHECK(gateway_of(isatap(), live)->address == v4("172.31.0.9"));
  }
  SUBCASE("the table main goes before others, and of two alike the first") {
    for (const std::uint32_t table : {101U, 102U}) live.add(LiveRule4{32765, table, 0, 0, false});
    live.forget_routes4();
    live.add(LiveRoute4{101, {}, 0, v4("172.31.0.8"), eth0});
    live.add(LiveRoute4{102, {}, 0, v4("172.31.0.9"), eth0});
    live.add(LiveRoute4{main_table, {}, 0, v4("172.31.0.1"), eth0, 5000});
    CHECK(gateway_of(isatap(), live)->address == v4("172.31.0.1"));
    live.forget_routes4();
    live.add(LiveRoute4{101, {}, 0, v4("172.31.0.8"), eth0});
    live.add(LiveRoute4{102, {}, 0, v4("172.31.0.9"), eth0});
    CHECK(gateway_of(isatap(), live)->address == v4("172.31.0.8"));
  }
  SUBCASE("without a default route, the widest one by a gateway") {
    live.forget_routes4();
    live.add(LiveRoute4{main_table, v4("172.31.0.0"), 20, {}, eth0});
    live.add(LiveRoute4{main_table, v4("10.0.0.0"), 24, v4("172.31.0.7"), eth0});
    live.add(LiveRoute4{main_table, v4("172.16.0.0"), 12, v4("172.31.0.6"), eth0});
    CHECK(gateway_of(isatap(), live)->address == v4("172.31.0.6"));
  }
}

TEST_CASE("where all destinations have one next hop there is no gateway to choose") {
  Live live;
  live.add(LiveLink{eth0, "eth0", true, 1460, {}, 0, {}});
  live.add(LiveAddress4{v4("10.128.0.7"), eth0});
  live.add(LiveRoute4{main_table, v4("10.128.0.1"), 32, {}, eth0});
  live.add(LiveRoute4{main_table, {}, 0, v4("10.128.0.1"), eth0});
  CHECK_FALSE(gateway_of(isatap("10.128.0.7"), live));
  SUBCASE("two gateways are two next hops") {
    live.add(LiveRoute4{main_table, v4("10.9.0.0"), 16, v4("10.128.0.2"), eth0});
    CHECK(gateway_of(isatap("10.128.0.7"), live)->address == v4("10.128.0.1"));
  }
  SUBCASE("an address that no interface holds has none") {
    CHECK_FALSE(gateway_of(isatap("192.0.2.1"), live));
  }
}

TEST_CASE("numbers are those of situp.conf, and nobody else's") {
  Live live = instance();
  const auto first = choose(live);
  REQUIRE(first);
  CHECK(*first == NextHop{0x736974, 41, 7563636, v4("172.31.0.1"), name("eth0")});

  SUBCASE("a rule that takes the mark by its mask") {
    live.add(rule_for_mark(100, 0x736974, 5, 0xff));
    CHECK(choose(live)->mark == 0x736975);
    CHECK(choose(live)->table == 7563637);
  }
  SUBCASE("a rule for another mark is none's business") {
    live.add(rule_for_mark(100, 0x80000, 52, 0xff0000));
    CHECK(choose(live)->mark == 0x736974);
  }
  SUBCASE("a rule that leads to the table, or a route in it") {
    live.add(LiveRule4{100, 7563636, 0, 0, false});
    CHECK(choose(live)->table == 7563637);
    live.add(LiveRoute4{7563637, v4("10.0.0.0"), 8, {}, eth0});
    CHECK(choose(live)->table == 7563638);
  }
  SUBCASE("another tunnel's mark") {
    LiveLink other = tunnel_device(0x736974);
    other.name = "isatap1";
    live.add(other);
    live.add(rule_for_mark(41, 0x736974, 7563636));
    CHECK(choose(live)->mark == 0x736975);
    // its rule has the same preference, and is for one mark only
    CHECK(choose(live)->preference == 41);
  }
  SUBCASE("a preference that another program has: before its rule") {
    live.add(LiveRule4{41, 900, 0, 0, false});
    live.add(LiveRule4{40, 900, 0, 0, false});
    CHECK(choose(live)->preference == 39);
  }
  SUBCASE("a rule for packets without a mark, or with one that no tunnel has, is a stranger's") {
    for (const std::uint32_t mark : {0U, 5U}) {
      Live beside = live;
      LiveLink other = tunnel_device(mark);
      other.name = "isatap1";
      beside.add(other);
      beside.add(rule_for_mark(41, mark == 0 ? 0 : 6, 900));
      CHECK(choose(beside)->preference == 40);
    }
    LiveLink other = tunnel_device(5);
    other.name = "isatap1";
    live.add(other);
    live.add(rule_for_mark(41, 5, 900, 0xff));
    CHECK(choose(live)->preference == 40);
  }
  SUBCASE("numbers of 256 steps are in the range of situp.conf") {
    for (const std::uint32_t step : {255U, 256U}) {
      Owned had;
      had.next_hops = {{0x736974 + step, 41, 7563636 + step, v4("172.31.0.1"), name("eth0")}};
      CHECK(choose(live, had)->mark == (step == 255 ? 0x736974 + step : 0x736974));
    }
  }
  SUBCASE("where all smaller preferences are taken: the next greater one, never 0") {
    NextHopSettings settings;
    settings.preference = 2;
    for (const std::uint32_t taken : {2U, 3U}) live.add(LiveRule4{taken, 900, 0, 0, false});
    CHECK(choose(live, {}, isatap(), settings)->preference == 1);
    live.add(LiveRule4{1, 900, 0, 0, false});
    CHECK(choose(live, {}, isatap(), settings)->preference == 4);
    settings.preference = 0;
    CHECK(choose(live, {}, isatap(), settings)->preference == 4);
    settings.preference = 2;
    for (std::uint32_t taken = 4; taken < 257; ++taken)
      live.add(LiveRule4{taken, 900, 0, 0, false});
    CHECK(choose(live, {}, isatap(), settings)->preference == 257);
    live.add(LiveRule4{257, 900, 0, 0, false});
    CHECK(choose(live, {}, isatap(), settings)->preference == 2);
  }
  SUBCASE("another tunnel's mark whose rule is missing") {
    LiveLink other = tunnel_device(0x736974);
    live.add(other);
    CHECK(choose(live)->mark == 0x736974);
    other.index = 10;
    other.name = "isatap1";
    live.add(other);
    CHECK(choose(live)->mark == 0x736975);
  }
  SUBCASE("what it has already stays") {
    Owned had;
    had.next_hops = {{0x736980, 30, 7563648, v4("172.31.0.9"), name("eth0")}};
    live.add(rule_for_mark(30, 0x736980, 7563648));
    live.add(LiveRoute4{7563648, {}, 0, v4("172.31.0.9"), eth0});
    CHECK(*choose(live, had) == NextHop{0x736980, 30, 7563648, v4("172.31.0.1"), name("eth0")});
    // unless situp.conf has another range by now
    NextHopSettings settings;
    settings.mark = 0x1000;
    settings.table = 1000;
    settings.preference = 7;
    CHECK(choose(live, had, isatap(), settings)->mark == 0x1000);
    CHECK(choose(live, had, isatap(), settings)->preference == 7);
    // or another program uses the mark, or the table
    for (const LiveRule4& other :
         {rule_for_mark(20, 0x736980, 12), rule_for_mark(20, 0x736980, 7563648, 0xff),
          rule_for_mark(20, 5, 7563648)}) {
      Live beside = live;
      beside.add(other);
      CHECK(choose(beside, had)->mark == 0x736974);
    }
  }
  SUBCASE("0 is no mark") {
    NextHopSettings settings;
    settings.mark = 0xffffffff;
    settings.table = 500;
    std::set<std::uint32_t> taken;
    CHECK(choose_next_hop(isatap(), settings, {}, live, taken)->mark == 0xffffffff);
    CHECK(choose_next_hop(isatap(), settings, {}, live, taken)->mark == 1);
  }
  SUBCASE("256 numbers are tried") {
    std::set<std::uint32_t> taken;
    for (std::uint32_t step = 0; step < 255; ++step) taken.insert(0x736974 + step);
    CHECK(choose_next_hop(isatap(), {}, {}, live, taken)->mark == 0x736974 + 255);
    CHECK_FALSE(choose_next_hop(isatap(), {}, {}, live, taken));
  }
  SUBCASE("two tunnels of one run") {
    std::set<std::uint32_t> taken;
    CHECK(choose_next_hop(isatap(), {}, {}, live, taken)->mark == 0x736974);
    CHECK(choose_next_hop(isatap(), {}, {}, live, taken)->mark == 0x736975);
  }
}

TEST_CASE("a plan makes rule and route before the device, and takes them away after it") {
  Live live = instance();
  Tunnel tunnel = isatap();
  tunnel.next_hop = choose(live);
  const Plan plan = compare(tunnel, {}, live, {});
  REQUIRE(plan.operations.size() >= 3);
  CHECK(commands(plan)[0] == "ip rule add preference 41 fwmark 0x736974 lookup 7563636");
  CHECK(commands(plan)[1] ==
        "ip route replace default via 172.31.0.1 dev eth0 table 7563636 onlink");
  CHECK(commands(plan)[2] ==
        "ip link add name isatap0 mtu 1480 type sit remote any local 172.31.14.146 ttl 64 tos 0 "
        "pmtudisc isatap fwmark 0x736974 mode ip6ip");
  REQUIRE(plan.notes.size() == 1);
  CHECK(plan.notes[0].find("172.31.0.1") != std::string::npos);

  live.add(tunnel_device(0x736974));
  live.add(rule_for_mark(41, 0x736974, 7563636));
  live.add(LiveRoute4{7563636, {}, 0, v4("172.31.0.1"), eth0});
  live.add(9, LiveAddress{{*tunnel.link_local, 64}});
  const Owned owned = owned_by(tunnel);
  REQUIRE(owned.next_hops.size() == 1);

  SUBCASE("nothing where all is there") {
    CHECK(commands(compare(tunnel, owned, live, {})).empty());
  }
  SUBCASE("another gateway: the route alone") {
    tunnel.next_hop->gateway = v4("172.31.0.77");
    const Plan change = compare(tunnel, owned, live, {});
    CHECK(commands(change) ==
          std::vector<std::string>{
              "ip route replace default via 172.31.0.77 dev eth0 table 7563636 onlink"});
    const auto back = undo_of(change.operations[0], live);
    REQUIRE(back.size() == 1);
    CHECK(as_ip_command(back[0]) ==
          "ip route replace default via 172.31.0.1 dev eth0 table 7563636 onlink");
  }
  SUBCASE("no next hop any more") {
    tunnel.next_hop.reset();
    CHECK(commands(compare(tunnel, owned, live, {})) ==
          std::vector<std::string>{
              "ip link set dev isatap0 mtu 1480 type sit remote any local 172.31.14.146 ttl 64 tos "
              "0 pmtudisc isatap",
              "ip rule delete preference 41 fwmark 0x736974 lookup 7563636",
              "ip route delete default via 172.31.0.1 dev eth0 table 7563636"});
  }
  SUBCASE("down") {
    CHECK(
        commands(compare_down(name("isatap0"), owned, live, true, true)) ==
        std::vector<std::string>{"ip link delete dev isatap0",
                                 "ip rule delete preference 41 fwmark 0x736974 lookup 7563636",
                                 "ip route delete default via 172.31.0.1 dev eth0 table 7563636"});
  }
  SUBCASE("a device without a record tells which are its own") {
    CHECK(next_hop_on(*live.link("isatap0"), live) == owned.next_hops[0]);
    // a rule that looks at more than the mark, or a table with more than a default route, is a
    // person's
    live.add(LiveRoute4{7563636, v4("10.0.0.0"), 8, v4("172.31.0.1"), eth0});
    CHECK_FALSE(next_hop_on(*live.link("isatap0"), live));
  }
  SUBCASE("a mark that somebody has put there goes") {
    live.add(tunnel_device(5));
    CHECK(commands(compare(tunnel, owned, live, {}))[0].find("fwmark 0x736974") !=
          std::string::npos);
  }
}

TEST_CASE("a device shows its next hop by a rule for its mark alone, and one default route") {
  const LiveRule4 rule = rule_for_mark(41, 7, 100);
  const LiveRoute4 route{100, {}, 0, v4("172.31.0.1"), eth0};
  const auto shown = [](std::uint32_t mark, const std::vector<LiveRule4>& rules,
                        const std::vector<LiveRoute4>& routes) {
    Live live = instance();
    for (const LiveRule4& one : rules) live.add(one);
    for (const LiveRoute4& one : routes) live.add(one);
    return next_hop_on(tunnel_device(mark), live);
  };
  CHECK(shown(7, {rule}, {route}) == NextHop{7, 41, 100, v4("172.31.0.1"), name("eth0")});
  CHECK(shown(7, {rule}, {}) == NextHop{7, 41, 100, {}, {}});
  CHECK(shown(1, {rule_for_mark(41, 1, 100)}, {route})->mark == 1);
  CHECK_FALSE(shown(8, {rule}, {route}));
  CHECK_FALSE(shown(0, {rule_for_mark(41, 0, 100)}, {route}));
  CHECK_FALSE(shown(7, {rule_for_mark(41, 7, 100, 0xff)}, {route}));
  CHECK_FALSE(shown(7, {{41, 100, 7, 0xffffffff, false}}, {route}));
  CHECK_FALSE(shown(7, {rule, rule_for_mark(42, 7, 100)}, {route}));
  CHECK_FALSE(shown(7, {rule_for_mark(41, 7, main_table)}, {}));
  CHECK_FALSE(shown(7, {}, {route}));
  CHECK_FALSE(shown(7, {rule}, {route, {100, {}, 0, v4("172.31.0.2"), eth0, 5}}));
  CHECK_FALSE(shown(7, {rule}, {{100, v4("10.0.0.0"), 8, v4("172.31.0.1"), eth0}}));
  CHECK_FALSE(shown(7, {rule}, {{100, {}, 0, {}, eth0}}));
  CHECK_FALSE(shown(7, {rule}, {{100, {}, 0, v4("172.31.0.1"), 77}}));
  CHECK(shown(7, {rule}, {route, {101, {}, 0, v4("172.31.0.2"), eth0}}));
  const Live live = instance();
  CHECK_FALSE(next_hop_on(*live.link("eth0"), live));
}

TEST_CASE("what makes a next hop is told from all else") {
  CHECK(optional_part_of(AddRule{}) == Part::next_hop);
  CHECK(optional_part_of(SetNextHop{}) == Part::next_hop);
  CHECK_FALSE(optional_part_of(DeleteRule{}));
  CHECK_FALSE(optional_part_of(SetUp{}));
  CHECK(undo_of(AddRule{1, 2, 3}, {}).size() == 1);
  CHECK(as_ip_command(undo_of(DeleteRule{1, 2, 3}, {})[0]) ==
        "ip rule add preference 1 fwmark 0x2 lookup 3");
  CHECK(as_ip_command(undo_of(SetNextHop{7, v4("10.0.0.1"), "eth0"}, {})[0]) ==
        "ip route delete default via 10.0.0.1 dev eth0 table 7");
  CHECK(undo_of(DeleteNextHop{7, v4("10.0.0.1"), "eth0"}, {}).empty());
}
