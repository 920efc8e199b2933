// SPDX-License-Identifier: GPL-2.0-or-later
// For the daemon: keeps a tunnel that is up as its record says, by the steps that made it.
#include <deque>

#include "reconcile/ownership.h"
#include "reconcile/reconciler.h"
#include "reconcile/work.h"

namespace situp {
namespace {

/// Keeps the objects of ifup's method, too; the method auto makes none that the stanza names. Never
/// recreates a device: the objects that other programs have put on it would go with it.
Scope scope_of(const Record& record) {
  const bool inner = !record.by_ifup || record.stanza.method != "auto";
  return {.inner = inner, .recreate = false, .anew = false};
}

/// The device as situp left it: if another program has deleted it or switched it off meanwhile,
/// situpd reports that and does not work against it.
void must_be_as_left(const Live& live, const Record& record) {
  const std::string& name = record.stanza.iface;
  const std::string remedy = how_to_make_anew(record);
  const LiveLink* link = live.link(name);
  if (link == nullptr)
    throw Error(Exit::system, name, "somebody has deleted the device: " + remedy);
  if (link->index != record.ifindex)
    throw Error(Exit::system, name,
                "somebody has put another device in the tunnel's place: " +
                    deletion_of(name, link->sit && row_of(link->sit->kind).has_routers) +
                    ", then " + remedy);
  if (!link->up)
    throw Error(Exit::system, name,
                "somebody has set the device down: ip link set " + name + " up, or " + remedy);
}

}  // namespace

void Reconciler::begin_repair(Work& work, const InterfaceName& iface, Repaired& repaired) {
  repaired.busy = !locks_.try_lock(iface);
  if (repaired.busy) return;
  work.before = records_.read(iface);
  repaired.up = work.before && work.before->state == Record::State::up;
  if (!repaired.up) return;
  const Record& record = *work.before;
  // Its method would stumble over an address that is there before it.
  repaired.busy = record.by_ifup && is_ifupdown_at_work(iface.str());
  if (repaired.busy) return locks_.unlock(iface);
  work.own_job = Job{record.stanza, &record.host(), record.no_auto_down};
  work.job = &*work.own_job;
  work.spec = understand(work.job->stanza, *work.job->host);
  work.scope = scope_of(record);
  // If situpd is killed in the middle, the record still says that the tunnel is up.
  work.meanwhile = Record::State::up;
  widen(extent_, *work.spec);
  widen(extent_, work.before);
}

void Reconciler::resolve_again(Work& work, bool renew, Repaired& repaired) {
  must_be_as_left(resolver().live(), *work.before);
  if (!renew) {
    work.resolved = work.before->resolved;
    return take_resolved(work);
  }
  try {
    resolve(work);
  } catch (const Unanswered& open) {
    repaired.question = open.question;
  }
}

/// Not before all are resolved, which may take a new snapshot: undo() restores the state before the
/// first change.
void Reconciler::compare_again(Work& work) {
  must_be_as_left(resolver().live(), *work.before);
  compare_with(resolver().live(), work);
}

std::vector<Repaired> Reconciler::repair(const std::vector<Upkeep>& tunnels) {
  std::deque<Work> works;
  std::vector<Repaired> all(tunnels.size());
  const auto attempt = [this](Work& work, const auto& step) {
    try {
      step();
    } catch (const Error& error) {
      work.result.error = error;
      give_up(work);
    }
  };
  struct Round {
    const Upkeep& tunnel;
    Repaired& repaired;
    Work& work;
    bool goes_on() const {
      return !work.result.error && !repaired.busy && repaired.up && !repaired.question;
    }
  };
  std::vector<Round> rounds;
  for (const Upkeep& tunnel : tunnels) {
    Repaired& repaired = all[works.size()];
    Work& work = works.emplace_back();
    rounds.push_back({tunnel, repaired, work});
    work.result.iface = tunnel.iface.str();
    attempt(work, [&] { begin_repair(work, tunnel.iface, repaired); });
    work.withdraws = tunnel.withdraws && work.spec && work.spec->withdraws;
  }
  take_snapshot();
  for (const Round& one : rounds)
    if (one.goes_on())
      attempt(one.work, [&] { resolve_again(one.work, one.tunnel.renew, one.repaired); });
  for (const Round& one : rounds)
    if (one.goes_on()) attempt(one.work, [&] { compare_again(one.work); });
  std::vector<Work*> going_on;
  for (const Round& one : rounds)
    if (one.goes_on()) going_on.push_back(&one.work);
  if (!going_on.empty()) load_firewalls(going_on, resolver().live());
  bool changed = false;
  for (const Phase phase : {Phase::devices, Phase::rest})
    for (Work* work : going_on) {
      if (!work->result.error) attempt(*work, [&] { apply(*work, resolver().live(), phase); });
      changed |= work->transaction.has_value();
    }
  std::optional<SharedSnapshot> after;
  if (changed) after.emplace(kernel_, extent_);
  for (const Round& one : rounds) {
    Work& work = one.work;
    Repaired& repaired = one.repaired;
    if (one.goes_on()) {
      attempt(work, [&] {
        const Live& before = resolver().live();
        const Live& now = after ? after->live(work.transaction.has_value(), before) : before;
        read_back(work, now);
        finish(work, now);
      });
    }
    if (!repaired.busy) locks_.unlock(one.tunnel.iface);
    repaired.resolved = work.resolved;
    repaired.not_renewed = work.not_renewed;
    repaired.renewed = one.tunnel.renew;
    repaired.withdrawn = !work.record.withdrawn.empty();
    repaired.result = std::move(work.result);
  }
  return all;
}

}  // namespace situp
