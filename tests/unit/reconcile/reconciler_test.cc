// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconcile/reconciler.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include "reconcile/standing.h"
#include "unit/world.h"

using namespace situp;

namespace {

const Words he_options{{"v4tunnel-endpoint", "216.66.80.26"},
                       {"v4tunnel-local", "172.31.14.146"},
                       {"v4tunnel-ttl", "64"},
                       {"address", "2001:db8:1::2/64"},
                       {"gateway", "2001:db8:1::1"},
                       {"v4tunnel-lan", "eth0 2001:db8:2::1/64"},
                       {"v4tunnel-firewall", "off"}};

Stanza he(const std::string& iface = "he", const std::string& endpoint = "216.66.80.26") {
  Stanza stanza = stanza_of(iface, "manual", he_options);
  stanza.options[0].value = endpoint;
  return stanza;
}

/// Another value of one option, or one more.
Stanza with(Stanza stanza, const std::string& name, const std::string& value) {
  for (Option& option : stanza.options)
    if (option.name == name) {
      option.value = value;
      return stanza;
    }
  stanza.options.push_back({name, value, {}});
  return stanza;
}

Stanza without(Stanza stanza, const std::string& name) {
  std::vector<Option> options;
  for (const Option& option : stanza.options)
    if (option.name != name) options.push_back(option);
  stanza.options = options;
  return stanza;
}

bool exists(const std::string& path) {
  struct stat about {};
  return stat(path.c_str(), &about) == 0;
}

std::string why(const Result& result) {
  return result.error ? result.error->what() : "no error";
}

}  // namespace

TEST_CASE("up makes what the stanza says, and notes it") {
  World world;
  const Result result = world.up(he());
  REQUIRE_FALSE(result.error);
  CHECK(result.iface == "he");
  CHECK(world.kernel.done == commands(result.plan));
  CHECK(world.kernel.done.size() == 8);
  CHECK(world.kernel.text() ==
        "link lo 1 up mtu 65536\n"
        "link eth0 2 up mtu 9001 mac 02:00:00:00:00:02\n"
        "sit he 3 up mtu 1480 local 172.31.14.146 remote 216.66.80.26 ttl 64\n"
        "address4 lo 127.0.0.1 link\n"
        "address4 eth0 172.31.14.146\n"
        "rule6 32764 iif he to 2001:db8:1::/64 table 254 suppress 64\n"
        "rule6 32765 iif he to 2001:db8:1::/64 unreachable\n"
        "rule6 32765 iif he to fe80::/10 unreachable\n"
        "address eth0 2001:db8:2::1/64\n"
        "address he 2001:db8:1::2/64 nodad\n"
        "address he fe80::ac1f:e92/64\n"
        "route he metric 1024 via 2001:db8:1::1\n"
        "way any 172.31.14.146 eth0\n");
  const auto record = world.record("he");
  REQUIRE(record);
  CHECK(record->state == Record::State::up);
  CHECK(record->ifindex == 3);
  CHECK(record->resolved.local.str() == "172.31.14.146");
  CHECK(record->resolved.remote.str() == "216.66.80.26");
  CHECK(record->resolved.local_source == "172.31.14.146");
  CHECK_FALSE(record->by_ifup);
  CHECK_FALSE(record->no_auto_down);
  CHECK(record->upkeep);  // for the rules
  CHECK(record->owned.lan.size() == 1);
  CHECK(record->owned.addresses.size() == 2);
  CHECK(record->owned.routes.size() == 1);
  CHECK(record->owned.on_link_rules.size() == 3);
  CHECK(exists(world.folder.path() + "/.upkeep/he"));
  CHECK(world.differences("he") == Lines{});
}

TEST_CASE("a tunnel that something can change is noted for situpd") {
  World world;
  world.answers["metadata --endpoint http://169.254.169.254 --imds auto primary"] =
      std::vector<Ipv4>{*Ipv4::parse("172.31.14.146")};
  REQUIRE_FALSE(world.up(with(he(), "v4tunnel-local", "ec2")).error);
  CHECK(world.record("he")->upkeep);
  CHECK(world.record("he")->resolved.local_source == "ec2");
  CHECK(exists(world.folder.path() + "/.upkeep/he"));
  // And no more, once nothing can: it has no routes or LAN addresses, and this kernel has no rules.
  world.down("he");
  world.kernel.before_each = [&world](unsigned number) {
    if (world.kernel.done.back().find("rule add") != std::string::npos)
      world.kernel.refusals[number] = EOPNOTSUPP;
  };
  const Stanza bare = without(without(he(), "gateway"), "v4tunnel-lan");
  REQUIRE_FALSE(world.up(bare).error);
  CHECK_FALSE(exists(world.folder.path() + "/.upkeep/he"));
  CHECK_FALSE(world.record("he")->upkeep);
  // Other programs remove each of these.
  for (const auto& option : Words{{"gateway", "2001:db8:1::1"},
                                  {"v4tunnel-route", "default table 7"},
                                  {"v4tunnel-routed", "2001:db8:7::/48"},
                                  {"v4tunnel-lan", "eth0 2001:db8:2::1/64"}}) {
    CAPTURE(option.first);
    world.down("he");
    REQUIRE_FALSE(world.up(with(bare, option.first, option.second)).error);
    CHECK(world.record("he")->upkeep);
  }
}

