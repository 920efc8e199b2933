// SPDX-License-Identifier: GPL-2.0-or-later
// The steps of `up`, and of its plan, over all tunnels of a run.
#include <algorithm>
#include <functional>
#include <type_traits>

#include "reconcile/reconciler.h"
#include "reconcile/standing.h"
#include "reconcile/work.h"

namespace situp {
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
  for (Work& work : works) results.push_back(std::move(work.result));
  return results;
}

namespace {

/// The interfaces of which the plan for a tunnel has to know; empty: all. The kernel itself
/// refuses what the others have in the tunnel's place.
std::set<std::string> interfaces_for(const TunnelSpec& spec, const Scope& scope,
                                     const std::optional<Record>& record) {
  if (!spec.kind().has_endpoint || spec.dev || !spec.mtu || spec.sit.encap.is_on() ||
      !spec.routes.empty() || !spec.routed.empty() || scope.coming)
    return {};
  std::set<std::string> names{spec.iface.str()};
  if (record) names = interfaces_of(*record);
  if (names.empty()) return {};
  for (const InterfaceName& iface : spec.lan_interfaces()) names.insert(iface.str());
  for (const Source& source : spec.local)
    if (const InterfaceName* iface = interface_of(source)) names.insert(iface->str());
  return names;
}

}  // namespace

void Reconciler::ask_ahead(std::deque<Work>& works) {
  std::vector<const TunnelSpec*> specs;
  for (const Work& work : works)
    if (work.spec && !work.result.error) specs.push_back(&*work.spec);
  try {
    if (!specs.empty()) resolver().ask_ahead(specs);
  } catch (const Error& error) {
    // The kernel can't be read.
    for (Work& work : works)
      if (!work.result.error) work.result.error = error;
  }
}

std::vector<Result> Reconciler::up(const std::vector<Job>& jobs) {
  std::deque<Work> works = works_for(jobs);
  bring_up(works);
  // The route of an interface that was not read is in the way: the whole snapshot tells which.
  const auto is_unseen = [](const Work& work) {
    return work.result.error && work.transaction && work.transaction->place_is_taken() &&
           !work.transaction->lost_something();
  };
  if (!extent_.only.empty() && is_unseen(works.front())) {
    whole_ = true;
    works = works_for(jobs);
    bring_up(works);
  }
  return results_of(works);
}

void Reconciler::bring_up(std::deque<Work>& works) {
  const auto nothing = [](Work&) {};
  const auto undo = [this](Work& work) { give_up(work); };
  // By name, as everybody does who takes several: two runs never wait for each other.
  std::vector<std::reference_wrapper<Work>> by_name(works.begin(), works.end());
  std::sort(by_name.begin(), by_name.end(),
            [](const Work& a, const Work& b) { return a.result.iface < b.result.iface; });
  each(
      by_name, [this](Work& work) { take(work, true); }, nothing);
  extent_.only.clear();
  if (works.size() == 1 && !whole_)
    if (const Work& only = works.front(); only.spec)
      extent_.only = interfaces_for(*only.spec, only.scope, only.before);
  // Only now: before situp had the lock, the kernel may have held another process's half-done work.
  take_snapshot();
  ask_ahead(works);
  each(
      works, [this](Work& work) { resolve(work); }, nothing);
  static const Live nothing_yet;
  const Live& before = resolver_ ? resolver_->live() : nothing_yet;
  each(
      works, [&](Work& work) { compare_with(before, work); }, nothing);
  std::vector<Work*> going_on;
  each(
      works, [&](Work& work) { going_on.push_back(&work); }, nothing);
  load_firewalls(going_on, before);
  // Each device that comes up makes the kernel walk all IPv6 routes (net/ipv6/route.c,
  // rt6_sync_up): those of the others come later.
  for (const Phase phase : {Phase::devices, Phase::rest})
    each(
        works, [&](Work& work) { apply(work, before, phase); }, undo);
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
}

std::vector<Result> Reconciler::plan_up(const std::vector<Job>& jobs) {
  std::deque<Work> works = works_for(jobs);
  const auto nothing = [](Work&) {};
  // All before the first snapshot, which holds only the tables and filters that are known by then.
  each(
      works, [this](Work& work) { take(work, false); }, nothing);
  take_snapshot();
  ask_ahead(works);
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
