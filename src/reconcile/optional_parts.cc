// SPDX-License-Identifier: GPL-2.0-or-later
// The parts without which a tunnel works, only not as well: a kernel, or another process, may
// refuse them.
#include <algorithm>

#include "base/log.h"
#include "reconcile/next_hop_wanted.h"
#include "reconcile/work.h"

namespace situp {
namespace {

// How often numbers for a next hop are looked for, where other processes take them.
constexpr int most_tries = 5;

/// What is said of a part that was given up.
struct PartText {
  const char* lack;      // what the tunnel lacks without it
  const char* taken;     // another process has taken it each time
  const char* not_kept;  // the kernel has taken it and not kept it
};

const PartText& text_of(Part part) {
  static constexpr PartText next_hop{
      " has the kernel's one next hop for all destinations, so that neighbours in other subnets "
      "may be out of reach: ",
      "no mark was free, however often situp looked",
      "this kernel keeps no mark, or no rule for it"};
  static constexpr PartText on_link_rules{
      " sends packets for unused addresses of its own prefixes back into the tunnel while this "
      "host forwards: ",
      "another process changes the same rules, however often situp looked",
      "this kernel keeps no such rules"};
  return part == Part::next_hop ? next_hop : on_link_rules;
}

// The kernel has made the rule without some of its conditions. A rule that is missing was removed
// by another program: systemd-networkd removes foreign rules when it configures an interface.

bool is_kept_otherwise(const NextHop& hop, const Live& now) {
  const auto is_it = [&](const LiveRule4& known) {
    return known.preference == hop.preference && known.table == hop.table;
  };
  return !now.has_rule4(hop) && std::any_of(now.rules4().begin(), now.rules4().end(), is_it);
}

bool is_kept_otherwise(const OnLinkRule& rule, const std::string& iface, const Live& now) {
  const auto is_it = [&](const LiveRule6& known) {
    return known.preference == rule.preference && known.to == rule.to;
  };
  const auto& rules = now.rules6(iface);
  return !now.has_rule6(iface, rule) && std::any_of(rules.begin(), rules.end(), is_it);
}

/// The operations for ports of FOU.
std::vector<Operation> fou_ports_in(const Plan& plan) {
  std::vector<Operation> found;
  for (const Operation& operation : plan.operations)
    if (std::holds_alternative<AddFouPort>(operation) ||
        std::holds_alternative<DeleteFouPort>(operation))
      found.push_back(operation);
  return found;
}

/// The part of the tunnel that the kernel does not hold as situp made it: mark and rule of the next
/// hop, or a rule for packets out of the tunnel.
std::optional<Part> missing_part(const Tunnel& tunnel, const Live& now) {
  const std::string iface = tunnel.iface.str();
  const LiveLink* link = now.link(iface);
  if (const auto& hop = tunnel.next_hop)
    if (link == nullptr || !link->sit || link->sit->mark != hop->mark ||
        is_kept_otherwise(*hop, now))
      return Part::next_hop;
  for (const OnLinkRule& rule : tunnel.on_link_rules)
    if (is_kept_otherwise(rule, iface, now)) return Part::on_link_rules;
  return std::nullopt;
}

}  // namespace

void Reconciler::choose_parts_for(Work& work, const Live& live) {
  std::optional<NextHop>& hop = work.tunnel->next_hop;
  if (hop) marks_.erase(hop->mark);
  hop.reset();
  // A part that this kernel lacks, it lacks until the next boot.
  work.record.no_next_hop =
      work.refused.count(Part::next_hop) != 0 || (work.before && work.before->no_next_hop);
  work.record.no_on_link_rules = work.refused.count(Part::on_link_rules) != 0 ||
                                 (work.before && work.before->no_on_link_rules);
  const bool wants_hop =
      !work.record.no_next_hop && wants_next_hop(config_, *work.spec, work.resolved, kernel_);
  if (wants_hop) hop = choose_next_hop(*work.tunnel, config_.next_hop, work.had, live, marks_);
  auto& rules = work.tunnel->on_link_rules;
  rules.clear();
  if (!work.record.no_on_link_rules) rules = choose_on_link_rules(*work.tunnel, work.had, live);
  // Other programs remove rules, routes and LAN addresses. While there is no gateway, or no place
  // for the rules, situpd waits for it.
  const Tunnel& tunnel = *work.tunnel;
  const bool wants_rules = tunnel.kind().has_endpoint && !work.record.no_on_link_rules;
  work.record.upkeep = needs_upkeep(*work.spec) || wants_hop || wants_rules ||
                       !tunnel.routed.empty() || tunnel.route || !tunnel.routes.empty() ||
                       !tunnel.lan.empty() || tunnel.fou_port;
}

/// Where the kernel refuses an optional part, the tunnel comes up without it; where another process
/// was quicker, with other numbers.
void Reconciler::apply(Work& work, const Live& live, Phase phase) {
  const Live* seen = work.later.empty() ? &live : &work.later.back();
  for (int tries = 0; const auto part = apply_plan(work, *seen, phase); ++tries) {
    if (tries >= most_tries) work.refused.try_emplace(*part, text_of(*part).taken);
    // Until the next try, give_up() puts back the record by the transaction, which is undone.
    seen = &work.later.emplace_back(kernel_.snapshot(extent_));
    compare_with(*seen, work);
  }
  if (phase == Phase::devices) return;
  for (const auto& [part, why] : work.refused) say_refused(work, part);
}

void Reconciler::say_refused(Work& work, Part part) {
  const std::string line = work.result.iface + text_of(part).lack + work.refused[part];
  log_notice(line);
  work.result.plan.notes.push_back(line);
}

/// The kernel took an optional part and didn't keep all of it: all of it goes.
void Reconciler::without(Work& work, Part part, const Live& now) {
  work.refused[part] = text_of(part).not_kept;
  choose_parts_for(work, now);
  Scope scope = work.scope;
  scope.anew = false;
  const Plan back = compare(*work.tunnel, work.record.owned, now, scope);
  if (!work.transaction) work.transaction.emplace(kernel_, now);
  work.transaction->apply(back.operations);
  say_refused(work, part);
  if (part == Part::next_hop) work.record.owned.next_hops.clear();
  if (part == Part::on_link_rules) work.record.owned.on_link_rules.clear();
  work.later.push_back(kernel_.snapshot(extent_));
}

/// Compares once more: finds operations that the kernel accepted but did not carry out.
void Reconciler::read_back(Work& work, const Live& now) {
  Scope scope = work.scope;
  scope.anew = false;
  scope.coming.reset();
  note_firewall(*work.tunnel, now, work.record.owned);
  // situpd puts back rules, and the route of a next hop, that another program has removed
  // meanwhile.
  const auto left_in = [&](const Live& live) {
    Plan left = compare(*work.tunnel, work.record.owned, live, scope);
    const auto is_put_back = [](const Operation& operation) {
      return std::holds_alternative<AddOnLinkRule>(operation) ||
             std::holds_alternative<AddRule>(operation) ||
             std::holds_alternative<SetNextHop>(operation);
    };
    if (!missing_part(*work.tunnel, live)) std::erase_if(left.operations, is_put_back);
    return left;
  };
  Plan left = left_in(now);
  const Live* seen = &now;
  if (const auto ports = fou_ports_in(left); !ports.empty()) {
    // Tunnels of one run, or of two, share a port: meanwhile another one has closed it, or left it.
    if (!work.transaction) work.transaction.emplace(kernel_, now);
    work.transaction->apply(ports);
    seen = &work.later.emplace_back(kernel_.snapshot(extent_));
    left = left_in(*seen);
  }
  while (!left.operations.empty()) {
    const auto part = missing_part(*work.tunnel, *seen);
    if (!part) break;
    without(work, *part, *seen);
    seen = &work.later.back();
    left = left_in(*seen);
  }
  if (left.operations.empty()) return;
  throw not_kept(left.operations[0], work.result.iface);
}

}  // namespace situp
