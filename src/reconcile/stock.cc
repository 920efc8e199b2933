// SPDX-License-Identifier: GPL-2.0-or-later
// The stock v4tunnel method: ifupdown makes the device, situp goes before and after it (design:
// step by step).
#include <algorithm>

#include "kernel/refusal_text.h"
#include "model/check/up_lines.h"
#include "model/stanza/edits.h"
#include "model/tunnel/choose_routes.h"
#include "model/tunnel/firewall.h"
#include "reconcile/ownership.h"
#include "reconcile/reconciler.h"
#include "reconcile/work.h"

namespace situp {
namespace {

/// The local address that the method itself gives to `ip tunnel add`.
Ipv4 local_of_method(const Stanza& stanza, const TunnelSpec& spec) {
  const auto is_local = [](const Option& option) { return option.name == "local"; };
  const bool given = std::any_of(stanza.options.begin(), stanza.options.end(), is_local);
  const auto* literal = given ? std::get_if<Ipv4>(&spec.local[0]) : nullptr;
  return literal == nullptr ? Ipv4{} : *literal;
}

bool has_sit(const Live& live) {
  bool found = false;
  live.for_each_link([&found](const LiveLink& link) { found |= link.sit.has_value(); });
  return found;
}

}  // namespace

/// The filter has to be there before the device is. Without it there will be none.
std::vector<Operation> Reconciler::filter_first(Work& work, const Owned& had, const Live& live) {
  auto operations = load_firewall(*work.tunnel, had, live);
  try {
    Transaction(kernel_, live).apply(operations);
  } catch (const Error&) {
    if (live.firewall(work.result.iface) == nullptr) records_.remove(work.spec->iface);
    throw;
  }
  if (work.tunnel->has_filter()) {
    note_firewall(*work.tunnel, operations.empty() ? live : kernel_.snapshot(extent_),
                  work.record.owned);
    records_.write(work.record);
  }
  return operations;
}

Plan Reconciler::before_stock_method(const Job& job) {
  const Stanza& stanza = job.stanza;
  Work work;
  work.job = &job;
  work.result.iface = stanza.iface;
  take(work, true);
  take_snapshot();
  resolve(work);
  const Live& live = resolver().live();
  const LiveLink* leftover = live.link(stanza.iface);
  if (leftover != nullptr && !is_ours(*leftover, work.before, ends_of(*work.tunnel), live))
    throw foreign(*leftover);
  // A step that could fail afterwards must fail here, before any object exists.
  choose_routes(*work.spec, live, withdrawn_.beside(*work.spec, live), *work.tunnel);
  const Owned had = owned_before(work.before, *work.tunnel, leftover != nullptr, live);
  compare(
      *work.tunnel, had, live,
      {.inner = false, .recreate = true, .anew = true, .coming = coming_route(job, *work.spec)});
  const LiveLink* other =
      live.with_endpoints(local_of_method(stanza, *work.spec), work.tunnel->sit.remote, 0);
  if (other != nullptr && other != leftover)
    throw endpoints_taken_by(other->name, local_of_method(stanza, *work.spec),
                             work.tunnel->sit.remote);

  if (!has_sit(live) && !kernel_.load_sit(stanza.iface))
    throw Error(Exit::system, stanza.iface, no_sit_text);

  Plan plan = compare_down(work.spec->iface, had, live, true, !work.tunnel->has_filter());
  remove_each(plan, live);
  work.record.owned = owned_by(*work.tunnel);
  records_.write(work.record);
  for (const Operation& operation : filter_first(work, had, live))
    plan.operations.push_back(operation);
  return plan;
}

Plan Reconciler::after_stock_method(const Job& job) {
  const Stanza& stanza = job.stanza;
  Work work;
  work.job = &job;
  work.result.iface = stanza.iface;
  work.spec = understand(stanza, *job.host);
  work.scope = {.inner = false, .recreate = false, .anew = false};
  const InterfaceName& iface = work.spec->iface;
  locks_.lock(iface, lock_deadline());
  work.before = read_record_of(iface);
  widen(extent_, *work.spec);
  widen(extent_, work.before);
  try {
    const bool known = work.before && work.before->state == Record::State::intent &&
                       edits(work.before->stanza, stanza, *job.host).empty();
    work.resolved = known ? work.before->resolved : resolver().resolve(*work.spec);
    take_resolved(work);
    work.record.no_auto_down = work.before && work.before->no_auto_down;
    const Live live = kernel_.snapshot(extent_);
    const LiveLink* link = live.link(iface.str());
    if (link == nullptr)
      throw Error(Exit::system, iface.str(),
                  "ifup's method v4tunnel has left no device of this name: see whether an up line, "
                  "or another hook in /etc/network/if-up.d, removes or renames it");
    if (!is_ours(*link, work.before, ends_of(*work.tunnel), live)) throw foreign(*link);
    if (const auto error = set_by_others(stanza, *work.tunnel, *link, live)) throw Error(*error);
    // For up and down: the objects that the method has made belong to the stanza, as the record of
    // before_stock_method() says.
    compare_with(live, work);
    apply(work, live, Phase::rest);
    work.result.plan.opens = open_note(*work.spec);
    const Live now = kernel_.snapshot(extent_);
    read_back(work, now);
    finish(work, now);
  } catch (const Error& error) {
    // ifupdown forgets an interface whose if-up.d failed, and its next run would fail because of
    // the device.
    try {
      leave({iface, stanza});
    } catch (const Error&) {
      // The first error is the one that matters; the record stays, and the next ifup clears the
      // device away.
    }
    throw;
  }
  return std::move(work.result.plan);
}

}  // namespace situp
