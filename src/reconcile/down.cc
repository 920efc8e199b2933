// SPDX-License-Identifier: GPL-2.0-or-later
#include <optional>

#include "kernel/snapshot.h"
#include "reconcile/ownership.h"
#include "reconcile/reconciler.h"
#include "reconcile/work.h"

namespace situp {

struct Reconciler::Leaving {
  Live live;
  std::optional<Record> record;
  bool device_is_ours = false;
  Owned owned;
  Plan plan;
};

/// Needs no source: a tunnel has to go down also when the metadata service is away.
Reconciler::Leaving Reconciler::leaving(const InterfaceName& iface,
                                        const std::optional<Stanza>& stanza) {
  Leaving leaving;
  leaving.record = records_.read(iface);
  leaving.live = snapshot(netlink());
  std::optional<TunnelSpec> spec;
  if (!leaving.record && stanza && is_opted_in(*stanza)) spec = understand(*stanza, Door::ifup);
  const LiveLink* link = leaving.live.link(iface.str());
  if (link != nullptr && (leaving.record || spec))
    leaving.device_is_ours =
        is_ours(*link, leaving.record, spec ? ends_of(*spec) : Ends{}, leaving.live);
  if (leaving.record) leaving.owned = leaving.record->owned;
  // The record is lost, but the tunnel was up: then its addresses on other interfaces are situp's
  // too.
  if (spec && leaving.device_is_ours) leaving.owned.lan = spec->lan;
  leaving.plan = compare_down(iface, leaving.owned, leaving.live, leaving.device_is_ours);
  return leaving;
}

Plan Reconciler::plan_down(const InterfaceName& iface, const std::optional<Stanza>& stanza) {
  Leaving result = leaving(iface, stanza);
  const LiveLink* link = result.live.link(iface.str());
  if (link != nullptr && !result.device_is_ours) throw foreign(*link);
  return std::move(result.plan);
}

Plan Reconciler::down(const InterfaceName& iface, const std::optional<Stanza>& stanza) {
  locks_.lock(iface, lock_deadline());
  Plan plan = leave(iface, stanza);
  locks_.unlock(iface);
  return plan;
}

Plan Reconciler::leave(const InterfaceName& iface, const std::optional<Stanza>& stanza) {
  Leaving result = leaving(iface, stanza);
  remove_each(result.plan, result.live);
  // Also one that could not be read, and what a killed run has left of it.
  records_.remove(iface);
  const LiveLink* link = result.live.link(iface.str());
  if (link != nullptr && !result.device_is_ours) throw foreign(*link);
  return std::move(result.plan);
}

void Reconciler::begin_down(const InterfaceName& iface, const std::optional<Stanza>& stanza) {
  locks_.lock(iface, lock_deadline());
  Leaving result = leaving(iface, stanza);
  if (result.record) {
    // An `up` that was killed may have made the device without noting which one it is. That is told
    // by its ends only while the record says `intent`.
    if (result.device_is_ours) result.record->ifindex = result.live.link(iface.str())->index;
    // First the word, then the deed: whoever watches must not mend what is being taken away.
    result.record->state = Record::State::going_down;
    records_.write(*result.record);
  }
  remove_each(compare_down(iface, result.owned, result.live, false), result.live);
}

void Reconciler::remove_each(const Plan& plan, const Live& live) {
  std::optional<Error> first;
  for (const Operation& operation : plan.operations) {
    try {
      Applier(netlink(), live).apply({operation});
    } catch (const Error& error) {
      if (!first) first = error;
    }
  }
  if (first) throw Error(*first);
}

}  // namespace situp
