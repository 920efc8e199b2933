// SPDX-License-Identifier: GPL-2.0-or-later
#include <doctest/doctest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "reconcile/lock.h"
#include "unit/world.h"

using namespace situp;

namespace {

const char* const primary = "metadata --endpoint http://169.254.169.254 --imds auto primary";

std::vector<Ipv4> list(const char* address) {
  return {*Ipv4::parse(address)};
}

Stanza he(const std::string& method = "manual") {
  return stanza_of("he", method,
                   {{"v4tunnel-endpoint", "tunnel.example"},
                    {"v4tunnel-local", "ec2 interface:eth0"},
                    {"address", "2001:db8:1::2/64"},
                    {"gateway", "2001:db8:1::1"},
                    {"v4tunnel-firewall", "off"}});
}

/// A tunnel that is up, and what a round of situpd makes of it.
struct Kept : World {
  explicit Kept(const Stanza& stanza = he(), const HostProgram& host = hosts::situp_up) {
    answers[primary] = list("172.31.14.146");
    answers["resolve tunnel.example"] = list("216.66.80.26");
    REQUIRE_FALSE(up(stanza, host).error);
    kernel.done.clear();
  }
  Repaired repair() { return reconciler().repair({{iface_named("he")}}).front(); }
};

std::string why(const Repaired& repaired) {
  return repaired.result.error ? repaired.result.error->what() : "no error";
}

}  // namespace

TEST_CASE("what is right is left as it is") {
  Kept kept;
  const std::string record = kept.file("he");
  const Repaired repaired = kept.repair();
  CHECK_FALSE(repaired.result.error);
  CHECK(repaired.result.iface == "he");
  CHECK(repaired.up);
  CHECK_FALSE(repaired.busy);
  CHECK_FALSE(repaired.question);
  CHECK_FALSE(repaired.not_renewed);
  CHECK(repaired.resolved.remote.str() == "216.66.80.26");
  CHECK(commands(repaired.result.plan) == Lines{});
  CHECK(kept.kernel.done == Lines{});
  CHECK(kept.file("he") == record);
}

TEST_CASE("what has gone is put back") {
  Kept kept;
  kept.kernel.device("he")->routes.clear();
  kept.kernel.device("he")->link.mtu = 1400;
  const Repaired repaired = kept.repair();
  CHECK_FALSE(repaired.result.error);
  CHECK(kept.kernel.done ==
        Lines{"ip link set dev he mtu 1480",
              "ip -6 route add default via 2001:db8:1::1 dev he metric 1024 onlink"});
  CHECK(kept.record("he")->state == Record::State::up);
  CHECK(kept.differences("he") == Lines{});
}

TEST_CASE("a new local address and a new endpoint are taken on") {
  Kept kept;
  kept.kernel.addresses4.push_back({*Ipv4::parse("172.31.14.150"), 2, true});
  kept.answers[primary] = list("172.31.14.150");
  kept.answers["resolve tunnel.example"] = list("216.66.80.99");
  const Repaired repaired = kept.repair();
  CHECK_FALSE(repaired.result.error);
  CHECK(repaired.resolved.local.str() == "172.31.14.150");
  CHECK(kept.record("he")->resolved.local.str() == "172.31.14.150");
  CHECK(kept.kernel.device("he")->link.sit->local.str() == "172.31.14.150");
  CHECK(kept.kernel.device("he")->link.sit->remote.str() == "216.66.80.99");
  // The link-local address is made of it.
  CHECK(kept.kernel.text().find("address he fe80::ac1f:e96/64") != std::string::npos);
  CHECK(kept.kernel.text().find("address he fe80::ac1f:e92/64") == std::string::npos);
  CHECK(kept.differences("he") == Lines{});
}

TEST_CASE("what DNS said before is kept where it says nothing now") {
  Kept kept;
  kept.answers["resolve tunnel.example"] = FailureAnswer{Failure::name_timeout, 0};
  const Repaired repaired = kept.repair();
  CHECK_FALSE(repaired.result.error);
  CHECK(repaired.not_renewed.value_or("").find("kept what DNS said before: tunnel.example: ") == 0);
  CHECK(repaired.resolved.remote.str() == "216.66.80.26");
  CHECK(kept.kernel.done == Lines{});
}

