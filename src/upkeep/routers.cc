// SPDX-License-Identifier: GPL-2.0-or-later
#include "upkeep/routers.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace situp {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// While the link is used, a router's death is known after this and six seconds; solicitations are
// too rare to tell.
constexpr seconds ping_interval{60};

// While it is not, the pings of a router become as rare as solicitations.
constexpr seconds longest_interval{900};

/// While a router does not answer. The silence of one that has never answered a ping tells nothing,
/// and no interval is shorter for it.
seconds least_dead_interval(const Prober& prober) {
  return prober.has_answered() ? Prober::usual_dead_interval : longest_interval;
}

}  // namespace

void Routers::set(const std::vector<Router>& routers, Moment now) {
  solicitor_.set_routers(routers, now);
  const auto is_listed = [&routers](Ipv4 address) {
    return std::any_of(routers.begin(), routers.end(),
                       [address](const Router& router) { return router.address == address; });
  };
  for (auto probed = probed_.begin(); probed != probed_.end();)
    probed = is_listed(probed->first) ? std::next(probed) : probed_.erase(probed);
}

void Routers::restart(Moment now) {
  solicitor_.restart(now);
  used(now);
  for (auto& [router, probed] : probed_) probed.prober.ask_now(now);
}

void Routers::used(Moment now) {
  for (auto& [router, probed] : probed_) {
    if (probed.used) continue;
    probed.used = true;
    probed.prober.set_interval(ping_interval, now);
    probed.prober.set_dead_interval(least_dead_interval(probed.prober), now);
  }
  solicitor_.set_use(true, now);
}

bool Routers::wants_use() const {
  return std::any_of(probed_.begin(), probed_.end(), [this](const auto& one) {
    const auto& [router, probed] = one;
    return !probed.used && (probed.prober.has_answered() || solicitor_.is_alive(router));
  });
}

bool Routers::is_used() const {
  return std::any_of(probed_.begin(), probed_.end(),
                     [](const auto& one) { return one.second.prober.interval() == ping_interval; });
}

void Routers::lengthen(Probed& probed, Moment now) const {
  Prober& prober = probed.prober;
  if (!probed.used) {
    prober.set_interval(std::min(prober.interval() * 2, longest_interval), now);
    // Without a default route, programs send nothing that would have situpd ping at once.
    const seconds dead_interval = solicitor_.can_show_use(now)
                                      ? std::min(prober.dead_interval() * 2, longest_interval)
                                      : least_dead_interval(prober);
    if (prober.health() == Health::dead) prober.set_dead_interval(dead_interval, now);
  }
  probed.used = false;
}

void Routers::lost_default(Ipv4 router, Moment now) {
  solicitor_.lost_default(router, now);
  if (solicitor_.can_show_use(now)) return;
  for (auto& [address, probed] : probed_)
    probed.prober.set_dead_interval(least_dead_interval(probed.prober), now);
}

Routers::Step Routers::withdraw(const Withdrawal& withdrawal, Moment now) {
  Step step;
  add(step, solicitor_.withdraw(withdrawal, now));
  return step;
}

Routers::Step Routers::tick(Moment now) {
  Step step;
  add(step, solicitor_.tick(now));
  for (auto& [router, probed] : probed_) {
    if (probed.prober.next() > now) continue;
    if (probed.prober.is_between_rounds()) {
      lengthen(probed, now);
      solicitor_.set_use(is_used(), now);
    }
    const Prober::Step probe = probed.prober.tick(now);
    if (probe.send) step.ping.push_back({router, *probe.send});
    if (probe.became) add(step, solicitor_.probed(router, *probe.became == Health::alive, now));
  }
  return step;
}

Routers::Step Routers::advertised(Ipv4 router, const RouterAdvertisement& advertisement,
                                  Moment now) {
  Step step;
  add(step, solicitor_.advertised(router, advertisement, now));
  const auto health = solicitor_.health();
  const bool is_listed = std::any_of(health.begin(), health.end(),
                                     [router](const auto& known) { return known.first == router; });
  const auto probed = probed_.find(router);
  if (probed != probed_.end()) {
    probed->second.prober.heard(now);
  } else if (is_listed) {
    const auto spread = static_cast<std::uint32_t>(ping_interval.count());
    const seconds second_after(1 + (random_ ^ router.value) % spread);
    Prober prober(ping_interval, now, second_after);
    prober.set_dead_interval(least_dead_interval(prober), now);
    probed_.emplace(router, Probed{std::move(prober)});
  }
  return step;
}

Routers::Step Routers::answered(Ipv4 router, std::uint16_t sequence, Moment now) {
  Step step;
  const auto probed = probed_.find(router);
  if (probed == probed_.end()) return step;
  Prober& prober = probed->second.prober;
  const auto became = prober.answered(sequence, now);
  if (!became) return step;
  prober.set_dead_interval(least_dead_interval(prober), now);
  add(step, solicitor_.probed(router, *became == Health::alive, now));
  return step;
}

std::optional<Moment> Routers::next() const {
  std::optional<Moment> first = solicitor_.next();
  for (const auto& [router, probed] : probed_)
    if (!first || probed.prober.next() < *first) first = probed.prober.next();
  return first;
}

void Routers::add(Step& all, Solicitor::Step&& more) {
  all.solicit.insert(all.solicit.end(), more.solicit.begin(), more.solicit.end());
  all.demote.insert(all.demote.end(), more.demote.begin(), more.demote.end());
  all.promoted.insert(all.promoted.end(), more.promoted.begin(), more.promoted.end());
  all.news.insert(all.news.end(), more.news.begin(), more.news.end());
}

}  // namespace situp
