// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/tunnel/on_link.h"

#include <doctest/doctest.h>

#include "model/tunnel/compare.h"
#include "unit/world.h"

using namespace situp;

namespace {

Ipv6Net net(const char* text) {
  return Ipv6Net::parse(text).value();
}

Tunnel tunnel(const std::vector<const char*>& addresses) {
  Tunnel tunnel;
  tunnel.iface = iface_named("he");
  tunnel.sit.remote = *Ipv4::parse("216.66.80.26");
  for (const char* address : addresses) tunnel.addresses.push_back({net(address), std::nullopt});
  return tunnel;
}

LiveRule6 rule_for_all(std::uint32_t preference, std::uint32_t table) {
  LiveRule6 rule;
  rule.preference = preference;
  rule.table = table;
  return rule;
}

/// The kernel's own two rules, and what else there is.
Live live(const std::vector<LiveRule6>& more = {}) {
  Live live;
  for (const LiveRule6& rule : FakeKernel::default_rules6()) live.add(rule);
  for (const LiveRule6& rule : more) live.add(rule);
  return live;
}

Lines rules(const Tunnel& tunnel, const Live& live, const Owned& had = {}) {
  Lines lines;
  for (const OnLinkRule& rule : choose_on_link_rules(tunnel, had, live))
    lines.push_back(as_ip_command(AddOnLinkRule{"he", rule}));
  return lines;
}

const Lines usual{
    "ip -6 rule add preference 32764 iif he to 2001:db8:1::/64 lookup main "
    "suppress_prefixlength 64",
    "ip -6 rule add preference 32765 iif he to 2001:db8:1::/64 unreachable",
    "ip -6 rule add preference 32765 iif he to fe80::/10 unreachable"};

}  // namespace

TEST_CASE("each on-link prefix has two rules, right before the one of the table main") {
  CHECK(rules(tunnel({"2001:db8:1::2/64"}), live()) == usual);
  // A /128 has no route to bounce by, but link-local addresses have.
  CHECK(rules(tunnel({"2001:db8:1::2/128", "fe80::7/64"}), live()) == Lines{usual[2]});
  // Two addresses of one prefix
  CHECK(rules(tunnel({"2001:db8:1::2/64", "2001:db8:1::3/64"}), live()) == usual);
  Tunnel isatap = tunnel({"2001:db8:1::2/64"});
  isatap.sit.kind = Kind::isatap;
  CHECK(rules(isatap, live()) == Lines{});
}

TEST_CASE("the rules of a prefix inside another one come first") {
  CHECK(rules(tunnel({"2001:db8:1::2/64", "2001:db8:1::f2/127"}), live()) ==
        Lines{"ip -6 rule add preference 32762 iif he to 2001:db8:1::f2/127 lookup main "
              "suppress_prefixlength 127",
              "ip -6 rule add preference 32763 iif he to 2001:db8:1::f2/127 unreachable", usual[0],
              usual[1], usual[2]});
}

TEST_CASE("the rules are behind that of the table local, and before all that lead to main") {
  // wg-quick's rule, without a preference of its own
  LiveRule6 vpn = rule_for_all(32764, main_table);
  vpn.suppressed = 0;
  CHECK(rules(tunnel({}), live({vpn})) ==
        Lines{"ip -6 rule add preference 32763 iif he to fe80::/10 unreachable"});
  // One that takes some packets only is before the tunnel's, or not, as its owner has it.
  LiveRule6 marked = rule_for_all(5210, main_table);
  marked.has_more = true;
  CHECK(rules(tunnel({}), live({marked})) == Lines{usual[2]});
  CHECK(rules(tunnel({}), live({rule_for_all(1, main_table)})) == Lines{});
  CHECK(rules(tunnel({"2001:db8:1::2/64"}), live({rule_for_all(2, main_table)})) == Lines{});
  CHECK(rules(tunnel({"2001:db8:1::2/64"}), live({rule_for_all(3, main_table)})).size() == 3);
  CHECK(rules(tunnel({}), live({rule_for_all(2, main_table)})) ==
        Lines{"ip -6 rule add preference 1 iif he to fe80::/10 unreachable"});
  CHECK(rules(tunnel({}), live({rule_for_all(0, main_table)})) == Lines{});
  CHECK(rules(tunnel({}), Live()) == Lines{});
  Live moved;  // the rule of the table local
  moved.add(rule_for_all(32766, main_table));
  CHECK(rules(tunnel({}), moved) == Lines{});
  moved.add(rule_for_all(32765, local_table));
  CHECK(rules(tunnel({}), moved) == Lines{});
}

TEST_CASE("rules that are right stay where they are") {
  Owned had;
  had.on_link_rules = {{700, net("2001:db8:1::/64"), true},
                       {701, net("2001:db8:1::/64"), false},
                       {701, net("fe80::/10"), false}};
  const Tunnel one = tunnel({"2001:db8:1::2/64"});
  CHECK(choose_on_link_rules(one, had, live()) == had.on_link_rules);
  // Those of a prefix don't tell where the last one is to be.
  Owned first;
  first.on_link_rules = {had.on_link_rules[0], had.on_link_rules[1]};
  CHECK(rules(one, live(), first) == usual);
  // Not behind the rule that leads to main.
  CHECK(choose_on_link_rules(one, had, live({rule_for_all(701, main_table)}))[0].preference == 699);
}