TEST_CASE("up where all is right does nothing, not even to the record") {
  World world;
  REQUIRE_FALSE(world.up(he()).error);
  const std::string record = world.file("he");
  struct stat before {};
  REQUIRE(stat((world.folder.path() + "/he").c_str(), &before) == 0);
  world.kernel.done.clear();
  world.kernel.snapshots = 0;
  const Result again = world.up(he());
  CHECK_FALSE(again.error);
  CHECK(world.kernel.done == Lines{});
  CHECK(world.kernel.snapshots == 1);
  CHECK(world.file("he") == record);
  struct stat after {};
  REQUIRE(stat((world.folder.path() + "/he").c_str(), &after) == 0);
  CHECK(before.st_ino == after.st_ino);
}

TEST_CASE("up notes what has changed in the stanza only") {
  World world;
  REQUIRE_FALSE(world.up(he()).error);
  world.kernel.done.clear();
  Job job{he()};
  job.no_auto_down = true;
  REQUIRE_FALSE(world.reconciler().up({job}).front().error);
  CHECK(world.kernel.done == Lines{});
  CHECK(world.record("he")->no_auto_down);
  // What is no more ifup's stays so, and what ifup has brought up is ifup's.
  REQUIRE_FALSE(world.up(he(), hosts::ifupdown2).error);
  CHECK(world.record("he")->by_ifup);
  REQUIRE_FALSE(world.up(he()).error);
  CHECK(world.record("he")->by_ifup);
}

TEST_CASE("up changes what differs, and removes what the stanza doesn't say any more") {
  World world;
  REQUIRE_FALSE(world.up(he()).error);
  world.kernel.done.clear();
  Stanza other = with(with(he(), "address", "2001:db8:1::3/64"), "v4tunnel-ttl", "255");
  other = with(without(other, "gateway"), "v4tunnel-lan", "eth0 2001:db8:3::1/64");
  REQUIRE_FALSE(world.up(other).error);
  CHECK(world.kernel.done ==
        Lines{"ip link set dev he mtu 1480 type sit remote 216.66.80.26 local 172.31.14.146 ttl "
              "255 tos 0 pmtudisc",
              "ip address add 2001:db8:1::3/64 dev he nodad",
              "ip address delete 2001:db8:1::2/64 dev he",
              "ip -6 route delete default via 2001:db8:1::1 dev he metric 1024",
              "ip address delete 2001:db8:2::1/64 dev eth0",
              "ip address add 2001:db8:3::1/64 dev eth0"});
  CHECK(world.differences("he") == Lines{});
}

TEST_CASE("while up changes a tunnel, the record has what it had and what it will have") {
  World world;
  const Stanza old =
      with(with(he(), "v4tunnel-routed", "2001:db8:7::/48"), "preferred-lifetime", "300");
  REQUIRE_FALSE(world.up(old).error);
  Stanza stanza = with(with(he(), "address", "2001:db8:5::2/64"), "gateway", "2001:db8:5::1");
  stanza = with(with(stanza, "v4tunnel-lan", "eth0 2001:db8:6::1/64"), "preferred-lifetime", "600");
  stanza = with(stanza, "v4tunnel-routed", "2001:db8:8::/48");
  unsigned seen = 0;
  world.kernel.before_each = [&](unsigned) {
    const auto record = world.record("he");
    REQUIRE(record);
    CHECK(record->state == Record::State::intent);
    CHECK(record->ifindex == 3);
    CHECK(record->owned.addresses.size() == 3);  // with the link-local one
    CHECK(record->owned.routes.size() == 2);
    CHECK(record->owned.lan.size() == 2);
    CHECK(record->owned.on_link_rules.size() == 5);
    CHECK(record->owned.routed.size() == 2);
    // Which of the two it has is not known.
    CHECK_FALSE(record->owned.preferred_lifetime);
    ++seen;
  };
  REQUIRE_FALSE(world.up(stanza).error);
  CHECK(seen > 5);
  CHECK(world.record("he")->owned.routed.size() == 1);
  CHECK(world.record("he")->owned.preferred_lifetime == 600U);
}

