// SPDX-License-Identifier: GPL-2.0-or-later
#include "upkeep/routers.h"

#include <algorithm>
#include <iterator>

namespace situp {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A router's death is known after this and six seconds; solicitations are too rare to tell.
constexpr seconds ping_interval{60};

}  // namespace

void Routers::set(const std::vector<Router>& routers, Moment now) {
  solicitor_.set_routers(routers, now);
  const auto is_listed = [&routers](Ipv4 address) {
    return std::any_of(routers.begin(), routers.end(),
                       [address](const Router& router) { return router.address == address; });
  };
  for (auto prober = probers_.begin(); prober != probers_.end();)
    prober = is_listed(prober->first) ? std::next(prober) : probers_.erase(prober);
}

void Routers::restart(Moment now) {
  solicitor_.restart(now);
  for (auto& [router, prober] : probers_) prober.ask_now(now);
}

Routers::Step Routers::withdraw(const Withdrawal& withdrawal, Moment now) {
  Step step;
  add(step, solicitor_.withdraw(withdrawal, now));
  return step;
}

Routers::Step Routers::tick(Moment now) {
  Step step;
  add(step, solicitor_.tick(now));
  for (auto& [router, prober] : probers_) {
    if (prober.next() > now) continue;
    const Prober::Step probe = prober.tick(now);
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
  if (is_listed && probers_.count(router) == 0) {
    const auto spread = static_cast<std::uint32_t>(ping_interval.count());
    const seconds second_after(1 + (random_ ^ router.value) % spread);
    probers_.emplace(router, Prober(ping_interval, now, second_after));
  }
  return step;
}

Routers::Step Routers::answered(Ipv4 router, std::uint16_t sequence, Moment now) {
  Step step;
  const auto prober = probers_.find(router);
  if (prober == probers_.end()) return step;
  if (const auto became = prober->second.answered(sequence, now))
    add(step, solicitor_.probed(router, *became == Health::alive, now));
  return step;
}

std::optional<Moment> Routers::next() const {
  std::optional<Moment> first = solicitor_.next();
  for (const auto& [router, prober] : probers_)
    if (!first || prober.next() < *first) first = prober.next();
  return first;
}

void Routers::add(Step& all, Solicitor::Step&& more) {
  all.solicit.insert(all.solicit.end(), more.solicit.begin(), more.solicit.end());
  all.demote.insert(all.demote.end(), more.demote.begin(), more.demote.end());
  all.promoted.insert(all.promoted.end(), more.promoted.begin(), more.promoted.end());
  all.news.insert(all.news.end(), more.news.begin(), more.news.end());
}

}  // namespace situp