TEST_CASE("another source than the one that was meant is no reason to move") {
  Kept kept;
  kept.kernel.addresses4.insert(kept.kernel.addresses4.begin() + 1,
                                {*Ipv4::parse("172.31.14.200"), 2, true});
  kept.answers.erase(primary);
  const Repaired repaired = kept.repair();
  CHECK_FALSE(repaired.result.error);
  CHECK(repaired.not_renewed.value_or("").find("kept the local address 172.31.14.146: ec2: ") == 0);
  CHECK(repaired.resolved.local_source == "ec2");
  CHECK(kept.kernel.done == Lines{});
  // Unless nobody holds the old one any more.
  kept.kernel.addresses4.pop_back();
  const Repaired moved = kept.repair();
  CHECK_FALSE(moved.not_renewed);
  CHECK(moved.resolved.local.str() == "172.31.14.200");
  CHECK(moved.resolved.local_source == "interface:eth0");
}

TEST_CASE("what somebody has deleted, replaced or switched off is told, and not worked against") {
  Kept deleted;
  deleted.kernel.devices.erase(3);
  CHECK(why(deleted.repair()) == "he: somebody has deleted the device: situp up he makes it anew");
  CHECK(deleted.kernel.done == Lines{});

  Kept replaced(he("static"), hosts::ifupdown2);
  FakeKernel::Device device = *replaced.kernel.device("he");
  replaced.kernel.devices.erase(3);
  device.link.index = 7;
  replaced.kernel.devices[7] = device;
  CHECK(why(replaced.repair()) ==
        "he: somebody has put another device in the tunnel's place: ip link delete he, then ifdown "
        "and "
        "ifup he make it anew");

  Kept down;
  down.kernel.device("he")->link.up = false;
  CHECK(why(down.repair()) ==
        "he: somebody has set the device down: ip link set he up, or situp up he makes it anew");
  CHECK(down.kernel.done == Lines{});
}

TEST_CASE("a device is never made anew") {
  Kept kept;
  kept.kernel.device("he")->link.sit->has_other_sets = true;
  CHECK(why(kept.repair()).find("the kernel can't change that in place") != std::string::npos);
  CHECK(kept.kernel.done == Lines{});
  CHECK(kept.record("he")->state == Record::State::up);
}

TEST_CASE("what ifup's own method has made is kept, too") {
  Kept kept(he("static"), hosts::ifupdown);
  kept.kernel.device("he")->addresses.clear();
  kept.kernel.device("he")->routes.clear();
  kept.kernel.device("he")->link.mtu = 1400;
  CHECK_FALSE(kept.repair().result.error);
  CHECK(kept.kernel.done == Lines{"ip link set dev he mtu 1480",
                                  "ip address add fe80::ac1f:e92/64 dev he",
                                  "ip address add 2001:db8:1::2/64 dev he nodad",
                                  "ip -6 route add default via 2001:db8:1::1 dev he metric 1024 "
                                  "onlink"});
  Kept manual(he("manual"), hosts::ifupdown);
  manual.kernel.device("he")->routes.clear();
  CHECK_FALSE(manual.repair().result.error);
  CHECK(manual.kernel.done.size() == 1);
}

TEST_CASE("under the method auto, the addresses are not situpd's") {
  Kept kept(he("auto"), hosts::ifupdown);
  CHECK_FALSE(kept.repair().result.error);
  CHECK(kept.kernel.done == Lines{});
}

TEST_CASE("for a tunnel whose device is gone, no question is asked") {
  Kept kept;
  kept.kernel.devices.erase(3);
  Reconciler reconciler(
      kept.config, std::chrono::milliseconds(0), kept.kernel,
      [](const Question& question, Deadline) -> Answer { throw Unanswered{question}; },
      kept.folder.path());
  const Repaired repaired = reconciler.repair({{iface_named("he")}}).front();
  CHECK_FALSE(repaired.question);
  CHECK(why(repaired) == "he: somebody has deleted the device: situp up he makes it anew");
}

TEST_CASE("a device that somebody deletes while its address is waited for is not made anew") {
  Stanza stanza = he();
  stanza.options[1].value = "interface:eth0";
  Kept kept(stanza);
  const auto addresses = kept.kernel.addresses4;
  kept.kernel.addresses4.pop_back();
  kept.kernel.events = {[&] {
    kept.kernel.addresses4 = addresses;
    kept.kernel.devices.erase(3);
  }};
  const Repaired repaired =
      kept.reconciler(std::chrono::hours(1)).repair({{iface_named("he")}}).front();
  CHECK(why(repaired) == "he: somebody has deleted the device: situp up he makes it anew");
  CHECK(kept.kernel.done == Lines{});
}