TEST_CASE("a route goes from a table that only the record names") {
  World world;
  const Stanza bare = without(without(he(), "gateway"), "v4tunnel-lan");
  REQUIRE_FALSE(world.up(with(bare, "v4tunnel-route", "default table 100")).error);
  REQUIRE(world.kernel.device("he")->routes.size() == 1);
  REQUIRE_FALSE(world.up(bare).error);
  CHECK(world.kernel.device("he")->routes.empty());
}

TEST_CASE("a device that isn't situp's is left alone") {
  World world;
  world.kernel.add("he");
  const std::string before = world.kernel.text();
  const Result result = world.up(he());
  CHECK(why(result).find("he: a device of this name is there and is not situp's") == 0);
  CHECK(result.error->status() == Exit::system);
  CHECK(world.kernel.text() == before);
  CHECK_FALSE(world.record("he"));
  CHECK(world.kernel.done == Lines{});
}

TEST_CASE("without a record, a device with the stanza's ends is taken over with all that it has") {
  World world;
  REQUIRE_FALSE(world.up(he()).error);
  world.records.remove(iface_named("he"));
  world.kernel.done.clear();
  REQUIRE_FALSE(world.up(he()).error);
  CHECK(world.kernel.done == Lines{});
  CHECK(world.record("he")->owned.lan.size() == 1);
  REQUIRE_FALSE(world.down("he").error);
  CHECK(world.kernel.text().find("2001:db8:2::1") == std::string::npos);
}

TEST_CASE("of several tunnels, one that fails doesn't keep the others") {
  World world;
  const std::vector<Result> results = world.reconciler().up(
      {Job{he("b", "216.66.80.26")}, Job{with(he("c"), "v4tunnel-local", "interface:eth7")},
       Job{with(without(without(he("a", "216.66.80.27"), "gateway"), "v4tunnel-lan"), "address",
                "2001:db8:9::2/64")}});
  REQUIRE(results.size() == 3);
  CHECK(results[0].iface == "b");
  CHECK_FALSE(results[0].error);
  CHECK(why(results[1]).find("interface:eth7: there is no interface of this name") == 0);
  CHECK(results[1].error->status() == Exit::no_answer);
  CHECK(results[2].iface == "a");
  CHECK_FALSE(results[2].error);
  CHECK(world.kernel.device("a") != nullptr);
  CHECK(world.kernel.device("b") != nullptr);
  CHECK(world.kernel.device("c") == nullptr);
  CHECK_FALSE(world.record("c"));
  // Once before the first change and once after the last.
  CHECK(world.kernel.snapshots == 3);
}

TEST_CASE(
    "a stanza that is wrong, and a broker that nobody knows, are told before anything is done") {
  World world;
  CHECK(why(world.up(with(he(), "v4tunnel-ttl", "300"))).find("v4tunnel-ttl: ") == 0);
  const Result result = world.up(with(he(), "v4tunnel-broker", "nobody 7"));
  CHECK(result.error->status() == Exit::configuration);
  CHECK(world.kernel.done == Lines{});
  CHECK(world.kernel.snapshots == 0);
}

TEST_CASE("what the kernel refuses is told, and all is taken back") {
  World world;
  const std::string before = world.kernel.text();
  world.kernel.refusals[4] = EINVAL;
  const Result result = world.up(he());
  CHECK(why(result).find("ip -6 route add default via 2001:db8:1::1 dev he metric 1024 onlink: ") ==
        0);
  CHECK(result.error->status() == Exit::system);
  CHECK(why(result).find("could not be put back") == std::string::npos);
  CHECK(world.kernel.text() == before);
  CHECK_FALSE(world.record("he"));
  CHECK_FALSE(exists(world.folder.path() + "/he"));
}

TEST_CASE("without the privilege, that is what is told") {
  World world;
  world.kernel.refusals[1] = EPERM;
  CHECK(world.up(he()).error->status() == Exit::not_permitted);
}

TEST_CASE("what can't be put back is named, and the record stays as a beginning") {
  World world;
  world.kernel.refusals[3] = EINVAL;  // the address
  world.kernel.refusals[5] = EBUSY;   // and taking the device away again
  const Result result = world.up(he());
  CHECK(why(result).find("; could not be put back: ip link delete dev he") != std::string::npos);
  const auto record = world.record("he");
  REQUIRE(record);
  CHECK(record->state == Record::State::intent);
  // By which the next run knows what is there.
  world.kernel.refusals.clear();
  REQUIRE_FALSE(world.up(he()).error);
  CHECK(world.differences("he") == Lines{});
  CHECK(world.record("he")->state == Record::State::up);
}