TEST_CASE("comparing rules and unreachable routes") {
  Tunnel wanted = tunnel({"2001:db8:1::2/64"});
  wanted.routed = {net("2001:db8:7::/48")};
  wanted.on_link_rules = choose_on_link_rules(wanted, {}, live());
  LiveLink link{9, "he", true, 1480, std::nullopt, 0, wanted.sit};
  Live now = live();
  now.add(link);
  now.add(9, LiveAddress{net("2001:db8:1::2/64")});
  const Owned owned = owned_by(wanted);
  CHECK(owned.on_link_rules.size() == 3);
  const Plan plan = compare(wanted, {}, now, {});
  CHECK(commands(plan) == Lines{"ip -6 route add unreachable 2001:db8:7::/48 metric 4294967295",
                                usual[0], usual[1], usual[2]});
  for (const Operation& operation : plan.operations) {
    const auto back = undo_of(operation, now);
    REQUIRE(back.size() == 1);
    std::string command = as_ip_command(operation);
    command.replace(command.find(" add "), 5, " delete ");
    CHECK(as_ip_command(back[0]) == command);
    REQUIRE(undo_of(back[0], now).size() == 1);
    CHECK(as_ip_command(undo_of(back[0], now)[0]) == as_ip_command(operation));
  }
  CHECK(optional_part_of(plan.operations[0]) == std::nullopt);
  CHECK(optional_part_of(plan.operations[1]) == Part::on_link_rules);
  CHECK(optional_part_of(DeleteOnLinkRule{}) == std::nullopt);

  now.add_unreachable(net("2001:db8:7::/48"));
  for (const OnLinkRule& rule : wanted.on_link_rules) {
    LiveRule6 one;
    one.preference = rule.preference;
    one.iif = "he";
    one.to = rule.to;
    one.unreachable = !rule.longer_routes;
    if (rule.longer_routes) one.table = main_table;
    if (rule.longer_routes) one.suppressed = 64;
    now.add(one);
  }
  CHECK(commands(compare(wanted, owned, now, {})) == Lines{});
  CHECK(on_link_rules_there(wanted, now) == owned.on_link_rules);
  Tunnel other = tunnel({"2001:db8:2::2/64"});
  CHECK(on_link_rules_there(other, now) == std::vector{owned.on_link_rules[2]});
  other.iface = iface_named("he2");
  CHECK(on_link_rules_there(other, now).empty());

  // The stanza has another address now, and another prefix is routed.
  Tunnel edited = tunnel({"2001:db8:2::2/64"});
  edited.on_link_rules = choose_on_link_rules(edited, owned, now);
  CHECK(commands(compare(edited, owned, now, {.inner = false})) ==
        Lines{"ip -6 route delete unreachable 2001:db8:7::/48 metric 4294967295",
              "ip -6 rule add preference 32764 iif he to 2001:db8:2::/64 lookup main "
              "suppress_prefixlength 64",
              "ip -6 rule add preference 32765 iif he to 2001:db8:2::/64 unreachable",
              "ip -6 rule delete preference 32765 iif he to 2001:db8:1::/64 unreachable",
              "ip -6 rule delete preference 32764 iif he to 2001:db8:1::/64 lookup main "
              "suppress_prefixlength 64"});
  CHECK(commands(compare_down(wanted.iface, owned, now, false, true)) ==
        Lines{"ip -6 rule delete preference 32765 iif he to fe80::/10 unreachable",
              "ip -6 rule delete preference 32765 iif he to 2001:db8:1::/64 unreachable",
              "ip -6 rule delete preference 32764 iif he to 2001:db8:1::/64 lookup main "
              "suppress_prefixlength 64",
              "ip -6 route delete unreachable 2001:db8:7::/48 metric 4294967295"});
}

TEST_CASE("a rule with other conditions is another one") {
  LiveRule6 rule;
  rule.preference = 5;
  rule.iif = "he";
  rule.to = net("2001:db8:1::/64");
  rule.table = main_table;
  rule.suppressed = 64;
  const OnLinkRule longer{5, net("2001:db8:1::/64"), true};
  CHECK(rule.is("he", longer));
  CHECK_FALSE(rule.is("he", {5, net("2001:db8:1::/64"), false}));
  CHECK_FALSE(rule.is("he2", longer));
  CHECK_FALSE(rule.is("he", {6, net("2001:db8:1::/64"), true}));
  CHECK_FALSE(rule.is("he", {5, net("2001:db8:2::/64"), true}));
  rule.has_more = true;
  CHECK_FALSE(rule.is("he", longer));
  rule.has_more = false;
  rule.suppressed.reset();
  CHECK_FALSE(rule.is("he", longer));
  rule.suppressed = 64;
  rule.table = 100;
  CHECK_FALSE(rule.is("he", longer));
  const OnLinkRule last{5, net("2001:db8:1::/64"), false};
  rule.table = 0;
  rule.unreachable = true;
  CHECK_FALSE(rule.is("he", last));
  rule.suppressed.reset();
  CHECK(rule.is("he", last));
  rule.unreachable = false;
  CHECK_FALSE(rule.is("he", last));
}