TEST_CASE("a round tells whether it has asked for addresses anew") {
  Kept kept;
  for (const bool renew : {true, false}) {
    kept.asked.clear();
    const Repaired repaired = kept.reconciler().repair({{iface_named("he"), renew}}).front();
    CHECK(repaired.renewed == renew);
    CHECK(kept.asked.empty() != renew);
  }
}

TEST_CASE("each round of one reconciler begins with what the kernel holds then") {
  Kept kept;
  Reconciler reconciler = kept.reconciler();
  CHECK_FALSE(reconciler.repair({{iface_named("he")}}).front().result.error);
  kept.kernel.device("he")->link.mtu = 1400;
  CHECK_FALSE(reconciler.repair({{iface_named("he")}}).front().result.error);
  CHECK(kept.kernel.device("he")->link.mtu == 1480);
}

TEST_CASE("during a repair the record says that the tunnel is up, with all that it may have") {
  Kept kept;
  kept.kernel.addresses4.push_back({*Ipv4::parse("172.31.14.150"), 2, true});
  kept.answers[primary] = list("172.31.14.150");
  unsigned seen = 0;
  kept.kernel.before_each = [&](unsigned) {
    const auto record = kept.record("he");
    REQUIRE(record);
    CHECK(record->state == Record::State::up);
    CHECK(record->ifindex == 3);
    ++seen;
  };
  CHECK_FALSE(kept.repair().result.error);
  CHECK(seen > 2);
}

TEST_CASE("what is no more up, or has no record, is none of situpd's business") {
  Kept kept;
  Record record = *kept.record("he");
  record.state = Record::State::going_down;
  kept.records.write(record);
  kept.kernel.device("he")->routes.clear();
  CHECK_FALSE(kept.repair().up);
  kept.records.remove(iface_named("he"));
  const Repaired repaired = kept.repair();
  CHECK_FALSE(repaired.up);
  CHECK_FALSE(repaired.result.error);
  CHECK(kept.kernel.done == Lines{});
}

TEST_CASE("an interface on which somebody else works is left alone for now") {
  Kept kept;
  kept.kernel.device("he")->routes.clear();
  Locks theirs(kept.folder.path());
  REQUIRE(theirs.try_lock(iface_named("he")));
  const Repaired busy = kept.repair();
  CHECK(busy.busy);
  CHECK(kept.kernel.done == Lines{});
  theirs.unlock(iface_named("he"));
  Reconciler reconciler = kept.reconciler();
  CHECK_FALSE(reconciler.repair({{iface_named("he")}}).front().busy);
  CHECK(kept.kernel.done.size() == 1);
  // Its own lock it has given back.
  CHECK(theirs.try_lock(iface_named("he")));
}

TEST_CASE("a question that is yet to be answered is handed on, and the lock given back") {
  Kept kept;
  kept.kernel.device("he")->routes.clear();
  Reconciler reconciler(
      kept.config, std::chrono::milliseconds(0), kept.kernel,
      [](const Question& question, Deadline) -> Answer { throw Unanswered{question}; },
      kept.folder.path());
  const Repaired repaired = reconciler.repair({{iface_named("he")}}).front();
  REQUIRE(repaired.question);
  CHECK(std::holds_alternative<NameQuestion>(*repaired.question));
  CHECK_FALSE(repaired.result.error);
  CHECK(kept.kernel.done == Lines{});
  CHECK_FALSE(kept.repair().result.error);
}

TEST_CASE("what the kernel refuses is taken back, and the tunnel stays to be kept") {
  Kept kept;
  kept.kernel.device("he")->routes.clear();
  kept.kernel.device("he")->link.mtu = 1400;
  const std::string before = kept.kernel.text();
  const std::string record = kept.file("he");
  kept.kernel.refusals[2] = EINVAL;
  CHECK(why(kept.repair()).find("ip -6 route add default") == 0);
  CHECK(kept.kernel.text() == before);
  CHECK(kept.file("he") == record);
}