TEST_CASE("an operation of which nobody knows whether it was carried out is taken back, too") {
  for (const bool carried_out : {false, true}) {
    World world;
    const std::string before = world.kernel.text();
    auto& errors = carried_out ? world.kernel.errors_after : world.kernel.errors;
    errors.emplace(5, Error(Exit::system, "the kernel's netlink", "no buffer space"));
    const Result result = world.up(he());
    CHECK(why(result) == "the kernel's netlink: no buffer space");
    CHECK(world.kernel.text() == before);
    CHECK_FALSE(world.record("he"));
  }
}

TEST_CASE("what the kernel takes without doing it shows when it is read back") {
  for (const unsigned number : {2U, 3U, 4U, 5U}) {
    World world;
    CAPTURE(number);
    const std::string before = world.kernel.text();
    world.kernel.forgotten = {number};
    const Result result = world.up(he());
    if (number == 2) {
      // The device isn't up, and so takes no route.
      CHECK(why(result).find("Nexthop device is not up") != std::string::npos);
    } else {
      CHECK(why(result).find("the kernel took the change but didn't keep it: look at "
                             "net.ipv6.conf.he.disable_ipv6") != std::string::npos);
    }
    CHECK(world.kernel.text() == before);
    CHECK_FALSE(world.record("he"));
  }
}

TEST_CASE("a device that takes the name, or the ends, at the last moment is named") {
  World world;
  world.kernel.before_each = [&world](unsigned number) {
    if (number == 1) world.kernel.add("he");
  };
  CHECK(why(world.up(he())) ==
        "he: a device of this name appeared just now, and it is not situp's: ip link delete he, or "
        "give the tunnel another name");
  CHECK(world.kernel.device("he") != nullptr);

  World other;
  other.kernel.before_each = [&other](unsigned number) {
    Sit sit;
    sit.local = *Ipv4::parse("172.31.14.146");
    sit.remote = *Ipv4::parse("216.66.80.26");
    if (number == 1) other.kernel.add_sit("theirs", sit);
  };
  CHECK(why(other.up(he()))
            .find("theirs: this device already has the tunnel's ends (172.31.14.146 "
                  "to 216.66.80.26)") == 0);
  CHECK(other.kernel.device("theirs") != nullptr);
}

TEST_CASE("a stranger's device that takes the name while ours is made anew keeps what it has") {
  World world;
  REQUIRE_FALSE(world.up(he()).error);
  world.kernel.device("he")->link.sit->has_other_sets = true;
  world.kernel.before_each = [&world](unsigned number) {
    if (number == 10) world.kernel.add("he");
  };
  const Result result = world.up(he());
  REQUIRE(result.error);
  CHECK(why(result).find("could not be put back: ip link add name he index 3") !=
        std::string::npos);
  CHECK(world.kernel.device("he")->addresses.empty());
  CHECK(world.kernel.device("he")->routes.empty());
}

TEST_CASE("a route of the same metric in the way is told") {
  World world;
  world.kernel.device("eth0")->routes.push_back(
      {{*Ipv6::parse("fe80::9"), 1024, {}, main_table}, false});
  const std::string before = world.kernel.text();
  const Result result = world.up(without(he(), "v4tunnel-lan"));
  CHECK(world.kernel.only.front() == std::set<std::string>{"he"});
  // By the name of its interface, though that was not read at first.
  CHECK(why(result).find("ip -6 route add default via 2001:db8:1::1 dev he metric 1024 onlink: "
                         "another default route has this metric already (default via fe80::9 dev "
                         "eth0 metric 1024)") == 0);
  CHECK(world.kernel.text() == before);
  CHECK_FALSE(world.record("he"));
  CHECK(world.kernel.only.back().empty());
}

TEST_CASE("the plan for one tunnel needs no other tunnels, nor does its end") {
  using Names = std::set<std::string>;
  const auto read_by = [](const Stanza& stanza) {
    World world;
    REQUIRE_FALSE(world.up(stanza).error);
    return world.kernel.only;
  };
  CHECK(read_by(he()) == std::vector<Names>{{"eth0", "he"}, {"eth0", "he"}});
  CHECK(read_by(with(without(he(), "v4tunnel-lan"), "v4tunnel-local", "interface:eth0")) ==
        std::vector<Names>{{"eth0", "he"}, {"eth0", "he"}});
  // These depend on the routes or the MTU of other interfaces, or on their devices.
  for (const auto& option : Words{{"v4tunnel-route", "default metric 7"},
                                  {"v4tunnel-routed", "2001:db8:3::/48"},
                                  {"v4tunnel-dev", "eth0"},
                                  {"v4tunnel-mtu", "auto"}}) {
    CAPTURE(option.first);
    const auto read = read_by(with(without(he(), "gateway"), option.first, option.second));
    CHECK(std::all_of(read.begin(), read.end(), [](const Names& names) { return names.empty(); }));
  }

  World world;
  REQUIRE_FALSE(world.up(he()).error);
  world.kernel.only.clear();
  // Another stanza of the same tunnel: the record names its LAN interface.
  REQUIRE_FALSE(world.up(without(he(), "v4tunnel-lan")).error);
  CHECK(world.kernel.only.front() == Names{"eth0", "he"});
  CHECK(world.kernel.device("eth0")->addresses.empty());
  world.kernel.only.clear();
  CHECK_FALSE(world.down("he").error);
  CHECK(world.kernel.only == std::vector<Names>{{"he"}});
}

