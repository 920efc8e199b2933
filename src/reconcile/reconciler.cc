// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconcile/reconciler.h"

#include <algorithm>

#include "base/list.h"
#include "model/tunnel/choose_routes.h"
#include "model/tunnel/firewall.h"
#include "reconcile/ownership.h"
#include "reconcile/standing.h"
#include "reconcile/work.h"

namespace situp {
namespace {

bool same_text(const std::optional<Record>& a, const Record& b) {
  return a && write_record(*a, "") == write_record(b, "");
}

constexpr const char* record_anew =
    "up writes the record anew: the one that is there can't be understood";

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
  extent.firewalls |= spec.has_filter();
  extent.next_hops |= !spec.kind().has_endpoint;
  extent.rules6 |= spec.kind().has_endpoint;
  extent.fou_ports |= spec.sit.encap.is_on();
}

void widen(Extent& extent, const std::optional<Record>& record) {
  if (!record) return;
  for (const DefaultRoute& route : record->owned.routes)
    if (route.table != main_table) extent.tables.insert(route.table);
  extent.firewalls |= record->owned.firewall.has_value();
  extent.next_hops |= !record->owned.next_hops.empty();
  extent.rules6 |= !record->owned.on_link_rules.empty();
  extent.fou_ports |= !record->owned.fou_ports.empty();
}

std::set<std::string> interfaces_of(const Record& record) {
  // Ports are shared, and unreachable routes are no interface's.
  if (!row_of(kind_of(record.stanza)).has_endpoint || !record.owned.routed.empty() ||
      !record.owned.fou_ports.empty())
    return {};
  std::set<std::string> names{record.stanza.iface};
  for (const LanAddress& lan : record.owned.lan) names.insert(lan.iface.str());
  return names;
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
  withdrawn_.forget();
}

/// The record, if there is one. Throws an Error for that of another network namespace.
std::optional<Record> Reconciler::read_record_of(const InterfaceName& iface) const {
  auto record = records_.read(iface);
  if (!record)
    if (const auto elsewhere = records_.elsewhere(iface)) throw Error(*elsewhere);
  return record;
}

/// Understands the stanza, and holds off every other run for its interface.
void Reconciler::take(Work& work, bool lock) {
  work.spec = understand(work.job->stanza, *work.job->host);
  work.scope = scope_for(*work.job, *work.spec);
  if (work.spec->broker) static_cast<void>(config_.broker(work.spec->broker->name));
  if (lock) locks_.lock(work.spec->iface, lock_deadline());
  work.before = read_record_of(work.spec->iface);
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

namespace {

/// Two tunnels may share the port of each address, of which only one has no local address.
void use_open_port(const Live& live, FouPort& port) {
  const auto& ports = live.fou_ports();
  const bool is_open = std::any_of(ports.begin(), ports.end(), [&](const LiveFouPort& known) {
    return known.is_for_tunnels && known.port == port;
  });
  if (!is_open && live.receives(port)) port.local = {};
}

}  // namespace

/// A port that was open before any tunnel of situp's needed it.
bool Reconciler::is_foreign(const std::optional<FouPort>& port, const Owned& had,
                            const Live& live) const {
  if (!port || contains(had.fou_ports, *port) || !live.receives(*port)) return false;
  for (const InterfaceName& iface : records_.list())
    if (const auto record = records_.read(iface);
        record && contains(record->owned.fou_ports, *port))
      return false;
  return true;
}

void Reconciler::compare_with(const Live& live, Work& work) {
  const LiveLink* link = live.link(work.result.iface);
  if (link != nullptr && !is_ours(*link, work.before, ends_of(*work.tunnel), live))
    throw foreign(*link);
  work.record.ifindex = link == nullptr ? 0 : link->index;
  work.tunnel->route = gateway_route(*work.spec);
  choose_routes(*work.spec, live, withdrawn_.beside(*work.spec, live), *work.tunnel);
  work.had = owned_before(work.before, *work.tunnel, link != nullptr, live);
  if (const auto adopted = work.before || link == nullptr ? std::nullopt : next_hop_on(*link, live))
    work.had.next_hops.push_back(*adopted);
  if (work.tunnel->fou_port) use_open_port(live, *work.tunnel->fou_port);
  work.tunnel->fou_port_is_foreign = is_foreign(work.tunnel->fou_port, work.had, live);
  if (work.before) accept_metric_of_host(*work.before, *work.spec, live, *work.tunnel, work.had);
  const auto target = keepalive_target(*work.spec, work.resolved);
  if (work.withdraws && target)
    work.record.withdrawn = withdraw_routes(*work.spec, *target, *work.tunnel);
  choose_parts_for(work, live);
  work.result.plan = compare(*work.tunnel, work.had, live, work.scope);
  if (link == nullptr) work.result.plan.opens = open_note(*work.spec);
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

/// Writes the record for the time of the changes.
void Reconciler::begin(Work& work, const Live& live) {
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
  add_missing(work.record.owned.fou_ports, coming.fou_ports);
  // Until they are back, withdrawn routes are to be put back, also after a crash.
  Record meanwhile = work.record;
  if (work.before) add_missing(meanwhile.withdrawn, work.before->withdrawn);
  records_.write(meanwhile);
  work.transaction.emplace(kernel_, live);
  work.begun = true;
}

/// Loads the filters of several tunnels in one run of nft, which takes longer than all else.
void Reconciler::load_firewalls(const std::vector<Work*>& works, const Live& live) {
  std::vector<std::pair<Work*, LoadFirewall>> loading;
  for (Work* work : works)
    for (const Operation& operation : work->result.plan.operations)
      if (const auto* load = std::get_if<LoadFirewall>(&operation))
        loading.emplace_back(work, *load);
  if (loading.size() < 2) return;
  std::vector<std::pair<Transaction*, LoadFirewall>> begun;
  for (const auto& [work, load] : loading) {
    try {
      begin(*work, live);
      begun.emplace_back(&*work->transaction, load);
    } catch (const Error&) {
      // apply() tries again and reports it.
    }
  }
  Transaction::load_firewalls(kernel_, begun);
}

namespace {

/// The number of operations until the device is up and has its attributes.
std::size_t devices_in(std::span<const Operation> operations) {
  const auto is_device_s = [](const Operation& operation) {
    return std::holds_alternative<CreateLink>(operation) ||
           std::holds_alternative<ChangeLink>(operation) ||
           std::holds_alternative<SetMtu>(operation) || std::holds_alternative<SetUp>(operation);
  };
  const auto last = std::find_if(operations.rbegin(), operations.rend(), is_device_s);
  return static_cast<std::size_t>(operations.rend() - last);
}

}  // namespace

/// The optional part that was refused, if nothing else was; all is undone then.
std::optional<Part> Reconciler::apply_plan(Work& work, const Live& live, Phase phase) {
  const std::span<const Operation> all(work.result.plan.operations);
  const std::size_t end = phase == Phase::devices ? devices_in(all) : all.size();
  if (end <= work.applied) return std::nullopt;
  if (!work.begun && work.applied == 0) begin(work, live);
  work.begun = false;
  try {
    work.transaction->apply(all.subspan(work.applied, end - work.applied));
    work.applied = end;
  } catch (const PartRefused& refused) {
    work.applied = 0;
    if (work.transaction->lost_something()) throw Error(refused);
    if (!refused.taken()) work.refused[refused.part()] = refused.what();
    return refused.part();
  }
  return std::nullopt;
}

void Reconciler::finish(Work& work, const Live& now) {
  const LiveLink* link = now.link(work.result.iface);
  work.record.ifindex = link == nullptr ? 0 : link->index;
  work.record.state = Record::State::up;
  work.record.owned = owned_by(*work.tunnel);
  work.record.owned.lan = work.result.plan.lan_owned;
  note_firewall(*work.tunnel, now, work.record.owned);
  // If an operation was executed, the file says `intent` now.
  work.result.changed = work.transaction || !same_text(work.before, work.record);
  if (work.result.changed) records_.write(work.record);
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

}  // namespace situp
