// SPDX-License-Identifier: GPL-2.0-or-later
// The probes of a tunnel's far end and of a link's routers, and their consequences.
#include "upkeep/daemon.h"
#include "upkeep/journal.h"

namespace situp {

void Daemon::plan_probe(const InterfaceName& iface) {
  const Keeper& keeper = keepers_.at(iface);
  Loop::Timer& timer = probes_[iface];
  loop_.cancel(timer);
  if (!keeper.target()) return;
  timer = loop_.at(keeper.prober->next(), [this, iface] { probe(iface); });
}

void Daemon::probe(const InterfaceName& iface) {
  Keeper& keeper = keepers_.at(iface);
  const Prober::Step step = keeper.prober->tick(now());
  // A probe that can't be sent has no answer: the same to a tunnel. The address of the last answer
  // may be the cause: it is taken once.
  if (step.send)
    echo_.ask(keeper.ifindex(), *keeper.target(), *step.send,
              std::exchange(keeper.answered_to, std::nullopt));
  if (!step.send) {
    keeper.note_probes();
    if (!step.became) save_samples(iface, keeper);
  }
  if (step.became) became(iface, keeper, *step.became);
  plan_probe(iface);
}

void Daemon::take_answers() {
  while (const auto answer = echo_.next_answer()) {
    const auto found = by_ifindex_.find(answer->ifindex);
    if (found == by_ifindex_.end()) continue;
    Keeper& keeper = keepers_.at(found->second);
    // The target may be a router of the list, which situpd pings for itself: any answer tells that
    // it is there.
    routers_.answered(found->second, *answer);
    if (keeper.target() != answer->from) continue;
    const auto health = keeper.prober->answered(answer->sequence, now());
    keeper.answered_to = answer->to;
    keeper.note_probes();
    if (health)
      became(found->second, keeper, *health);
    else
      save_samples(found->second, keeper);
    plan_probe(found->second);
  }
}

void Daemon::became(const InterfaceName& iface, Keeper& keeper, Health health) {
  const bool was_alive = keeper.vitals.health == "alive";
  keeper.became(health, clock_now());
  const std::string target = keeper.target()->str();
  const bool alive = health == Health::alive;
  const std::string line =
      target + (alive       ? " answers"
                : was_alive ? " does not answer any more: looking for what has changed"
                            : " does not answer: looking for what has changed");
  keeper.vitals.note(clock_now(), line);
  tell(alive ? Severity::notice : Severity::warning, iface.str(), alive ? "alive" : "dead", line);
  // Before situpd looks for the cause, which may take seconds.
  if (keeper.withdraws()) keep_routers(iface, keeper);
  if (keeper.withdraws() && (!alive || keeper.is_withdrawn())) turn_routes_soon(iface);
  if (!alive) inspect_soon(keeper);
  save(iface, keeper);
  const auto updater = updaters_.find(iface);
  if (updater == updaters_.end()) return;
  if (alive)
    updater->second.alive_again();
  else
    updater->second.died();
}

/// Withdraws the default routes, or puts them back. An outage is that of many tunnels: they share
/// one look at the kernel.
void Daemon::turn_routes_soon(const InterfaceName& iface) {
  constexpr std::chrono::milliseconds together{50};
  turned_.insert(iface);
  if (turning_.number != 0) return;
  turning_ = loop_.at(now() + together, [this] {
    turning_.number = 0;
    const auto turned = std::exchange(turned_, {});
    repair({turned.begin(), turned.end()}, false);
  });
}

void Daemon::keep_routers(const InterfaceName& iface, const Keeper& keeper) {
  routers_.keep(iface, keeper.ifindex(), keeper.resolved().local, routers_of(keeper.resolved()),
                {keeper.withdraws(), keeper.is_to_withdraw() ? keeper.target() : std::nullopt});
  follow_routes();
}

void Daemon::router_became(const InterfaceName& iface, bool alive, const std::string& line) {
  Keeper& keeper = keepers_.at(iface);
  keeper.vitals.note(clock_now(), line);
  tell(alive ? Severity::notice : Severity::warning, iface.str(),
       alive ? "router-alive" : "router-dead", line);
  save(iface, keeper);
}

}  // namespace situp