TEST_CASE("the filter is there before the device, and stays as long as it") {
  World world;
  const Stanza stanza = with(he(), "v4tunnel-firewall", "stateful");
  REQUIRE_FALSE(world.up(stanza).error);
  CHECK(world.kernel.done.front() == "nft -f - (he in table ip6 situp)");
  REQUIRE(world.kernel.firewalls.count("he") == 1);
  CHECK(world.record("he")->owned.firewall.has_value());
  // Somebody has changed it: loaded anew.
  world.kernel.firewalls["he"] += "# theirs\n";
  world.kernel.done.clear();
  REQUIRE_FALSE(world.up(stanza).error);
  CHECK(world.kernel.done == Lines{"nft -f - (he in table ip6 situp)"});
  CHECK(world.kernel.firewalls["he"].find("theirs") == std::string::npos);
  // Not wanted any more: removed, last of all.
  world.kernel.done.clear();
  REQUIRE_FALSE(world.up(with(he(), "v4tunnel-ttl", "9")).error);
  REQUIRE(world.kernel.done.size() == 2);
  CHECK(world.kernel.done.back() == "nft -f - (he out of table ip6 situp)");
  CHECK(world.kernel.firewalls.empty());
  CHECK_FALSE(world.record("he")->owned.firewall.has_value());
}

TEST_CASE("the filters of several tunnels are loaded in one run of nft, with their records first") {
  World world;
  Stanza a = with(he("a", "216.66.80.1"), "v4tunnel-firewall", "stateful");
  Stanza b = with(he("b", "216.66.80.2"), "v4tunnel-mss", "clamp");
  Stanza c = he("c", "216.66.80.3");
  unsigned records = 0;
  for (Stanza* stanza : {&a, &b, &c})
    *stanza = without(without(*stanza, "gateway"), "v4tunnel-lan");
  a.options[3].value = "2001:db8:1::2/64";
  b.options[3].value = "2001:db8:7::2/64";
  c.options[3].value = "2001:db8:8::2/64";
  world.kernel.before_each = [&](unsigned number) {
    if (number == 1) records = world.record("a") && world.record("b") ? 2 : 0;
  };
  const auto all = world.reconciler().up({Job{a}, Job{b}, Job{c}});
  for (const Result& result : all) CHECK(why(result) == "no error");
  CHECK(records == 2);
  CHECK(world.kernel.done.front() == "nft -f - (a b in table ip6 situp)");
  CHECK(std::count_if(world.kernel.done.begin(), world.kernel.done.end(),
                      [](const std::string& line) { return line.find("nft") == 0; }) == 1);
  CHECK(world.kernel.firewalls.count("a") == 1);
  CHECK(world.kernel.firewalls.count("b") == 1);
  CHECK(world.reconciler().up({Job{a}, Job{b}, Job{c}})[0].plan.operations.empty());
}

TEST_CASE("where nft refuses one of several filters, only its tunnel fails, for its own reason") {
  World world;
  Stanza a = with(he("a", "216.66.80.1"), "v4tunnel-firewall", "stateful");
  Stanza b = with(he("b", "216.66.80.2"), "v4tunnel-firewall", "stateful");
  for (Stanza* stanza : {&a, &b}) *stanza = without(without(*stanza, "gateway"), "v4tunnel-lan");
  b.options[3].value = "2001:db8:7::2/64";
  world.kernel.refused_firewalls = {"a"};
  auto all = world.reconciler().up({Job{a}, Job{b}});
  CHECK(why(all[0]) == "nft -f - (a in table ip6 situp): nft can't do it");
  CHECK(why(all[1]) == "no error");
  CHECK_FALSE(world.record("a"));
  CHECK(world.kernel.firewalls.count("a") == 0);
  CHECK(world.kernel.firewalls.count("b") == 1);
  // One that fails afterwards takes its own filter back, and no other.
  World other;
  other.kernel.refusals[2] = EINVAL;
  all = other.reconciler().up({Job{a}, Job{b}});
  CHECK(all[0].error);
  CHECK_FALSE(all[1].error);
  CHECK(other.kernel.firewalls.count("a") == 0);
  CHECK(other.kernel.firewalls.count("b") == 1);
}