TEST_CASE("where the kernel can't be read after a repair, that is taken back") {
  Kept kept;
  kept.kernel.device("he")->routes.clear();
  const std::string before = kept.kernel.text();
  const std::string record = kept.file("he");
  kept.kernel.unseen.emplace(kept.kernel.snapshots + 2, Error(Exit::system, "netlink", "gone"));
  CHECK(why(kept.repair()) == "netlink: gone");
  CHECK(kept.kernel.text() == before);
  CHECK(kept.file("he") == record);
  CHECK_FALSE(kept.repair().result.error);
}

TEST_CASE("what the kernel takes and doesn't keep is told") {
  Kept kept;
  kept.kernel.device("he")->routes.clear();
  kept.kernel.forgotten = {1};
  CHECK(why(kept.repair()).find("the kernel took the change but didn't keep it") !=
        std::string::npos);
  CHECK(kept.record("he")->state == Record::State::up);
}

TEST_CASE("one that can't be repaired doesn't keep the others") {
  Kept kept;
  Stanza other = he();
  other.iface = other.logical = "b";
  other.options[0].value = "216.66.80.77";
  other.options[2].value = "2001:db8:5::2/64";
  other.options.erase(other.options.begin() + 3);
  REQUIRE_FALSE(kept.up(other).error);
  kept.kernel.done.clear();
  kept.kernel.devices.erase(3);
  kept.kernel.device("b")->link.mtu = 1300;
  const auto all =
      kept.reconciler().repair({{iface_named("he")}, {iface_named("b")}, {iface_named("c")}});
  REQUIRE(all.size() == 3);
  CHECK(all[0].result.error);
  CHECK_FALSE(all[1].result.error);
  CHECK(commands(all[1].result.plan) == Lines{"ip link set dev b mtu 1480"});
  CHECK_FALSE(all[2].up);
  CHECK(kept.kernel.done.size() == 1);
}

TEST_CASE("rules and unreachable routes that somebody has removed are put back") {
  Stanza stanza = he();
  stanza.options.push_back({"v4tunnel-routed", "2001:db8:7::/48", {}});
  Kept kept(stanza);
  CHECK(kept.record("he")->wants_daemon());
  // as networkd does with rules that it does not know
  kept.kernel.rules6 = FakeKernel::default_rules6();
  kept.kernel.unreachable.clear();
  CHECK(kept.differences("he").size() == 4);
  CHECK_FALSE(kept.repair().result.error);
  CHECK(kept.kernel.done ==
        Lines{"ip -6 route add unreachable 2001:db8:7::/48 metric 4294967295",
              "ip -6 rule add preference 32764 iif he to 2001:db8:1::/64 lookup main "
              "suppress_prefixlength 64",
              "ip -6 rule add preference 32765 iif he to 2001:db8:1::/64 unreachable",
              "ip -6 rule add preference 32765 iif he to fe80::/10 unreachable"});
  CHECK(kept.differences("he") == Lines{});
}

TEST_CASE("filters that another program has flushed are loaded again in one run of nft") {
  Kept kept;
  for (const std::string name : {"a", "b"})
    REQUIRE_FALSE(
        kept.up(stanza_of(name, "manual",
                          {{"v4tunnel-endpoint", name == "a" ? "216.66.80.1" : "216.66.80.2"},
                           {"v4tunnel-local", "172.31.14.146"},
                           {"v4tunnel-firewall", "stateful"}}))
            .error);
  const auto filters = kept.kernel.firewalls;
  REQUIRE(filters.size() == 2);
  const auto repair = [&kept] {
    kept.kernel.done.clear();
    for (const Repaired& one :
         kept.reconciler().repair({{iface_named("he")}, {iface_named("a")}, {iface_named("b")}}))
      CHECK(why(one) == "no error");
  };
  kept.kernel.firewalls.clear();
  repair();
  CHECK(kept.kernel.done == Lines{"nft -f - (a b in table ip6 situp)"});
  CHECK(kept.kernel.firewalls == filters);
  CHECK(kept.record("a")->state == Record::State::up);
  repair();
  CHECK(kept.kernel.done.empty());
  // The device of one is gone: only the other's comes back.
  kept.kernel.firewalls.clear();
  kept.kernel.devices.erase(kept.kernel.device("a")->link.index);
  kept.kernel.done.clear();
  kept.reconciler().repair({{iface_named("a")}, {iface_named("b")}});
  CHECK(kept.kernel.done == Lines{"nft -f - (b in table ip6 situp)"});
}

