// SPDX-License-Identifier: GPL-2.0-or-later
#include <doctest/doctest.h>

#include <cerrno>
#include <fstream>
#include <string>
#include <vector>

#include "base/netns.h"
#include "unit/world.h"

using namespace situp;

namespace {

Stanza he() {
  return stanza_of("he", "manual",
                   {{"v4tunnel-endpoint", "216.66.80.26"},
                    {"v4tunnel-local", "172.31.14.146"},
                    {"address", "2001:db8:1::2/64"},
                    {"gateway", "2001:db8:1::1"},
                    {"v4tunnel-lan", "eth0 2001:db8:2::1/64"},
                    {"v4tunnel-firewall", "stateful"}});
}

Departure departure(const std::optional<Stanza>& stanza = std::nullopt) {
  return {iface_named("he"), stanza};
}

std::string why(const Result& result) {
  return result.error ? result.error->what() : "no error";
}

const Lines all_of_it{"ip address delete 2001:db8:2::1/64 dev eth0",
                      "ip link delete dev he",
                      "ip -6 rule delete preference 32765 iif he to fe80::/10 unreachable",
                      "ip -6 rule delete preference 32765 iif he to 2001:db8:1::/64 unreachable",
                      "ip -6 rule delete preference 32764 iif he to 2001:db8:1::/64 lookup main "
                      "suppress_prefixlength 64",
                      "nft -f - (he out of table ip6 situp)"};

}  // namespace