TEST_CASE("the clamp stays where the firewall goes, and goes with its own option") {
  World world;
  REQUIRE_FALSE(world.up(with(he(), "v4tunnel-firewall", "stateful")).error);
  world.kernel.done.clear();
  const Stanza clamp = with(he(), "v4tunnel-mss", "clamp");
  REQUIRE_FALSE(world.up(clamp).error);
  CHECK(world.kernel.done == Lines{"nft -f - (he in table ip6 situp)"});
  CHECK(world.kernel.firewalls["he"].find("to_host") == std::string::npos);
  CHECK(world.kernel.firewalls["he"].find("clamp-he") != std::string::npos);
  REQUIRE_FALSE(world.up(clamp).error);
  CHECK(world.kernel.done.size() == 1);
  REQUIRE_FALSE(world.up(he()).error);
  CHECK(world.kernel.firewalls.empty());
  REQUIRE_FALSE(world.up(clamp).error);
  REQUIRE_FALSE(world.down("he").error);
  CHECK(world.kernel.firewalls.empty());
}

TEST_CASE("a filter that was there before comes back as it was, when up fails") {
  World world;
  REQUIRE_FALSE(world.up(with(he(), "v4tunnel-firewall", "stateful")).error);
  world.kernel.firewalls["he"] += "# theirs\n";
  const std::string before = world.kernel.text();
  world.kernel.done.clear();
  world.kernel.refusals[2] = EINVAL;
  Stanza stanza = with(with(he(), "v4tunnel-firewall", "stateful"), "v4tunnel-ttl", "9");
  CHECK(world.up(stanza).error);
  CHECK(world.kernel.text() == before);
  CHECK(world.kernel.done.size() == 3);
}

TEST_CASE("where the kernel can't be read after the changes, each tunnel is undone by itself") {
  World world;
  Stanza there = he("c", "216.66.80.77");
  there.options[3].value = "2001:db8:7::2/64";
  there = without(without(there, "gateway"), "v4tunnel-lan");
  REQUIRE_FALSE(world.up(there).error);
  const std::string before = world.kernel.text();
  const std::string record = world.file("c");
  Stanza other = he("b", "216.66.80.78");
  other.options[3].value = "2001:db8:8::2/64";
  other = without(without(other, "gateway"), "v4tunnel-lan");
  world.kernel.unseen.emplace(world.kernel.snapshots + 2,
                              Error(Exit::system, "netlink", "no buffer space available"));
  const auto results = world.reconciler().up({Job{he()}, Job{there}, Job{other}});
  REQUIRE(results.size() == 3);
  CHECK(why(results[0]) == "netlink: no buffer space available");
  CHECK_FALSE(results[1].error);
  CHECK(why(results[2]) == "netlink: no buffer space available");
  CHECK(world.kernel.text() == before);
  CHECK_FALSE(world.record("he"));
  CHECK_FALSE(world.record("b"));
  CHECK(world.file("c") == record);
}

TEST_CASE("a record keeps no option of other programs") {
  World world;
  Stanza stanza = with(he(), "up", "vpn --password geheim");
  stanza.options.push_back({"wireless-key", "geheim", {}});
  stanza.options.push_back({"accept_ra", "0", {}});
  REQUIRE_FALSE(world.up(stanza, hosts::ifupdown).error);
  CHECK(world.file("he").find("geheim") == std::string::npos);
  CHECK(world.file("he").find("option accept_ra 0\n") != std::string::npos);
  CHECK(edits_since(*world.record("he"), stanza).empty());
  // Nor does one that an earlier version has written, once something is done.
  Record old = *world.record("he");
  old.stanza = stanza;
  world.records.write(old);
  REQUIRE(world.file("he").find("geheim") != std::string::npos);
  CHECK_FALSE(world.reconciler().repair({{iface_named("he")}}).front().result.error);
  CHECK(world.file("he").find("geheim") == std::string::npos);
}

TEST_CASE("a stanza of a megabyte changes nothing") {
  World world;
  Stanza stanza = he();
  const std::string before = world.kernel.text();
  for (int i = 0; i < 40000; ++i)
    stanza.options.push_back(
        {"v4tunnel-route", "2001:db8::/64 metric " + std::to_string(i + 1), {}});
  CHECK(world.up(stanza).error);
  CHECK(world.kernel.text() == before);
  CHECK_FALSE(world.record("he"));
}

