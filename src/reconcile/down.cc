// SPDX-License-Identifier: GPL-2.0-or-later
#include <map>
#include <optional>
#include <string>

#include "kernel/transaction.h"
#include "reconcile/ownership.h"
#include "reconcile/reconciler.h"
#include "reconcile/work.h"

namespace situp {

struct Reconciler::Leaving {
  std::optional<Record> record;
  const LiveLink* link = nullptr;
  bool device_is_ours = false;
  Owned owned;

  /// `gone`: as for compare_down().
  Plan plan(const InterfaceName& iface, const Live& live,
            const std::set<std::string>& gone = {}) const {
    return compare_down(iface, owned, live, device_is_ours, true, gone);
  }
};

/// Needs no source: a tunnel has to go down also when the metadata service is away.
Reconciler::Leaving Reconciler::leaving(const Departure& departure, const Live& live) const {
  Leaving leaving;
  leaving.record = read_record_of(departure.iface);
  leaving.link = live.link(departure.iface.str());
  std::optional<TunnelSpec> spec;
  if (!leaving.record && departure.stanza && is_opted_in(*departure.stanza))
    spec = understand(*departure.stanza, hosts::ifupdown);
  if (leaving.link != nullptr && (leaving.record || spec))
    leaving.device_is_ours =
        is_ours(*leaving.link, leaving.record, spec ? ends_of(*spec) : Ends{}, live);
  if (leaving.record) leaving.owned = leaving.record->owned;
  // The record is lost, but the tunnel was up: then its addresses on other interfaces are situp's
  // too, and so is its next hop. Rules are told by their form.
  if (spec && leaving.device_is_ours) {
    if (const auto hop = next_hop_on(*leaving.link, live)) leaving.owned.next_hops.push_back(*hop);
  }
  if (spec && (leaving.link == nullptr || leaving.device_is_ours)) {
    Resolved known;
    if (leaving.link != nullptr) known.local = leaving.link->sit->local;
    // A device of another domain's host has no part of this one.
    if (spec->kind().has_domain &&
        !not_embeddable(spec->sit.domain, embedded_address(*spec, known)).empty())
      known.local = {};
    const Tunnel tunnel = make_tunnel(*spec, known);
    own_what_is_there(tunnel, live, leaving.owned);
    if (leaving.link != nullptr) {
      leaving.owned.lan = tunnel.lan;
      if (tunnel.fou_port) leaving.owned.fou_ports.push_back(*tunnel.fou_port);
    }
  }
  if (spec && spec->has_filter()) leaving.owned.firewall.emplace();
  return leaving;
}

/// Adds the parts of snapshot() that the tunnels to be removed need.
void Reconciler::widen_for(const Departure& departure) {
  widen(extent_, records_.read(departure.iface));
  if (!departure.stanza || !is_opted_in(*departure.stanza)) return;
  try {
    widen(extent_, understand(*departure.stanza, hosts::ifupdown));
  } catch (const Error&) {
    // Told where it is needed.
  }
}

namespace {

std::vector<Result> results_for(const std::vector<Departure>& departures) {
  std::vector<Result> results;
  for (const Departure& departure : departures)
    results.push_back({departure.iface.str(), {}, std::nullopt});
  return results;
}

/// Runs a step of one departure that has not failed, and keeps its error.
template <typename Step>
void attempt(Result& result, Step&& step) {
  if (result.error) return;
  try {
    step();
  } catch (const Error& error) {
    result.error = error;
  }
}

}  // namespace

std::vector<Result> Reconciler::plan_down(const std::vector<Departure>& departures) {
  std::vector<Result> results = results_for(departures);
  for (const Departure& departure : departures) widen_for(departure);
  const SharedSnapshot snapshot(kernel_, extent_);
  std::set<std::string> gone;
  for (std::size_t i = 0; i < departures.size(); ++i) {
    attempt(results[i], [&] {
      const Leaving result = leaving(departures[i], snapshot.live());
      if (result.link != nullptr && !result.device_is_ours) throw foreign(*result.link);
      results[i].plan = result.plan(departures[i].iface, snapshot.live(), gone);
      gone.insert(results[i].iface);
    });
  }
  return results;
}

std::vector<Result> Reconciler::down(const std::vector<Departure>& departures) {
  std::vector<Result> results = results_for(departures);
  // By name, as up() does: two runs never wait for each other.
  std::multimap<std::string, std::size_t> by_name;
  for (std::size_t i = 0; i < departures.size(); ++i) by_name.emplace(results[i].iface, i);
  for (const auto& [name, index] : by_name) {
    const std::size_t i = index;
    attempt(results[i], [&] {
      locks_.lock(departures[i].iface, lock_deadline());
      widen_for(departures[i]);
      const auto record = records_.read(departures[i].iface);
      if (departures.size() == 1 && record) extent_.only = interfaces_of(*record);
    });
  }
  const SharedSnapshot snapshot(kernel_, extent_);
  std::vector<Leaving> all(departures.size());
  for (std::size_t i = 0; i < departures.size(); ++i)
    attempt(results[i], [&] { all[i] = leaving(departures[i], snapshot.live()); });
  const bool together = delete_together(all);
  std::set<std::string> gone;
  for (std::size_t i = 0; i < departures.size(); ++i) {
    attempt(results[i], [&] {
      results[i].plan = leave(departures[i].iface, all[i], snapshot.live(), together, gone);
      gone.insert(results[i].iface);
      locks_.unlock(departures[i].iface);
    });
  }
  return results;
}

/// Deletes the devices of several tunnels at once. False: each is to be deleted by itself.
bool Reconciler::delete_together(const std::vector<Leaving>& all) {
  std::vector<int> indexes;
  for (const Leaving& one : all)
    if (one.link != nullptr && one.device_is_ours) indexes.push_back(one.link->index);
  try {
    return indexes.size() > 1 && kernel_.delete_links(indexes).error == 0;
  } catch (const Error&) {
    return false;
  }
}

/// Of one tunnel; the lock is the caller's.
void Reconciler::leave(const Departure& departure) {
  const Live live = kernel_.snapshot(extent_);
  leave(departure.iface, leaving(departure, live), live, false, {});
}

/// `deleted`: the device is gone already.
Plan Reconciler::leave(const InterfaceName& iface, const Leaving& leaving, const Live& live,
                       bool deleted, const std::set<std::string>& gone) {
  Plan plan = leaving.plan(iface, live, gone);
  Plan rest = plan;
  if (deleted)
    std::erase_if(rest.operations, [](const Operation& operation) {
      return std::holds_alternative<DeleteLink>(operation);
    });
  remove_each(rest, live);
  // Also a record that could not be read, and the leftover of a killed run.
  records_.remove(iface);
  if (leaving.link != nullptr && !leaving.device_is_ours) throw foreign(*leaving.link);
  return plan;
}

void Reconciler::begin_down(const Departure& departure) {
  locks_.lock(departure.iface, lock_deadline());
  if (const auto record = records_.read(departure.iface)) {
    extent_.next_hops |= !record->owned.next_hops.empty();
    extent_.rules6 |= !record->owned.on_link_rules.empty();
    extent_.fou_ports |= !record->owned.fou_ports.empty();
  } else {
    widen_for(departure);
  }
  const Live live = kernel_.snapshot(extent_);
  Leaving result = leaving(departure, live);
  if (result.record) {
    // An `up` that was killed may have made the device without noting which one it is. That is told
    // by its ends only while the record says `intent`.
    if (result.device_is_ours) result.record->ifindex = result.link->index;
    // Writes the record first: situpd must not repair a tunnel that is being removed.
    result.record->state = Record::State::going_down;
    records_.write(*result.record);
  }
  remove_each(compare_down(departure.iface, result.owned, live, false, false), live);
}

void Reconciler::after_ifup(const InterfaceName& iface, RunningIfup::End end) {
  // A terminated ifup ends with status 0, and ifupdown holds the interface as up. Under the stock
  // method, only situp's last hook makes the record say so.
  const auto is_through = [end](const std::optional<Record>& record) {
    if (!record || !record->by_ifup || record->state == Record::State::going_down) return true;
    const bool is_stock = record->stanza.method == "v4tunnel";
    const bool ended_well =
        end == RunningIfup::End::succeeded || (end == RunningIfup::End::killed && is_stock);
    return ended_well && (!is_stock || record->state == Record::State::up);
  };
  // As a rule, there is no work: then ifup need not wait for the lock.
  if (end == RunningIfup::End::taken_over || is_through(records_.read(iface))) return;
  locks_.lock(iface, lock_deadline());
  auto record = records_.read(iface);
  if (is_through(record)) return;
  widen(extent_, record);
  const Live live = kernel_.snapshot(extent_);
  const Plan plan = leaving({iface, std::nullopt}, live).plan(iface, live);
  record->state = Record::State::intent;
  records_.write(*record);
  records_.forget_request(iface);
  remove_each(plan, live);
  record->ifindex = 0;
  record->owned = {};
  records_.write(*record);
}

void Reconciler::remove_each(const Plan& plan, const Live& live) {
  std::optional<Error> first;
  for (const Operation& operation : plan.operations) {
    // The filter stays if the device could not be deleted: it keeps unfiltered packets out. So does
    // the port at which packets for the device come in.
    if (first && (std::holds_alternative<RemoveFirewall>(operation) ||
                  std::holds_alternative<DeleteFouPort>(operation)))
      continue;
    try {
      Transaction(kernel_, live, false).apply({&operation, 1});
    } catch (const Error& error) {
      if (!first) first = error;
    }
  }
  if (first) throw Error(*first);
}

}  // namespace situp