TEST_CASE("a tunnel of another network namespace that shares the folder is left alone") {
  World world;
  REQUIRE_FALSE(world.up(he()).error);
  const std::string name = "netns " + own_netns();
  std::string text = world.file("he");
  REQUIRE(text.find(name) != std::string::npos);
  text.replace(text.find(name), name.size(), "netns net:[1]");
  std::ofstream(world.folder.path("he")) << text;
  world.clear();  // this namespace has no such device
  const std::string held = world.kernel.text();
  world.kernel.done.clear();

  const auto is_told = [](const std::string& error) {
    CHECK(error.rfind("he: situp has a tunnel of this name in another network namespace", 0) == 0);
  };
  const auto error_of = [](const auto& run) -> std::string {
    try {
      run();
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  is_told(why(world.up(he())));
  is_told(why(world.reconciler().plan_up({{he(), &hosts::situp_up}}).front()));
  is_told(why(world.down("he")));
  is_told(why(world.down("he", he())));
  is_told(why(world.reconciler().plan_down({departure(he())}).front()));
  is_told(error_of([&] { world.reconciler().begin_down(departure(he())); }));
  const Stanza stock = stanza_of("he", "v4tunnel",
                                 {{"endpoint", "216.66.80.26"},
                                  {"v4tunnel-local", "172.31.14.146"},
                                  {"address", "2001:db8:1::2/64"}});
  is_told(error_of([&] { world.reconciler().before_stock_method({stock, &hosts::ifupdown}); }));
  is_told(error_of([&] { world.reconciler().after_stock_method({stock, &hosts::ifupdown}); }));
  CHECK_FALSE(world.reconciler().repair({{iface_named("he")}}).front().up);
  CHECK(world.kernel.done == Lines{});
  CHECK(world.kernel.text() == held);
  CHECK(world.file("he") == text);
}

TEST_CASE("down removes what up has made, and the record") {
  World world;
  const std::string before = world.kernel.text();
  REQUIRE_FALSE(world.up(he()).error);
  world.kernel.done.clear();
  const Result planned = world.reconciler().plan_down({departure()}).front();
  CHECK(commands(planned.plan) == all_of_it);
  CHECK(world.kernel.done == Lines{});
  CHECK(world.record("he"));
  const Result result = world.down("he");
  CHECK_FALSE(result.error);
  CHECK(world.kernel.done == all_of_it);
  CHECK(commands(result.plan) == all_of_it);
  CHECK(world.kernel.text() == before);
  CHECK_FALSE(world.record("he"));
}

TEST_CASE("where the kernel can't be read, each tunnel that was to go down is named, and stays") {
  World world;
  REQUIRE_FALSE(world.up(he()).error);
  const std::string before = world.kernel.text();
  for (int i = 1; i <= 2; ++i)
    world.kernel.unseen.emplace(world.kernel.snapshots + static_cast<unsigned>(i),
                                Error(Exit::system, "netlink", "no buffer space available"));
  for (const bool really : {false, true}) {
    Reconciler reconciler = world.reconciler();
    const std::vector<Departure> all{departure(), {iface_named("b"), std::nullopt}};
    for (const Result& result : really ? reconciler.down(all) : reconciler.plan_down(all))
      CHECK(why(result) == "netlink: no buffer space available");
  }
  CHECK(world.kernel.text() == before);
  CHECK(world.record("he"));
}

TEST_CASE("a record that can't be read doesn't keep the tunnel up where the stanza is told") {
  World world;
  const std::string before = world.kernel.text();
  for (const std::string& bad : {std::string("x"), std::string(2U << 20, 'x')}) {
    REQUIRE_FALSE(world.up(he()).error);
    std::ofstream(world.folder.path() + "/he", std::ios::trunc) << bad;
    REQUIRE_FALSE(world.down("he", he()).error);
    CHECK(world.kernel.text() == before);
    CHECK_FALSE(world.records.trouble(iface_named("he")));
    CHECK(world.records.list().empty());
  }
}

TEST_CASE("where there is a record, the stanza doesn't say what goes") {
  World world;
  const std::string before = world.kernel.text();
  REQUIRE_FALSE(world.up(he()).error);
  Stanza edited = he();
  edited.options[4].value = "eth0 2001:db8:3::1/64";
  REQUIRE_FALSE(world.down("he", edited).error);
  CHECK(world.kernel.text() == before);
}

TEST_CASE("without a record, a filter goes where the stanza has one") {
  for (const char* firewall : {"stateful", "off"}) {
    World world;
    Stanza stanza = he();
    stanza.options[5].value = firewall;
    REQUIRE_FALSE(world.up(stanza).error);
    world.records.remove(iface_named("he"));
    world.kernel.firewalls["he"] = "table\n";
    // Another one that goes down has one in any case.
    const Stanza other = stanza_of("other", "manual",
                                   {{"v4tunnel-endpoint", "216.66.84.46"},
                                    {"v4tunnel-local", "172.31.14.146"},
                                    {"v4tunnel-firewall", "stateful"}});
    for (const Result& result :
         world.reconciler().down({departure(stanza), {iface_named("other"), other}}))
      CHECK_FALSE(result.error);
    CHECK(world.kernel.firewalls.empty() == (firewall == std::string("stateful")));
  }
}

TEST_CASE("without a record, a 6rd device goes also where its address is no host of the domain") {
  World world;
  const std::string before = world.kernel.text();
  const auto sixrd = [](const std::string& hosts) {
    return stanza_of("he", "manual",
                     {{"sixrd-local", "interface:eth0"},
                      {"sixrd-prefix", "2001:470:e3f2::/48 " + hosts + ".0.0/16"},
                      {"sixrd-relay", hosts + ".0.20"},
                      {"sixrd-firewall", "off"}});
  };
  REQUIRE_FALSE(world.up(sixrd("172.31")).error);
  CHECK(world.kernel.unreachable.size() == 1);
  const std::string up = world.kernel.text();
  SUBCASE("of another domain's host") {
    world.records.remove(iface_named("he"));
    CHECK_FALSE(world.down("he", sixrd("172.30")).error);
    CHECK(world.kernel.device("he") == nullptr);
    // Which is not this domain's.
    CHECK(world.kernel.unreachable.size() == 1);
  }
  SUBCASE("of its own") {
    world.records.remove(iface_named("he"));
    CHECK_FALSE(world.down("he", sixrd("172.31")).error);
    CHECK(world.kernel.text() == before);
  }
}

TEST_CASE("what others have put there stays") {
  World world;
  REQUIRE_FALSE(world.up(he()).error);
  world.kernel.device("eth0")->addresses.push_back({*Ipv6Net::parse("2001:db8:2::7/64")});
  world.kernel.firewalls["theirs"] = "table\n";
  REQUIRE_FALSE(world.down("he").error);
  CHECK(world.kernel.text().find("address eth0 2001:db8:2::7/64") != std::string::npos);
  CHECK(world.kernel.firewalls.count("theirs") == 1);
}

TEST_CASE("where nothing is up there is nothing to do") {
  World world;
  const std::string before = world.kernel.text();
  const Result result = world.down("he", he());
  CHECK_FALSE(result.error);
  CHECK(commands(result.plan) == Lines{});
  CHECK(world.kernel.text() == before);
}

TEST_CASE("a record that is lost is made up for by the stanza") {
  World world;
  const std::string before = world.kernel.text();
  REQUIRE_FALSE(world.up(he()).error);
  world.records.remove(iface_named("he"));
  world.kernel.done.clear();
  CHECK(commands(world.reconciler().plan_down({departure(he())}).front().plan) == all_of_it);
  REQUIRE_FALSE(world.down("he", he()).error);
  CHECK(world.kernel.text() == before);
}

TEST_CASE("without record and stanza a device is nobody's, and stays") {
  World world;
  REQUIRE_FALSE(world.up(he()).error);
  world.records.remove(iface_named("he"));
  const std::string before = world.kernel.text();
  CHECK(why(world.reconciler().plan_down({departure()}).front()).find("not situp's") !=
        std::string::npos);
  CHECK(why(world.down("he")).find("he: a device of this name is there and is not situp's") == 0);
  CHECK(world.kernel.text() == before);
  // A stanza with other ends is another tunnel's.
  Stanza other = he();
  other.options[0].value = "216.66.80.99";
  CHECK(world.down("he", other).error);
  // One that can't be understood is no help, and one that isn't ours says nothing.
  other.options[0].value = "nonsense!";
  CHECK(world.down("he", other).error->status() == Exit::configuration);
  CHECK(world.reconciler().plan_down({departure(other)}).front().error);
  CHECK(world.down("he", stanza_of("he", "static", {{"address", "2001:db8:1::2/64"}})).error);
  CHECK(world.kernel.device("he") != nullptr);
}

TEST_CASE(
    "a device that somebody has put in the place of the record's stays, but the record goes") {
  World world;
  REQUIRE_FALSE(world.up(he()).error);
  world.kernel.devices.erase(3);
  world.kernel.add("other");
  world.kernel.add("he");
  CHECK(why(world.down("he")).find("not situp's") != std::string::npos);
  CHECK(world.kernel.device("he") != nullptr);
  CHECK(world.kernel.device("eth0")->addresses.empty());
  CHECK_FALSE(world.record("he"));
}

TEST_CASE("what the kernel refuses is told first of all, and the record stays") {
  World world;
  REQUIRE_FALSE(world.up(he()).error);
  world.kernel.done.clear();
  world.kernel.refusals[1] = EBUSY;
  const Result result = world.down("he");
  CHECK(why(result).find("ip address delete 2001:db8:2::1/64 dev eth0: ") == 0);
  // The device goes all the same; only the filter waits.
  CHECK(world.kernel.done ==
        Lines{"ip address delete 2001:db8:2::1/64 dev eth0", "ip link delete dev he",
              "ip -6 rule delete preference 32765 iif he to fe80::/10 unreachable",
              "ip -6 rule delete preference 32765 iif he to 2001:db8:1::/64 unreachable",
              "ip -6 rule delete preference 32764 iif he to 2001:db8:1::/64 lookup main "
              "suppress_prefixlength 64"});
  CHECK(world.kernel.firewalls.count("he") == 1);
  CHECK(world.record("he"));
  world.kernel.refusals.clear();
  CHECK_FALSE(world.down("he").error);
  CHECK(world.kernel.firewalls.empty());
  CHECK(world.kernel.listings == 0);
  CHECK_FALSE(world.record("he"));
}

TEST_CASE("without a record, a device from another local address is a stranger's") {
  World world;
  world.kernel.addresses4.push_back({*Ipv4::parse("172.31.14.147"), 2, true});
  Sit sit;
  sit.local = *Ipv4::parse("172.31.14.147");
  sit.remote = *Ipv4::parse("216.66.80.26");
  world.kernel.add_sit("he", sit);
  CHECK(world.down("he", he()).error);
  CHECK(world.kernel.device("he") != nullptr);
  // Where the stanza names several sources, any address that this host holds may be its.
  Stanza chain = he();
  chain.options[1].value = "ec2 172.31.14.146";
  CHECK_FALSE(world.down("he", chain).error);
  CHECK(world.kernel.device("he") == nullptr);
}

TEST_CASE("the first of two refusals is the one that is told") {
  World world;
  Stanza stanza = he();
  stanza.options.push_back({"v4tunnel-lan", "eth0 2001:db8:3::1/64", {}});
  REQUIRE_FALSE(world.up(stanza).error);
  world.kernel.done.clear();
  world.kernel.refusals = {{1, EBUSY}, {2, EPERM}};
  const Result result = world.down("he");
  CHECK(why(result).find("ip address delete 2001:db8:2::1/64 dev eth0: ") == 0);
  CHECK(result.error->status() == Exit::system);
}

TEST_CASE("what is gone already is no failure") {
  World world;
  REQUIRE_FALSE(world.up(he()).error);
  world.kernel.before_each = [&world](unsigned) {
    world.kernel.device("eth0")->addresses.clear();
    world.kernel.devices.erase(3);
  };
  CHECK_FALSE(world.down("he").error);
  CHECK_FALSE(world.record("he"));
}

TEST_CASE("several go down in the order in which they were named, whatever fails") {
  World world;
  REQUIRE_FALSE(world.up(he()).error);
  world.kernel.add("a");
  const auto results = world.reconciler().down({departure(), {iface_named("a"), std::nullopt}});
  REQUIRE(results.size() == 2);
  CHECK(results[0].iface == "he");
  CHECK_FALSE(results[0].error);
  CHECK(results[1].iface == "a");
  CHECK(results[1].error);
}

TEST_CASE("ifdown begins: all goes but the device and its filter, and situpd is told") {
  World world;
  REQUIRE_FALSE(world.up(he()).error);
  world.kernel.done.clear();
  world.reconciler().begin_down(departure(he()));
  CHECK(world.kernel.done ==
        Lines{"ip address delete 2001:db8:2::1/64 dev eth0",
              "ip -6 rule delete preference 32765 iif he to fe80::/10 unreachable",
              "ip -6 rule delete preference 32765 iif he to 2001:db8:1::/64 unreachable",
              "ip -6 rule delete preference 32764 iif he to 2001:db8:1::/64 lookup main "
              "suppress_prefixlength 64"});
  CHECK(world.record("he")->state == Record::State::going_down);
  CHECK(world.kernel.device("he") != nullptr);
  CHECK(world.kernel.firewalls.count("he") == 1);
  // And ends.
  world.kernel.devices.erase(3);
  world.kernel.done.clear();
  REQUIRE_FALSE(world.down("he").error);
  CHECK(world.kernel.done == Lines{"nft -f - (he out of table ip6 situp)"});
  CHECK_FALSE(world.record("he"));
}

TEST_CASE("rule and table of an ISATAP tunnel go, too") {
  World world;
  world.config.next_hop.policy = NextHopPolicy::gateway;
  world.kernel.routes4 = {{main_table, {}, 0, *Ipv4::parse("172.31.0.1"), 2, 0},
                          {main_table, *Ipv4::parse("172.31.0.0"), 20, {}, 2, 0}};
  const auto routes = world.kernel.routes4.size();
  bool is_noted = true;
  world.kernel.before_each = [&](unsigned) {
    is_noted = is_noted && world.record("he")->owned.next_hops.size() == 1;
  };
  REQUIRE_FALSE(
      world
          .up(stanza_of("he", "manual",
                        {{"isatap-prefix", "2001:db8:3::/64"}, {"isatap-local", "172.31.14.146"}}))
          .error);
  REQUIRE(world.kernel.rules4.size() == 1);
  CHECK(world.kernel.routes4.size() == routes + 1);
  CHECK(is_noted);
  world.kernel.before_each = nullptr;
  SUBCASE("ifdown") {
    world.reconciler().begin_down(departure());
  }
  SUBCASE("down") {
    CHECK_FALSE(world.down("he").error);
  }
  CHECK(world.kernel.rules4.empty());
  CHECK(world.kernel.routes4.size() == routes);
}

TEST_CASE("ifdown of what an interrupted up has made notes which device it is") {
  World world;
  REQUIRE_FALSE(world.up(he()).error);
  Record record = *world.record("he");
  record.state = Record::State::intent;
  record.ifindex = 0;
  world.records.write(record);
  world.reconciler().begin_down(departure());
  CHECK(world.record("he")->ifindex == 3);
  REQUIRE_FALSE(world.down("he").error);
  CHECK(world.kernel.device("he") == nullptr);
}

TEST_CASE("ifdown without a record goes by the stanza, and notes nothing") {
  World world;
  REQUIRE_FALSE(world.up(he()).error);
  world.records.remove(iface_named("he"));
  world.kernel.done.clear();
  world.reconciler().begin_down(departure(he()));
  CHECK(world.kernel.done ==
        Lines{"ip address delete 2001:db8:2::1/64 dev eth0",
              "ip -6 rule delete preference 32765 iif he to fe80::/10 unreachable",
              "ip -6 rule delete preference 32765 iif he to 2001:db8:1::/64 unreachable",
              "ip -6 rule delete preference 32764 iif he to 2001:db8:1::/64 lookup main "
              "suppress_prefixlength 64"});
  CHECK_FALSE(world.record("he"));
}

TEST_CASE(
    "without a record, rules are told by their device and prefix, and routes by their metric") {
  World world;
  Stanza stanza = he();
  stanza.options.push_back({"v4tunnel-routed", "2001:db8:7::/48", {}});
  const std::string before = world.kernel.text();
  REQUIRE_FALSE(world.up(stanza).error);
  world.records.remove(iface_named("he"));
  SUBCASE("with the device") {}
  SUBCASE("without it") {
    world.kernel.devices.erase(world.kernel.device("he")->link.index);
    world.kernel.device("eth0")->addresses.clear();
  }
  // a person's rule
  LiveRule6 theirs;
  theirs.preference = 32765;
  theirs.iif = "he";
  theirs.to = *Ipv6Net::parse("2001:db8:99::/64");
  theirs.unreachable = true;
  world.kernel.rules6.push_back(theirs);
  CHECK_FALSE(world.down("he", stanza).error);
  CHECK(world.kernel.rules6.back() == theirs);
  world.kernel.rules6.pop_back();
  CHECK(world.kernel.text() == before);
}

TEST_CASE("ifdown removes rules and unreachable routes before the method deletes the device") {
  World world;
  Stanza stanza = he();
  stanza.method = "v4tunnel";
  stanza.options.push_back({"v4tunnel-routed", "2001:db8:7::/48", {}});
  REQUIRE_FALSE(world.up(stanza).error);
  SUBCASE("with a record") {}
  SUBCASE("without one") {
    world.records.remove(iface_named("he"));
  }
  world.reconciler().begin_down(departure(stanza));
  CHECK(world.kernel.rules6 == FakeKernel::default_rules6());
  CHECK(world.kernel.unreachable.empty());
  CHECK(world.kernel.device("he") != nullptr);
}

TEST_CASE(
    "the devices of several tunnels are deleted in one request; where that is refused, each") {
  for (const bool refused : {false, true}) {
    CAPTURE(refused);
    World world;
    const std::string before = world.kernel.text();
    Stanza other =
        stanza_of("other", "manual",
                  {{"v4tunnel-endpoint", "216.66.84.46"}, {"v4tunnel-local", "172.31.14.146"}});
    for (const Result& result : world.reconciler().up({{he()}, {other}}))
      REQUIRE_FALSE(result.error);
    world.kernel.done.clear();
    if (refused) world.kernel.refusals[1] = EBUSY;
    const auto results =
        world.reconciler().down({departure(), {iface_named("other"), std::nullopt}});
    for (const Result& result : results) CHECK_FALSE(result.error);
    CHECK(world.kernel.done[0] == "ip link delete group: he other");
    unsigned single = 0;
    for (const std::string& command : world.kernel.done)
      single += command.rfind("ip link delete dev ", 0) == 0 ? 1 : 0;
    CHECK(single == (refused ? 2 : 0));
    // The plan is the same.
    CHECK(commands(results[0].plan) == all_of_it);
    CHECK(world.kernel.text() == before);
    CHECK_FALSE(world.record("he"));
    CHECK_FALSE(world.record("other"));
  }
}

TEST_CASE("another program's device is not among those that are deleted together") {
  World world;
  Stanza other =
      stanza_of("other", "manual",
                {{"v4tunnel-endpoint", "216.66.84.46"}, {"v4tunnel-local", "172.31.14.146"}});
  for (const Result& result : world.reconciler().up({{he()}, {other}})) REQUIRE_FALSE(result.error);
  // Somebody deletes it, and makes one of his own.
  world.kernel.devices.erase(world.kernel.device("other")->link.index);
  world.kernel.add("other");
  world.kernel.add("other2");
  const auto results = world.reconciler().down({departure(), {iface_named("other"), std::nullopt}});
  CHECK_FALSE(results[0].error);
  CHECK(results[1].error);
  CHECK(world.kernel.device("he") == nullptr);
  CHECK(world.kernel.device("other") != nullptr);
}
