// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconcile/reconciler.h"

#include <algorithm>
#include <functional>
#include <type_traits>

#include "base/log.h"
#include "model/tunnel/choose_routes.h"
#include "model/tunnel/firewall.h"
#include "reconcile/next_hop_wanted.h"
#include "reconcile/ownership.h"
#include "reconcile/standing.h"
#include "reconcile/work.h"

namespace situp {
namespace {

template <typename T>
void add_missing(std::vector<T>& list, const std::vector<T>& more) {
  for (const T& item : more)
    if (std::find(list.begin(), list.end(), item) == list.end()) list.push_back(item);
}

bool same_text(const std::optional<Record>& a, const Record& b) {
  return a && write_record(*a, "") == write_record(b, "");
}

constexpr const char* record_anew =
    "up writes the record anew: the one that is there can't be understood";

// How often numbers for a next hop are looked for, where other processes take them.
constexpr int most_tries = 5;

/// What a tunnel lacks without the part.
std::string lack_of(Part part) {
  switch (part) {
    case Part::next_hop:
      return " has the kernel's one next hop for all destinations, so that neighbours in other "
             "subnets may be out of reach: ";
    case Part::on_link_rules:
      break;
  }
  return " sends packets for unused addresses of its own prefixes back into the tunnel while this "
         "host forwards: ";
}

/// Why a part was given up that another process has taken each time.
std::string why_taken(Part part) {
  return part == Part::next_hop ? "no mark was free, however often situp looked"
                                : "another process changes the same rules, however often situp "
                                  "looked";
}

/// Why a part was given up that the kernel has taken and not kept.
std::string why_not_kept(Part part) {
  return part == Part::next_hop ? "this kernel keeps no mark, or no rule for it"
                                : "this kernel keeps no such rules";
}

/// The kernel has made the rule without some of its conditions. A rule that is missing was removed
/// by another program: systemd-networkd removes foreign rules when it starts.
bool is_kept_otherwise(const OnLinkRule& rule, const std::string& iface, const Live& now) {
  const auto is_it = [&](const LiveRule6& known) {
    return known.iif == iface && known.preference == rule.preference && known.to == rule.to;
  };
  return !now.has_rule6(iface, rule) &&
         std::any_of(now.rules6().begin(), now.rules6().end(), is_it);
}

/// The part of the tunnel that the kernel does not hold: mark and rule of the next hop (routes come
/// and go with their interface), or a rule for packets out of the tunnel.
std::optional<Part> missing_part(const Tunnel& tunnel, const Live& now) {
  const std::string iface = tunnel.iface.str();
  const LiveLink* link = now.link(iface);
  if (const auto& hop = tunnel.next_hop)
    if (link == nullptr || !link->sit || link->sit->mark != hop->mark || !now.has_rule4(*hop))
      return Part::next_hop;
  for (const OnLinkRule& rule : tunnel.on_link_rules)
    if (is_kept_otherwise(rule, iface, now)) return Part::on_link_rules;
  return std::nullopt;
}

Scope scope_for(const Job& job, const TunnelSpec& spec) {
  if (job.after_method) return {.inner = false, .recreate = false, .anew = false};
  if (!job.host->runs_methods || job.host->repeats_hooks) return {};
  // situp first removes the leftovers of a failed run: ifupdown's own `ip addr add`, and the
  // commands of `up` lines, would fail if the address or route exists already.
  return {.inner = spec.manual, .recreate = true, .anew = true, .coming = coming_route(job, spec)};
}

}  // namespace

std::optional<DefaultRoute> coming_route(const Job& job, const TunnelSpec& spec) {
  // ifupdown's method auto makes none; with these options, ifupdown-ng's is in another table.
  const auto leads_elsewhere = [](const Option& option) {
    return option.name == "vrf-member" || option.name == "vrf-table";
  };
  const auto& options = job.stanza.options;
  if (spec.manual || !spec.gateway || job.stanza.method == "auto" ||
      std::any_of(options.begin(), options.end(), leads_elsewhere))
    return std::nullopt;
  return DefaultRoute{
      *spec.gateway, spec.metric.value_or(job.host->default_metric), {}, main_table};
}

void widen(Extent& extent, const TunnelSpec& spec) {
  for (const DefaultRoute& route : spec.routes)
    if (route.table != main_table) extent.tables.insert(route.table);
  if (spec.firewall == Firewall::stateful) extent.firewalls.insert(spec.iface.str());
  extent.next_hops |= !spec.kind().has_endpoint;
  extent.rules6 |= spec.kind().has_endpoint;
}

void widen(Extent& extent, const std::optional<Record>& record) {
  if (!record) return;
  for (const DefaultRoute& route : record->owned.routes)
    if (route.table != main_table) extent.tables.insert(route.table);
  if (record->owned.firewall) extent.firewalls.insert(record->stanza.iface);
  extent.next_hops |= !record->owned.next_hops.empty();
  extent.rules6 |= !record->owned.on_link_rules.empty();
}

Error not_kept(const Operation& operation, const std::string& iface) {
  return {Exit::system, in_brief(operation),
          "the kernel took the change but didn't keep it: look at net.ipv6.conf." + iface +
              ".disable_ipv6, and for another program that manages the interface"};
}

SharedSnapshot::SharedSnapshot(Kernel& kernel, const Extent& extent) {
  try {
    live_ = kernel.snapshot(extent);
  } catch (const Error& error) {
    unseen_ = error;
  }
}

const Live& SharedSnapshot::live() const {
  if (unseen_) throw Error(*unseen_);
  return live_;
}

const Live& SharedSnapshot::live(bool changed, const Live& before) const {
  return unseen_ && !changed ? before : live();
}

/// A situp holds a lock at most as long as sources may take, plus some requests to the kernel.
Deadline Reconciler::lock_deadline() const {
  return Deadline::in(std::max(config_.timeout, config_.boot_wait) + std::chrono::seconds(60));
}

Resolver& Reconciler::resolver() {
  if (!resolver_) resolver_.emplace(kernel_, extent_, config_, wait_, asker_);
  return *resolver_;
}

/// The kernel may have changed since the snapshot of an earlier run.
void Reconciler::take_snapshot() {
  if (resolver_) resolver_->take_snapshot();
}

/// Understands the stanza, and holds off every other run for its interface.
void Reconciler::take(Work& work, bool lock) {
  work.spec = understand(work.job->stanza, *work.job->host);
  work.scope = scope_for(*work.job, *work.spec);
  if (work.spec->broker) static_cast<void>(config_.broker(work.spec->broker->name));
  if (lock) locks_.lock(work.spec->iface, lock_deadline());
  if (const auto elsewhere = records_.elsewhere(work.spec->iface)) throw Error(*elsewhere);
  work.before = records_.read(work.spec->iface);
  work.has_bad_record = !work.before && records_.trouble(work.spec->iface);
  widen(extent_, *work.spec);
  widen(extent_, work.before);
}

void Reconciler::resolve(Work& work) {
  // A tunnel that is up stays as it is when DNS is away.
  const bool repairs = work.meanwhile == Record::State::up;
  work.resolved =
      resolver().resolve(*work.spec, repairs ? &work.before->resolved : nullptr, &work.not_renewed);
  take_resolved(work);
}

void Reconciler::take_resolved(Work& work) {
  work.tunnel = make_tunnel(*work.spec, work.resolved);
  work.record.stanza = own_part(work.job->stanza);
  work.record.resolved = work.resolved;
  work.record.by_ifup = work.job->host->runs_methods || (work.before && work.before->by_ifup);
  work.record.no_auto_down = work.job->no_auto_down;
  work.record.upkeep = needs_upkeep(*work.spec);
}

void Reconciler::compare_with(const Live& live, Work& work) {
  const LiveLink* link = live.link(work.result.iface);
  if (link != nullptr && !is_ours(*link, work.before, ends_of(*work.tunnel), live))
    throw foreign(*link);
  work.record.ifindex = link == nullptr ? 0 : link->index;
  work.tunnel->route = gateway_route(*work.spec);
  choose_routes(*work.spec, live, withdrawn_elsewhere(records_, *work.spec, live), *work.tunnel);
  work.had = owned_before(work.before, *work.tunnel, link != nullptr, live);
  if (const auto adopted = work.before || link == nullptr ? std::nullopt : next_hop_on(*link, live))
    work.had.next_hops.push_back(*adopted);
  if (work.before) accept_metric_of_host(*work.before, *work.spec, live, *work.tunnel, work.had);
  work.record.withdrawn.clear();
  if (work.withdraws) work.record.withdrawn = withdraw_routes(*work.spec, *work.tunnel);
  choose_parts_for(work, live);
  work.result.plan = compare(*work.tunnel, work.had, live, work.scope);
  work.result.plan.opens = link == nullptr && is_open(*work.spec);
  note_record(work, link != nullptr);
}

/// Notes the changes of `up` that need no request to the kernel.
void Reconciler::note_record(Work& work, bool has_device) const {
  Plan& plan = work.result.plan;
  if (work.has_bad_record) plan.notes.emplace_back(record_anew);
  if (work.job->host->runs_methods || work.own_job || !has_device) return;
  const bool takes_commands = !plan.operations.empty();
  if (takes_commands && work.before && !work.before->withdrawn.empty())
    plan.notes.push_back("situpd has withdrawn the default route until the far end answers, and " +
                         std::string("does so again if it stays silent"));
  if (!work.before || work.before->state != Record::State::up) {
    if (!takes_commands && work.before)
      plan.notes.emplace_back("up completes the record, which is unfinished");
    else if (!takes_commands && !work.has_bad_record)
      plan.notes.emplace_back("up writes a record, which is missing");
    return;
  }
  std::string names;
  try {
    for (const std::string& name : edits_since(*work.before, work.job->stanza))
      if (const OptionRow* row = find_option(name);
          !takes_commands || (row != nullptr && row->is_situpd_s))
        names += (names.empty() ? "" : ", ") + name;
  } catch (const Error&) {
    plan.notes.emplace_back(record_anew);
  }
  if (!names.empty())
    plan.notes.push_back("up records this change, which takes no command: " + names);
}

void Reconciler::choose_parts_for(Work& work, const Live& live) {
  std::optional<NextHop>& hop = work.tunnel->next_hop;
  if (hop) marks_.erase(hop->mark);
  hop.reset();
  // A part that this kernel lacks, it lacks until the next boot.
  work.record.no_next_hop =
      work.refused.count(Part::next_hop) != 0 || (work.before && work.before->no_next_hop);
  work.record.no_on_link_rules = work.refused.count(Part::on_link_rules) != 0 ||
                                 (work.before && work.before->no_on_link_rules);
  if (!work.record.no_next_hop && wants_next_hop(config_, *work.spec, work.resolved))
    hop = choose_next_hop(*work.tunnel, config_.next_hop, work.had, live, marks_);
  auto& rules = work.tunnel->on_link_rules;
  rules.clear();
  if (!work.record.no_on_link_rules) rules = choose_on_link_rules(*work.tunnel, work.had, live);
  // Gateway, rules and unreachable routes are not situp's alone.
  work.record.upkeep =
      needs_upkeep(*work.spec) || hop || !rules.empty() || !work.tunnel->routed.empty();
}

/// Where the kernel refuses an optional part, the tunnel comes up without it; where another process
/// was quicker, with other numbers.
void Reconciler::apply(Work& work, const Live& live) {
  const Live* seen = &live;
  for (int tries = 0; const auto part = apply_plan(work, *seen); ++tries) {
    if (tries >= most_tries) work.refused.try_emplace(*part, why_taken(*part));
    // Until the next try, give_up() puts back the record by the transaction, which is undone.
    seen = &work.later.emplace_back(kernel_.snapshot(extent_));
    compare_with(*seen, work);
  }
  for (const auto& [part, why] : work.refused) say_refused(work, part);
}

void Reconciler::say_refused(Work& work, Part part) {
  const std::string line = work.result.iface + lack_of(part) + work.refused[part];
  log_notice(line);
  work.result.plan.notes.push_back(line);
}

/// The optional part that was refused, if nothing else was; all is undone then.
std::optional<Part> Reconciler::apply_plan(Work& work, const Live& live) {
  if (work.result.plan.operations.empty()) return std::nullopt;
  work.record.state = work.meanwhile;
  // Until all is done, the old objects and the new ones may both exist.
  work.record.owned = work.had;
  work.record.owned.preferred_lifetime = std::nullopt;
  const Owned coming = owned_by(*work.tunnel);
  add_missing(work.record.owned.addresses, coming.addresses);
  add_missing(work.record.owned.routes, coming.routes);
  add_missing(work.record.owned.lan, work.result.plan.lan_owned);
  if (coming.firewall) work.record.owned.firewall = coming.firewall;
  add_missing(work.record.owned.next_hops, coming.next_hops);
  add_missing(work.record.owned.on_link_rules, coming.on_link_rules);
  add_missing(work.record.owned.routed, coming.routed);
  // Until they are back, withdrawn routes are to be put back, also after a crash.
  Record meanwhile = work.record;
  if (work.before) add_missing(meanwhile.withdrawn, work.before->withdrawn);
  records_.write(meanwhile);
  work.transaction.emplace(kernel_, live);
  try {
    work.transaction->apply(work.result.plan.operations);
  } catch (const PartRefused& refused) {
    if (work.transaction->lost_something()) throw Error(refused);
    if (!refused.taken()) work.refused[refused.part()] = refused.what();
    return refused.part();
  }
  return std::nullopt;
}

/// The kernel took an optional part and didn't keep all of it: all of it goes.
void Reconciler::without(Work& work, Part part, const Live& now) {
  work.refused[part] = why_not_kept(part);
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
  // situpd puts back rules that another program has removed meanwhile.
  const auto left_in = [&](const Live& live) {
    Plan left = compare(*work.tunnel, work.record.owned, live, scope);
    const auto is_rule = [](const Operation& operation) {
      return std::holds_alternative<AddOnLinkRule>(operation);
    };
    if (!missing_part(*work.tunnel, live))
      left.operations.erase(std::remove_if(left.operations.begin(), left.operations.end(), is_rule),
                            left.operations.end());
    return left;
  };
  Plan left = left_in(now);
  const Live* seen = &now;
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

void Reconciler::finish(Work& work, const Live& now) {
  const LiveLink* link = now.link(work.result.iface);
  work.record.ifindex = link == nullptr ? 0 : link->index;
  work.record.state = Record::State::up;
  work.record.owned = owned_by(*work.tunnel);
  work.record.owned.lan = work.result.plan.lan_owned;
  note_firewall(*work.tunnel, now, work.record.owned);
  // If an operation was executed, the file says `intent` now.
  if (work.transaction || !same_text(work.before, work.record)) records_.write(work.record);
}

/// Returns to the state that compare saw, the record included. If that fails in part, the record
/// stays at `intent`: it names all objects that may exist, so that the next run puts them right.
void Reconciler::give_up(Work& work) {
  if (!work.transaction) return;
  std::string why;
  for (const std::string& command : work.transaction->undo())
    why += "; could not be put back: " + command;
  Error& error = *work.result.error;
  if (why.empty() && !work.transaction->lost_something()) {
    try {
      if (work.before)
        records_.write(*work.before);
      else
        records_.remove(work.spec->iface);
    } catch (const Error& second) {
      why = "; could not be put back: " + second.subject();
    }
  }
  error = Error(error.status(), error.subject(), error.why() + why);
}

namespace {

/// Runs one step of each piece of work that has not failed, and keeps its error.
template <typename Works, typename Step, typename Failed>
void each(Works& works, Step&& step, Failed&& failed) {
  for (auto& item : works) {
    std::unwrap_reference_t<std::remove_reference_t<decltype(item)>>& work = item;
    if (work.result.error) continue;
    try {
      step(work);
    } catch (const Error& error) {
      work.result.error = error;
      failed(work);
    }
  }
}

}  // namespace

std::deque<Reconciler::Work> Reconciler::works_for(const std::vector<Job>& jobs) {
  std::deque<Work> works;
  for (const Job& job : jobs) {
    Work& work = works.emplace_back();
    work.job = &job;
    work.result.iface = job.stanza.iface;
  }
  return works;
}

std::vector<Result> Reconciler::results_of(std::deque<Work>& works) {
  std::vector<Result> results;
  results.reserve(works.size());
  for (Work& work : works) results.push_back(std::move(work.result));
  return results;
}

std::vector<Result> Reconciler::up(const std::vector<Job>& jobs) {
  std::deque<Work> works = works_for(jobs);
  const auto nothing = [](Work&) {};
  const auto undo = [this](Work& work) { give_up(work); };
  // By name, as everybody does who takes several: two runs never wait for each other.
  std::vector<std::reference_wrapper<Work>> by_name(works.begin(), works.end());
  std::sort(by_name.begin(), by_name.end(),
            [](const Work& a, const Work& b) { return a.result.iface < b.result.iface; });
  each(
      by_name, [this](Work& work) { take(work, true); }, nothing);
  // Only now: before situp had the lock, the kernel may have held another process's half-done work.
  take_snapshot();
  each(
      works, [this](Work& work) { resolve(work); }, nothing);
  static const Live nothing_yet;
  const Live& before = resolver_ ? resolver_->live() : nothing_yet;
  each(
      works, [&](Work& work) { compare_with(before, work); }, nothing);
  each(
      works, [&](Work& work) { apply(work, before); }, undo);
  const bool changed = std::any_of(works.begin(), works.end(),
                                   [](const Work& work) { return work.transaction.has_value(); });
  std::optional<SharedSnapshot> after;
  if (changed) after.emplace(kernel_, extent_);
  each(
      works,
      [&](Work& work) {
        const Live& now = after ? after->live(work.transaction.has_value(), before) : before;
        read_back(work, now);
        finish(work, now);
      },
      undo);
  return results_of(works);
}

std::vector<Result> Reconciler::plan_up(const std::vector<Job>& jobs) {
  std::deque<Work> works = works_for(jobs);
  const auto nothing = [](Work&) {};
  // All before the first snapshot, which holds only the tables and filters that are known by then.
  each(
      works, [this](Work& work) { take(work, false); }, nothing);
  take_snapshot();
  each(
      works,
      [this](Work& work) {
        resolve(work);
        compare_with(resolver().live(), work);
      },
      nothing);
  return results_of(works);
}

}  // namespace situp