TEST_CASE("under ifup a leftover is made anew; under its method's own hook afterwards it is not") {
  World world;
  REQUIRE_FALSE(world.up(he(), hosts::ifupdown).error);
  CHECK(world.record("he")->by_ifup);
  world.kernel.done.clear();
  const Result again = world.up(he(), hosts::ifupdown);
  REQUIRE_FALSE(again.error);
  REQUIRE(world.kernel.done.size() > 2);
  CHECK(world.kernel.done.front() == "ip link delete dev he");
  CHECK(world.differences("he") == Lines{});
  world.kernel.done.clear();
  Job job{he(), &hosts::ifupdown};
  job.after_method = true;
  REQUIRE_FALSE(world.reconciler().up({job}).front().error);
  CHECK(world.kernel.done == Lines{});
}

TEST_CASE("under a method that makes addresses itself, ifup's are left to it") {
  World world;
  Stanza stanza = he();
  stanza.method = "static";
  REQUIRE_FALSE(world.up(stanza, hosts::ifupdown).error);
  CHECK(world.kernel.text().find("2001:db8:1::2") == std::string::npos);
  CHECK(world.kernel.text().find("address eth0 2001:db8:2::1/64") != std::string::npos);
}

TEST_CASE("plan tells what up would do, and does nothing") {
  World world;
  const std::string before = world.kernel.text();
  const Result planned = world.reconciler().plan_up({Job{he()}}).front();
  CHECK_FALSE(planned.error);
  CHECK(world.kernel.text() == before);
  CHECK(world.kernel.done == Lines{});
  CHECK_FALSE(exists(world.folder.path() + "/.lock"));
  CHECK_FALSE(world.record("he"));
  const Result done = world.up(he());
  CHECK(commands(planned.plan) == commands(done.plan));
}

TEST_CASE("plan of several tunnels reads the tables and filters of all of them") {
  World world;
  const Stanza first = without(without(he("a", "216.66.80.27"), "gateway"), "v4tunnel-lan");
  Stanza second = without(without(he("b"), "gateway"), "v4tunnel-lan");
  second = with(second, "v4tunnel-route", "default from 2001:db8:1::/64 table 100");
  second = with(second, "v4tunnel-firewall", "stateful");
  for (const Result& result : world.reconciler().up({Job{first}, Job{second}}))
    REQUIRE_FALSE(result.error);
  for (const Result& result : world.reconciler().plan_up({Job{first}, Job{second}})) {
    CHECK_FALSE(result.error);
    CHECK(commands(result.plan) == Lines{});
  }
}

TEST_CASE("one reconciler does one thing after another") {
  World world;
  Reconciler reconciler = world.reconciler();
  REQUIRE_FALSE(reconciler.up({Job{he()}}).front().error);
  // What it knew of the kernel before is not what the kernel holds now.
  const Result again = reconciler.up({Job{with(he(), "v4tunnel-ttl", "9")}}).front();
  CHECK_FALSE(again.error);
  CHECK(commands(again.plan).size() == 1);
  REQUIRE_FALSE(reconciler.down({{iface_named("he"), std::nullopt}}).front().error);
  REQUIRE_FALSE(reconciler.up({Job{he()}}).front().error);
  CHECK(world.differences("he") == Lines{});
}

TEST_CASE("one reconciler sees what other tunnels have withdrawn since its last run") {
  World world;
  const auto bare = [](const char* iface, const char* endpoint) {
    return without(without(he(iface, endpoint), "gateway"), "v4tunnel-lan");
  };
  REQUIRE_FALSE(world.up(with(bare("a", "216.66.80.27"), "address", "2001:db8:9::2/64")).error);
  const Job job{with(bare("b", "216.66.80.26"), "v4tunnel-route", "default")};
  Reconciler reconciler = world.reconciler();
  REQUIRE_FALSE(reconciler.up({job}).front().error);
  CHECK_FALSE(world.kernel.device("b")->routes.front().route.from);
  Record record = *world.record("a");
  record.withdrawn = {DefaultRoute{}};
  world.records.write(record);
  REQUIRE_FALSE(reconciler.up({job}).front().error);
  CHECK(world.kernel.device("b")->routes.front().route.from);
  // Nor is the kernel's state of the last run that of the next plan.
  CHECK(reconciler.plan_up({job}).front().plan.operations.empty());
  world.kernel.device("b")->link.mtu = 1300;
  CHECK(reconciler.plan_up({job}).front().plan.operations.size() == 1);
}

