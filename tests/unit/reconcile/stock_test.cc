// SPDX-License-Identifier: GPL-2.0-or-later
#include <doctest/doctest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "reconcile/work.h"
#include "unit/world.h"

using namespace situp;

namespace {

Stanza he(const std::string& firewall = "off") {
  return stanza_of("he", "v4tunnel",
                   {{"v4tunnel-local", "172.31.14.146"},
                    {"endpoint", "216.66.80.26"},
                    {"address", "2001:db8:1::2"},
                    {"netmask", "64"},
                    {"gateway", "2001:db8:1::1"},
                    {"ttl", "64"},
                    {"v4tunnel-mtu", "1472"},
                    {"v4tunnel-lan", "eth0 2001:db8:2::1/64"},
                    {"v4tunnel-firewall", firewall}});
}

/// What ifup's method v4tunnel does: device with any local address, address, route.
void run_method(World& world, const char* local = "0.0.0.0") {
  Sit sit;
  sit.local = *Ipv4::parse(local);
  sit.remote = *Ipv4::parse("216.66.80.26");
  sit.ttl = 64;
  FakeKernel::Device& device = world.kernel.add_sit("he", sit);
  device.addresses.push_back({*Ipv6Net::parse("2001:db8:1::2/64")});
  device.routes.push_back({{*Ipv6::parse("2001:db8:1::1"), 1024, {}, main_table}, false});
}

template <typename F>
std::string why(F&& run) {
  try {
    run();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

std::string before(World& world, const Stanza& stanza) {
  return why([&] { world.reconciler().before_stock_method({stanza, &hosts::ifupdown}); });
}

std::string after(World& world, const Stanza& stanza) {
  return why([&] { world.reconciler().after_stock_method({stanza, &hosts::ifupdown}); });
}

}  // namespace

TEST_CASE("before the stock method, only the intent is noted") {
  World world;
  const std::string held = world.kernel.text();
  const Plan plan = world.reconciler().before_stock_method({he(), &hosts::ifupdown});
  CHECK(commands(plan) == Lines{});
  CHECK(world.kernel.text() == held);
  const auto record = world.record("he");
  REQUIRE(record);
  CHECK(record->state == Record::State::intent);
  CHECK(record->by_ifup);
  CHECK(record->ifindex == 0);
  CHECK(record->owned.addresses.size() == 2);
}

TEST_CASE("after it, all that the method couldn't say is put right") {
  World world;
  REQUIRE(before(world, he()) == "no error");
  run_method(world);
  world.kernel.done.clear();
  const Plan plan = world.reconciler().after_stock_method({he(), &hosts::ifupdown});
  CHECK(commands(plan) == world.kernel.done);
  CHECK(world.kernel.done ==
        Lines{"ip link set dev he mtu 1472 type sit remote 216.66.80.26 local 172.31.14.146 ttl 64 "
              "tos 0 pmtudisc",
              "ip address add 2001:db8:2::1/64 dev eth0",
              "ip -6 rule add preference 32764 iif he to 2001:db8:1::/64 lookup main "
              "suppress_prefixlength 64",
              "ip -6 rule add preference 32765 iif he to 2001:db8:1::/64 unreachable",
              "ip -6 rule add preference 32765 iif he to fe80::/10 unreachable"});
  const auto record = world.record("he");
  REQUIRE(record);
  CHECK(record->state == Record::State::up);
  CHECK(record->ifindex == 3);
  CHECK_FALSE(record->no_auto_down);
  CHECK(record->owned.lan.size() == 1);
  CHECK(world.differences("he") == Lines{});
  // The route and the address are the method's own.
  CHECK(world.kernel.text().find("route he metric 1024 via 2001:db8:1::1") != std::string::npos);
}

TEST_CASE("one reconciler sees the kernel anew before each run of the method") {
  World world;
  Reconciler reconciler = world.reconciler();
  const Job job{he(), &hosts::ifupdown};
  reconciler.before_stock_method(job);
  run_method(world);
  reconciler.after_stock_method(job);
  reconciler.before_stock_method(job);
  CHECK(world.kernel.device("he") == nullptr);
}

TEST_CASE("without a record, the LAN address goes with a leftover only") {
  for (const bool has_leftover : {true, false}) {
    World world;
    REQUIRE(before(world, he()) == "no error");
    run_method(world);
    REQUIRE(after(world, he()) == "no error");
    world.records.remove(iface_named("he"));
    if (!has_leftover) world.kernel.devices.erase(3);
    REQUIRE(before(world, he()) == "no error");
    CHECK(world.kernel.device("eth0")->addresses.empty() == has_leftover);
  }
}

TEST_CASE("what the method didn't make of the stanza's own is not made for it") {
  World world;
  REQUIRE(before(world, he()) == "no error");
  run_method(world);
  world.kernel.device("he")->addresses.clear();
  world.kernel.device("he")->routes.clear();
  REQUIRE(after(world, he()) == "no error");
  CHECK(world.kernel.text().find("2001:db8:1::2") == std::string::npos);
  CHECK(world.kernel.device("he")->routes.empty());
}

TEST_CASE("a filter that an edited stanza has no longer goes after the method") {
  World world;
  REQUIRE(before(world, he("stateful")) == "no error");
  run_method(world);
  REQUIRE(after(world, he()) == "no error");
  CHECK(world.kernel.firewalls.empty());
}

TEST_CASE("a tunnel that the method has made without a filter has the note that it is open") {
  World world;
  Stanza stanza = he();
  stanza.options.pop_back();
  REQUIRE(before(world, stanza) == "no error");
  run_method(world);
  const Plan plan = world.reconciler().after_stock_method({stanza, &hosts::ifupdown});
  CHECK(plan.opens.rfind("the tunnel is open to the Internet", 0) == 0);
}

TEST_CASE("a leftover of the same tunnel makes room for the method") {
  World world;
  REQUIRE(before(world, he()) == "no error");
  run_method(world);
  REQUIRE(after(world, he()) == "no error");
  world.kernel.done.clear();
  REQUIRE(before(world, he()) == "no error");
  CHECK(world.kernel.done ==
        Lines{"ip address delete 2001:db8:2::1/64 dev eth0", "ip link delete dev he",
              "ip -6 rule delete preference 32765 iif he to fe80::/10 unreachable",
              "ip -6 rule delete preference 32765 iif he to 2001:db8:1::/64 unreachable",
              "ip -6 rule delete preference 32764 iif he to 2001:db8:1::/64 lookup main "
              "suppress_prefixlength 64"});
  CHECK(world.record("he")->state == Record::State::intent);
}

TEST_CASE(
    "a leftover of a run that was killed after the method is known by the method's own ends") {
  World world;
  REQUIRE(before(world, he()) == "no error");
  run_method(world);
  REQUIRE(before(world, he()) == "no error");
  CHECK(world.kernel.device("he") == nullptr);
}

TEST_CASE("a foreign device is in the way before the method trips over it") {
  World world;
  world.kernel.add("he");
  CHECK(before(world, he()).find("he: a device of this name is there and is not situp's") == 0);
  CHECK(world.kernel.device("he") != nullptr);
  CHECK_FALSE(world.record("he"));
}

TEST_CASE("ends that another device has are told before anything exists") {
  World world;
  Sit sit;
  sit.local = *Ipv4::parse("172.31.14.146");
  sit.remote = *Ipv4::parse("216.66.80.26");
  world.kernel.add_sit("theirs", sit);
  CHECK(before(world, he()).find("theirs: this device already has the tunnel's ends") == 0);
  // The method itself makes the device with any local address, or the stanza's own.
  World other;
  sit.local = Ipv4{};
  other.kernel.add_sit("theirs", sit);
  CHECK(before(other, he()).find("theirs: this device already has the tunnel's ends") == 0);
  Stanza literal = he();
  literal.options[0].name = "local";
  World third;
  third.kernel.add_sit("theirs", sit);
  CHECK(before(third, literal) == "no error");
}

TEST_CASE("a kernel without sit is told before the method fails at it") {
  World world;
  world.kernel.has_sit = false;
  CHECK(before(world, he()).find("he: this kernel has no sit tunnels: ") == 0);
  CHECK_FALSE(world.record("he"));
  // Where there is a tunnel there is sit.
  world.kernel.add_sit("other",
                       {Kind::sixin4, *Ipv4::parse("172.31.14.146"), *Ipv4::parse("9.9.9.9")});
  CHECK(before(world, he()) == "no error");
}

TEST_CASE("what would fail afterwards fails before") {
  World world;
  Stanza stanza = he();
  stanza.options.push_back({"v4tunnel-dev", "eth7", {}});
  CHECK(before(world, stanza).find("eth7: no interface has this name") == 0);
  CHECK_FALSE(world.record("he"));
}

TEST_CASE(
    "the filter is there before the method makes the device, and goes if nothing comes of it") {
  World world;
  const Plan plan = world.reconciler().before_stock_method({he("stateful"), &hosts::ifupdown});
  CHECK(commands(plan) == Lines{"nft -f - (he in table ip6 situp)"});
  CHECK(world.kernel.firewalls.count("he") == 1);
  REQUIRE(world.record("he")->owned.firewall);
  CHECK(world.record("he")->owned.firewall->content != 0);
  run_method(world);
  world.kernel.done.clear();
  REQUIRE(after(world, he("stateful")) == "no error");
  CHECK(world.kernel.done.size() == 5);
  CHECK(world.kernel.firewalls.count("he") == 1);
  // It stays in force while a leftover goes.
  world.kernel.done.clear();
  REQUIRE(before(world, he("stateful")) == "no error");
  CHECK(world.kernel.done.size() == 5);
  CHECK(world.kernel.firewalls.count("he") == 1);
  // But not when the stanza wants none any more.
  run_method(world);
  REQUIRE(after(world, he("stateful")) == "no error");
  REQUIRE(before(world, he()) == "no error");
  CHECK(world.kernel.firewalls.empty());
}

TEST_CASE("without its filter there will be no tunnel, and no record of one") {
  World world;
  world.kernel.refusals[1] = EINVAL;
  CHECK(before(world, he("stateful")) != "no error");
  CHECK_FALSE(world.record("he"));
  CHECK(world.kernel.firewalls.empty());
  // Where an old one stays in force, the record of it stays, too.
  World other;
  REQUIRE(before(other, he("stateful")) == "no error");
  other.kernel.firewalls["he"] += "# theirs\n";
  other.kernel.refusals[static_cast<unsigned>(other.kernel.done.size()) + 1] = EINVAL;
  CHECK(before(other, he("stateful")) != "no error");
  CHECK(other.record("he"));
  CHECK(other.kernel.firewalls.count("he") == 1);
}

TEST_CASE("a method that left no device is told of, and nothing stays") {
  World world;
  REQUIRE(before(world, he("stateful")) == "no error");
  CHECK(after(world, he("stateful")).find("he: ifup's method v4tunnel has left no device") == 0);
  CHECK_FALSE(world.record("he"));
  CHECK(world.kernel.firewalls.empty());
}

TEST_CASE("a device that isn't the method's is told of, and stays") {
  World world;
  REQUIRE(before(world, he()) == "no error");
  world.kernel.add("he");
  CHECK(after(world, he()).find("he: a device of this name is there and is not situp's") == 0);
  CHECK(world.kernel.device("he") != nullptr);
}

TEST_CASE("whatever fails afterwards, the device goes and nothing of the tunnel stays") {
  World start;
  REQUIRE(before(start, he("stateful")) == "no error");
  for (unsigned number = 1; number <= 2; ++number) {
    for (const bool forgets : {false, true}) {
      World world;
      CAPTURE(number);
      CAPTURE(forgets);
      const std::string held = world.kernel.text();
      REQUIRE(before(world, he("stateful")) == "no error");
      run_method(world);
      const unsigned first = static_cast<unsigned>(world.kernel.done.size());
      if (forgets)
        world.kernel.forgotten = {first + number};
      else
        world.kernel.refusals[first + number] = EINVAL;
      CHECK(after(world, he("stateful")) != "no error");
      CHECK(world.kernel.text() == held);
      CHECK_FALSE(world.record("he"));
    }
  }
}

TEST_CASE("where the device can't be deleted then, the record stays for the next ifup") {
  World world;
  REQUIRE(before(world, he()) == "no error");
  run_method(world);
  world.kernel.refusals = {{1, EINVAL}, {2, EBUSY}};
  CHECK(after(world, he()).find("ip link set dev he mtu 1472") == 0);
  CHECK(world.record("he"));
  world.kernel.refusals.clear();
  REQUIRE(before(world, he()) == "no error");
  CHECK(world.kernel.device("he") == nullptr);
}

TEST_CASE(
    "what was resolved before the method is not asked for again, unless the stanza is another") {
  const char* const primary = "metadata --endpoint http://169.254.169.254 --imds auto primary";
  World world;
  world.answers[primary] = std::vector<Ipv4>{*Ipv4::parse("172.31.14.146")};
  Stanza stanza = he();
  stanza.options[0].value = "ec2";
  REQUIRE(before(world, stanza) == "no error");
  CHECK(world.asked.size() == 1);
  run_method(world);
  REQUIRE(after(world, stanza) == "no error");
  CHECK(world.asked.size() == 1);
  CHECK(world.record("he")->upkeep);
  // ifup --force of one that is up.
  REQUIRE(after(world, stanza) == "no error");
  CHECK(world.asked.size() == 2);
  world.asked.pop_back();
  // ifup --force of an edited one, whose pre-up was not run.
  Record record = *world.record("he");
  record.state = Record::State::intent;
  world.records.write(record);
  stanza.options.push_back({"v4tunnel-lan", "eth0 2001:db8:44::1/64", {}});
  REQUIRE(after(world, stanza) == "no error");
  CHECK(world.asked.size() == 2);
  CHECK(world.kernel.device("eth0")->addresses.size() == 2);
}

TEST_CASE("v4tunnel-route is chosen by what other routes there are after the method") {
  World world;
  Stanza stanza = he();
  stanza.options.erase(stanza.options.begin() + 4);  // the gateway
  stanza.options.push_back({"v4tunnel-route", "default", {}});
  REQUIRE(before(world, stanza) == "no error");
  CHECK(world.record("he")->owned.routes == std::vector{DefaultRoute{}});
  run_method(world);
  world.kernel.device("he")->routes.clear();
  world.kernel.device("eth0")->routes.push_back(
      {{*Ipv6::parse("fe80::9"), 900, {}, main_table}, true});
  REQUIRE(after(world, stanza) == "no error");
  CHECK(world.kernel.text().find("route he metric 1024 from 2001:db8:1::/64") != std::string::npos);
  CHECK(world.kernel.text().find("route he metric 1024 from 2001:db8:2::/64") != std::string::npos);
}

TEST_CASE("no-auto-down outlives the method") {
  World world;
  Job job{he(), &hosts::ifupdown, true};
  world.reconciler().before_stock_method(job);
  run_method(world);
  REQUIRE(after(world, he()) == "no error");
  CHECK(world.record("he")->no_auto_down);
}

TEST_CASE("after the stock method there are the rules, or a record that the kernel refuses them") {
  World world;
  const Stanza stanza = he();
  CHECK(before(world, stanza) == "no error");
  run_method(world);
  world.kernel.done.clear();
  SUBCASE("the kernel takes them") {
    CHECK(after(world, stanza) == "no error");
    CHECK(world.kernel.rules6.size() == 5);
    CHECK(world.record("he")->owned.on_link_rules.size() == 3);
    CHECK(world.record("he")->wants_daemon());
  }
  SUBCASE("it refuses one") {
    world.kernel.before_each = [&](unsigned number) {
      if (world.kernel.done.back().find("unreachable") != std::string::npos)
        world.kernel.refusals[number] = EOPNOTSUPP;
    };
    CHECK(after(world, stanza) == "no error");
    CHECK(world.kernel.rules6 == FakeKernel::default_rules6());
    CHECK(world.kernel.device("he")->link.mtu == 1472);
    CHECK(world.record("he")->no_on_link_rules);
    CHECK(world.differences("he") == Lines{});
  }
  SUBCASE("it takes one without a condition") {
    world.kernel.before_each = [&](unsigned) {
      for (LiveRule6& rule : world.kernel.rules6) rule.suppressed.reset();
    };
    CHECK(after(world, stanza) == "no error");
    CHECK(world.record("he")->no_on_link_rules);
    CHECK(world.record("he")->owned.on_link_rules.empty());
  }
  SUBCASE("another program removes one of a pair at once") {
    world.kernel.before_each = [&](unsigned number) {
      if (world.kernel.done.back().find("suppress_prefixlength") != std::string::npos)
        world.kernel.forgotten.push_back(number);
    };
    CHECK(after(world, stanza) == "no error");
    CHECK(world.kernel.rules6.size() == 4);
    CHECK_FALSE(world.record("he")->no_on_link_rules);
    CHECK(world.record("he")->owned.on_link_rules.size() == 3);
  }
  SUBCASE("another program removes them at once, and situpd puts them back") {
    world.kernel.before_each = [&](unsigned number) {
      if (world.kernel.done.back().find("rule add") != std::string::npos)
        world.kernel.forgotten.push_back(number);
    };
    CHECK(after(world, stanza) == "no error");
    CHECK(world.kernel.rules6 == FakeKernel::default_rules6());
    CHECK_FALSE(world.record("he")->no_on_link_rules);
    CHECK(world.record("he")->wants_daemon());
    CHECK(world.differences("he").size() == 3);
    world.kernel.before_each = nullptr;
    CHECK_FALSE(world.reconciler().repair({{iface_named("he")}}).front().result.error);
    CHECK(world.differences("he") == Lines{});
  }
  SUBCASE("another program changes them all the time") {
    world.kernel.before_each = [&](unsigned number) {
      if (world.kernel.done.back().find("rule add") != std::string::npos)
        world.kernel.refusals[number] = EEXIST;
    };
    CHECK(after(world, stanza) == "no error");
    CHECK(world.kernel.rules6 == FakeKernel::default_rules6());
    CHECK(world.record("he")->no_on_link_rules);
  }
}

TEST_CASE("the tunnel goes after an ifup that failed, and stays after any other") {
  using End = RunningIfup::End;
  struct {
    const char* method;
    bool is_through;  // situp's last hook has run
    End end;
    bool stays;
  } const rows[] = {
      {"v4tunnel", true, End::succeeded, true},   {"v4tunnel", true, End::killed, true},
      {"v4tunnel", true, End::failed, false},     {"v4tunnel", true, End::taken_over, true},
      {"v4tunnel", false, End::succeeded, false}, {"v4tunnel", false, End::killed, false},
      {"v4tunnel", false, End::taken_over, true}, {"manual", true, End::succeeded, true},
      {"manual", true, End::failed, false},       {"manual", true, End::killed, false},
      {"manual", true, End::taken_over, true},
  };
  for (const auto& row : rows) {
    CAPTURE(row.method);
    CAPTURE(row.is_through);
    CAPTURE(static_cast<int>(row.end));
    World world;
    const bool stock = row.method == std::string("v4tunnel");
    if (stock) {
      REQUIRE(before(world, he()) == "no error");
      run_method(world);
      if (row.is_through) REQUIRE(after(world, he()) == "no error");
    } else {
      REQUIRE_FALSE(world
                        .up(stanza_of("he", "manual",
                                      {{"v4tunnel-local", "172.31.14.146"},
                                       {"v4tunnel-endpoint", "216.66.80.26"}}),
                            hosts::ifupdown)
                        .error);
    }
    // While the tunnel goes, its record says so.
    bool is_told = true;
    world.kernel.before_each = [&](unsigned) {
      is_told = is_told && world.record("he")->state == Record::State::intent;
    };
    world.reconciler().after_ifup(iface_named("he"), row.end);
    CHECK(is_told);
    CHECK((world.kernel.device("he") != nullptr) == row.stays);
    REQUIRE(world.record("he"));
    if (row.stays) continue;
    CHECK(world.kernel.rules6 == FakeKernel::default_rules6());
    CHECK(world.record("he")->state == Record::State::intent);
    CHECK(world.record("he")->ifindex == 0);
    CHECK(world.record("he")->owned.addresses.empty());
    CHECK(world.record("he")->owned.on_link_rules.empty());
    CHECK(world.records.list_requests().empty());
  }
}

TEST_CASE("an ifup that ends takes down only what it has brought up") {
  World world;
  // By `situp up`, or already on its way down.
  const Stanza stanza = stanza_of(
      "he", "manual", {{"v4tunnel-local", "172.31.14.146"}, {"v4tunnel-endpoint", "216.66.80.26"}});
  REQUIRE_FALSE(world.up(stanza).error);
  world.reconciler().after_ifup(iface_named("he"), RunningIfup::End::failed);
  CHECK(world.kernel.device("he") != nullptr);
  REQUIRE_FALSE(world.up(stanza, hosts::ifupdown).error);
  world.reconciler().begin_down({iface_named("he"), std::nullopt});
  world.reconciler().after_ifup(iface_named("he"), RunningIfup::End::failed);
  CHECK(world.kernel.device("he") != nullptr);
  CHECK(world.record("he")->state == Record::State::going_down);
}

TEST_CASE("the default route that ifup's method makes") {
  const auto coming = [](const char* method, Words more, const HostProgram& host) {
    more.emplace_back("address", "2001:db8:1::2/64");
    more.emplace_back("v4tunnel-endpoint", "216.66.80.26");
    const Stanza stanza = stanza_of("he", method, more);
    const auto route = coming_route({stanza, &host}, understand(stanza, host));
    return route ? str(*route) : std::string();
  };
  const Words gateway{{"gateway", "2001:db8:1::1"}};
  CHECK(coming("static", gateway, hosts::ifupdown) == "default via 2001:db8:1::1 metric 1024");
  CHECK(coming("static", gateway, hosts::ifupdown_ng) == "default via 2001:db8:1::1 metric 1");
  CHECK(coming("static", {gateway[0], {"metric", "7"}}, hosts::ifupdown) ==
        "default via 2001:db8:1::1 metric 7");
  CHECK(coming("static", {}, hosts::ifupdown) == "");
  CHECK(coming("manual", gateway, hosts::ifupdown) == "");
  for (const char* elsewhere : {"vrf-member", "vrf-table"})
    CHECK(coming("static", {gateway[0], {elsewhere, "red"}}, hosts::ifupdown_ng) == "");
}