TEST_CASE("LAN addresses that another program has removed are put back") {
  Stanza stanza = he();
  stanza.options.push_back({"v4tunnel-lan", "eth0 2001:db8:2::1/64 docker0 2001:db8:3::1/64", {}});
  Kept kept(stanza);
  REQUIRE(kept.record("he")->owned.lan.size() == 1);
  CHECK(kept.repair().result.plan.warnings.size() == 1);
  kept.kernel.add("docker0");
  CHECK(commands(kept.repair().result.plan) ==
        Lines{"ip address add 2001:db8:3::1/64 dev docker0"});
  CHECK(kept.record("he")->owned.lan.size() == 2);
  // as networkd does when it configures eth0, and Docker when it makes its bridge anew
  kept.kernel.device("eth0")->addresses.clear();
  kept.kernel.devices.erase(kept.kernel.device("docker0")->link.index);
  kept.kernel.add("docker0");
  CHECK(commands(kept.repair().result.plan) ==
        Lines{"ip address add 2001:db8:2::1/64 dev eth0",
              "ip address add 2001:db8:3::1/64 dev docker0"});
  CHECK(kept.differences("he") == Lines{});
  // One that another program has put there meanwhile is that program's.
  kept.kernel.devices.erase(kept.kernel.device("docker0")->link.index);
  CHECK_FALSE(kept.repair().result.error);
  kept.kernel.add("docker0").addresses.push_back({*Ipv6Net::parse("2001:db8:3::1/64")});
  CHECK(commands(kept.repair().result.plan) == Lines{});
  kept.down("he");
  CHECK(kept.kernel.device("docker0")->addresses.size() == 1);
}

TEST_CASE("a next hop whose rule another program removes at once is not given up") {
  const Stanza isatap =
      stanza_of("isatap0", "manual",
                {{"isatap-prefix", "2001:db8:3::/64"}, {"isatap-local", "172.31.14.146"}});
  World world;
  world.config.next_hop.policy = NextHopPolicy::gateway;
  world.kernel.routes4.push_back({main_table, {}, 0, *Ipv4::parse("172.31.0.1"), 2, 0});
  world.kernel.routes4.push_back({main_table, *Ipv4::parse("172.31.0.0"), 20, {}, 2, 0});
  const auto repair = [&] { return world.reconciler().repair({{iface_named("isatap0")}}).front(); };
  REQUIRE_FALSE(world.up(isatap).error);
  REQUIRE(world.kernel.rules4.size() == 1);
  const auto rule = world.kernel.rules4.front();
  // as networkd does, in the middle of a repair
  const LiveRule4 theirs{rule.preference, 900, 5, 0xffffffff, true};
  world.kernel.rules4 = {theirs};
  world.kernel.done.clear();
  world.kernel.forgotten = {1};
  CHECK_FALSE(repair().result.error);
  CHECK(world.kernel.done == Lines{"ip rule add preference 41 fwmark 0x736974 lookup 7563636"});
  CHECK_FALSE(world.record("isatap0")->no_next_hop);
  CHECK(world.record("isatap0")->owned.next_hops.size() == 1);
  CHECK(world.kernel.device("isatap0")->link.sit->mark == rule.mark);
  world.kernel.forgotten.clear();
  CHECK(repair().result.plan.operations.size() == 1);
  CHECK(world.differences("isatap0") == Lines{});
  // Nor is one whose gateway is away for a moment: situpd would hear of its return no more.
  const auto routes = world.kernel.routes4;
  world.kernel.routes4.clear();
  CHECK_FALSE(repair().result.error);
  CHECK(world.record("isatap0")->owned.next_hops.empty());
  CHECK(world.record("isatap0")->wants_daemon());
  world.kernel.routes4 = routes;
  CHECK_FALSE(repair().result.error);
  CHECK(world.record("isatap0")->owned.next_hops.size() == 1);
  // A kernel that keeps the rule without its mark has no such rules.
  world.kernel.rules4.clear();
  world.kernel.before_each = [&](unsigned) {
    for (LiveRule4& kept : world.kernel.rules4) kept.by_mark_only = false;
  };
  world.kernel.device("isatap0")->link.mtu = 1400;
  CHECK_FALSE(repair().result.error);
  CHECK(world.record("isatap0")->no_next_hop);
}