TEST_CASE("the questions of all tunnels of a run are asked at once") {
  World world;
  unsigned batches = 0;
  const auto one = [&](const Question& question, Deadline) { return world.answer(question); };
  const auto several = [&](const std::vector<Question>& questions, Deadline) {
    ++batches;
    std::vector<Answer> answers;
    for (const Question& question : questions) answers.push_back(world.answer(question));
    return answers;
  };
  std::vector<Job> jobs;
  for (const std::string name : {"a", "b"}) {
    const std::string host = name + ".example";
    world.answers["resolve " + host] =
        std::vector<Ipv4>{*Ipv4::parse(name == "a" ? "216.66.80.1" : "216.66.80.2")};
    jobs.push_back({stanza_of(name, "manual",
                              {{"v4tunnel-endpoint", host}, {"v4tunnel-local", "172.31.14.146"}})});
  }
  for (const bool really : {false, true}) {
    Reconciler reconciler(world.config, std::chrono::milliseconds(0), world.kernel,
                          Asker(one, several), world.folder.path());
    for (const Result& result : really ? reconciler.up(jobs) : reconciler.plan_up(jobs))
      CHECK_FALSE(result.error);
  }
  CHECK(batches == 2);
}

TEST_CASE("plan says what up writes into the record without a command") {
  World world;
  REQUIRE_FALSE(world.up(he()).error);
  const auto notes = [&](const Stanza& stanza) {
    const Result planned = world.reconciler().plan_up({Job{stanza}}).front();
    REQUIRE_FALSE(planned.error);
    return Lines(planned.plan.notes.begin(), planned.plan.notes.end());
  };
  CHECK(notes(he()) == Lines{});
  Record record = *world.record("he");
  record.state = Record::State::intent;
  world.records.write(record);
  CHECK(notes(he()) == Lines{"up completes the record, which is unfinished"});
  CHECK(notes(with(he(), "v4tunnel-ttl", "9")) == Lines{});
  world.records.remove(iface_named("he"));
  CHECK(notes(he()) == Lines{"up writes a record, which is missing"});
  CHECK(notes(with(he(), "v4tunnel-ttl", "9")) == Lines{});
}

TEST_CASE("of ifup's routes by the gateway, the plain one in main has the metric") {
  World world;
  Stanza stanza = he();
  stanza.method = "static";
  REQUIRE_FALSE(world.up(stanza, hosts::ifupdown).error);
  auto& routes = world.kernel.device("he")->routes;
  const Ipv6 gateway = *Ipv6::parse("2001:db8:1::1");
  world.kernel.device("he")->addresses.push_back({*Ipv6Net::parse("2001:db8:1::2/64")});
  routes = {{{gateway, 7, Ipv6Net::parse("2001:db8:1::/64")}, false},
            {{gateway, 9, {}, 100}, false},
            {{gateway, 1}, false},
            {{*Ipv6::parse("2001:db8:1::9"), 11}, false}};
  CHECK(world.differences("he") == Lines{});
  routes.erase(routes.begin() + 2);
  CHECK(world.differences("he") ==
        Lines{"ip -6 route add default via 2001:db8:1::1 dev he metric 1024 onlink"});
}

TEST_CASE("of several tunnels, the devices are made first") {
  World world;
  const Stanza other = without(without(he("other", "216.66.84.46"), "gateway"), "v4tunnel-lan");
  for (const Result& result : world.reconciler().up({{he()}, {other}})) CHECK_FALSE(result.error);
  std::size_t last_device = 0, first_address = 0;
  for (std::size_t i = 0; i < world.kernel.done.size(); ++i) {
    const std::string& command = world.kernel.done[i];
    if (command.find(" up") != std::string::npos) last_device = i;
    if (command.rfind("ip address add", 0) == 0 && first_address == 0) first_address = i;
  }
  CHECK(last_device == 3);
  CHECK(first_address == 4);
  CHECK(world.differences("he") == Lines{});
  CHECK(world.differences("other") == Lines{});
}

TEST_CASE("whichever operation of two tunnels is refused, the other one is as its stanza says") {
  const Stanza other = without(without(he("other", "216.66.84.46"), "gateway"), "v4tunnel-lan");
  const std::string before = World().kernel.text();
  for (unsigned number = 1;; ++number) {
    CAPTURE(number);
    World world;
    world.kernel.refusals[number] = ENOMEM;
    const auto results = world.reconciler().up({{he()}, {other}});
    if (world.kernel.done.size() < number) break;
    CAPTURE(world.kernel.done);
    // The rules for unused addresses are optional.
    const bool is_rule = world.kernel.done[number - 1].find("rule add") != std::string::npos;
    CHECK((results[0].error ? 1 : 0) + (results[1].error ? 1 : 0) == (is_rule ? 0 : 1));
    for (const Result& result : results) {
      CAPTURE(result.iface);
      if (result.error) {
        CHECK(world.kernel.device(result.iface) == nullptr);
        CHECK_FALSE(world.record(result.iface));
        world.down(result.iface == "he" ? "other" : "he");
        CHECK(world.kernel.text() == before);
      } else {
        CHECK(world.differences(result.iface) == Lines{});
      }
    }
  }
}
