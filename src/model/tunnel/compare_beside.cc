// SPDX-License-Identifier: GPL-2.0-or-later
// The objects of a tunnel beside its device: ports, next hops, rules, unreachable routes, filters;
// and the plan that takes all of a tunnel away.
#include <algorithm>

#include "model/tunnel/comparison.h"
#include "model/tunnel/firewall.h"

namespace situp {

/// Before the device, so that no packet finds it shut.
void Comparison::fou_port() {
  if (!wanted_.fou_port) return;
  if (live_.no_fou())
    throw Error(Exit::system, wanted_.kind().option("encap"),
                "the kernel's module fou is not loaded, and situp loads no modules but sit: "
                "modprobe fou, and for each boot: echo fou >/etc/modules-load.d/fou.conf");
  if (!live_.receives(*wanted_.fou_port)) add(AddFouPort{*wanted_.fou_port});
}

std::vector<FouPort> Comparison::stale_fou_ports() const {
  std::vector<FouPort> stale = owned_.fou_ports;
  // The same port of each address serves, too.
  std::erase_if(stale, [&](const FouPort& owned) {
    return wanted_.fou_port && owned.port == wanted_.fou_port->port &&
           (owned.local == wanted_.fou_port->local || owned.local == Ipv4{});
  });
  return stale;
}

/// The reason, for readers of the plan.
std::string Comparison::next_hop_reason() const {
  return "all packets of " + name_ + " go by " + wanted_.next_hop->gateway.str() +
         ": the kernel keeps one next hop for all of its destinations";
}

/// The rule first: the kernel allows it once, which reserves the numbers. Until the device has
/// the mark, no packet takes this way.
void Comparison::next_hop() {
  if (!wanted_.next_hop) return;
  const NextHop& hop = *wanted_.next_hop;
  if (!live_.has_rule4(hop)) add(AddRule{hop.preference, hop.mark, hop.table});
  const LiveRoute4* route = live_.default4(hop.table);
  const LiveLink* dev = route == nullptr ? nullptr : live_.link(route->index);
  if (dev == nullptr || dev->name != hop.dev.str() || route->gateway != hop.gateway)
    add(SetNextHop{hop.table, hop.gateway, hop.dev.str()});
  if (!plan_.operations.empty() && optional_part_of(plan_.operations.back()) == Part::next_hop)
    plan_.notes.push_back(next_hop_reason());
}

void Comparison::stale_next_hops() {
  for (const NextHop& old : owned_.next_hops)
    if (!wanted_.next_hop || !wanted_.next_hop->has_numbers_of(old))
      remove_next_hop(old, live_, plan_);
}

void Comparison::unreachable() {
  for (const Ipv6Net& prefix : wanted_.routed)
    if (!live_.has_unreachable(prefix)) add(AddUnreachable{prefix});
  remove_unreachable(without(owned_.routed, wanted_.routed), live_, plan_);
}

void Comparison::on_link_rules() {
  for (const OnLinkRule& rule : wanted_.on_link_rules)
    if (!live_.has_rule6(name_, rule)) add(AddOnLinkRule{name_, rule});
  remove_on_link_rules(without(owned_.on_link_rules, wanted_.on_link_rules), name_, live_, plan_);
}

void remove_next_hop(const NextHop& hop, const Live& live, Plan& plan) {
  if (live.has_rule4(hop))
    plan.operations.emplace_back(DeleteRule{hop.preference, hop.mark, hop.table});
  const LiveRoute4* route = live.default4(hop.table);
  const LiveLink* dev = route == nullptr ? nullptr : live.link(route->index);
  if (dev != nullptr)
    plan.operations.emplace_back(DeleteNextHop{hop.table, route->gateway, dev->name});
}

void remove_on_link_rules(const std::vector<OnLinkRule>& rules, const std::string& iface,
                          const Live& live, Plan& plan) {
  // A person's route inside the prefix is never without its rule.
  for (auto rule = rules.rbegin(); rule != rules.rend(); ++rule)
    if (live.has_rule6(iface, *rule)) plan.operations.emplace_back(DeleteOnLinkRule{iface, *rule});
}

void remove_unreachable(const std::vector<Ipv6Net>& prefixes, const Live& live, Plan& plan) {
  for (const Ipv6Net& prefix : prefixes)
    if (live.has_unreachable(prefix)) plan.operations.emplace_back(DeleteUnreachable{prefix});
}

void remove_fou_ports(const std::vector<FouPort>& ports, const std::string& iface,
                      const std::set<std::string>& gone, const Live& live, Plan& plan) {
  for (const FouPort& port : ports) {
    bool is_used = false;
    live.for_each_link([&](const LiveLink& link) {
      is_used |=
          link.sit && link.name != iface && gone.count(link.name) == 0 &&
          link.sit->encap.port == port.port &&
          (link.sit->local == port.local || link.sit->local == Ipv4{} || port.local == Ipv4{});
    });
    if (live.receives(port) && !is_used) plan.operations.emplace_back(DeleteFouPort{port});
  }
}

bool may_have_firewall(const Live& live, const std::string& iface) {
  return live.firewall(iface) != nullptr || live.firewalls_hidden();
}

Plan compare_down(const InterfaceName& iface, const Owned& owned, const Live& live, bool device,
                  bool firewall, const std::set<std::string>& gone) {
  Plan plan;
  for (const LanAddress& lan : owned.lan) {
    const LiveLink* link = live.link(lan.iface.str());
    if (link == nullptr) continue;
    for (const LiveAddress& address : live.addresses(link->index))
      if (address.net == lan.address)
        plan.operations.emplace_back(DeleteAddress{link->name, lan.address});
  }
  if (device && live.link(iface.str()) != nullptr)
    plan.operations.emplace_back(DeleteLink{iface.str()});
  for (const NextHop& hop : owned.next_hops) remove_next_hop(hop, live, plan);
  remove_on_link_rules(owned.on_link_rules, iface.str(), live, plan);
  remove_unreachable(owned.routed, live, plan);
  remove_fou_ports(owned.fou_ports, iface.str(), gone, live, plan);
  if (firewall && owned.firewall && may_have_firewall(live, iface.str()))
    plan.operations.emplace_back(RemoveFirewall{iface.str(), firewall_removal(iface.str(), live)});
  return plan;
}

}  // namespace situp
