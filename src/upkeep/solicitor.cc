// SPDX-License-Identifier: GPL-2.0-or-later
#include "upkeep/solicitor.h"

#include <algorithm>

namespace situp {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// RFC 4861 §10: MAX_RTR_SOLICITATION_DELAY, RTR_SOLICITATION_INTERVAL, MAX_RTR_SOLICITATIONS.
constexpr milliseconds longest_delay{1000};
constexpr seconds quick_interval{4};
constexpr unsigned tries = 3;

// RFC 5214 §8.3.1: MinRouterSolicitInterval.
constexpr seconds least_interval{120};

// Without answers, the solicitor doubles the time up to this (as RFC 7559 has it).
constexpr seconds longest_silence{3600};

// Routers of other links advertise at least as often by themselves (RFC 4861 §6.2.1,
// MaxRtrAdvInterval): so late, at most, a change there is known here.
constexpr seconds longest_trust{600};

// Nobody needs to know it sooner: half of the default lifetime of a router (RFC 4861 §6.2.1).
constexpr seconds longest_trust_unused{900};

}  // namespace

/// A linear congruence is good enough for spreading.
std::uint32_t Solicitor::random_below(std::uint32_t bound) {
  random_ = random_ * 1664525U + 1013904223U;
  return static_cast<std::uint32_t>(static_cast<std::uint64_t>(random_) * bound >> 32);
}

Solicitor::Known* Solicitor::find(Ipv4 router) {
  const auto found = std::find_if(routers_.begin(), routers_.end(), [router](const Known& known) {
    return known.router.address == router;
  });
  return found == routers_.end() ? nullptr : &*found;
}

bool Solicitor::is_withdrawn(Ipv4 router) const {
  return std::any_of(routers_.begin(), routers_.end(), [router](const Known& known) {
    return known.router.address == router && known.withdrawn;
  });
}

bool Solicitor::is_alive(Ipv4 router) const {
  return std::any_of(routers_.begin(), routers_.end(), [router](const Known& known) {
    return known.router.address == router && known.health == Health::alive;
  });
}

bool Solicitor::can_show_use(Moment now) const {
  return std::any_of(routers_.begin(), routers_.end(),
                     [now](const Known& known) { return known.leads(now); }) ||
         std::none_of(routers_.begin(), routers_.end(),
                      [](const Known& known) { return known.router.may_be_default; });
}

void Solicitor::had_no_default(Ipv4 router) {
  if (Known* known = find(router)) known->withdrawn = false;
}

/// The keepalive calls the router dead.
bool Solicitor::is_withheld(const Known& known) const {
  if (!withdrawal_.dead_target) return false;
  const auto target = embedded_in_isatap(*withdrawal_.dead_target);
  const auto is_target = [target](const Known& one) { return one.router.address == target; };
  return is_target(known) || std::none_of(routers_.begin(), routers_.end(), is_target);
}

Solicitor::Step Solicitor::withdraw(const Withdrawal& withdrawal, Moment now) {
  Step step;
  if (withdrawal == withdrawal_) return step;
  withdrawal_ = withdrawal;
  for (Known& known : routers_)
    if (known.withdrawn && !is_withheld(known)) ask_for_route(known, now);
  choose(now, step);
  return step;
}

void Solicitor::set_routers(const std::vector<Router>& routers, Moment now) {
  std::vector<Known> all;
  for (const Router& router : routers) {
    if (const Known* known = find(router.address);
        known != nullptr && known->router.may_be_default == router.may_be_default) {
      all.push_back(*known);
      continue;
    }
    Known known;
    known.router = router;
    hurry(known, now);
    all.push_back(known);
  }
  routers_ = std::move(all);
}

void Solicitor::restart(Moment now) {
  for (Known& known : routers_) hurry(known, now);
}

void Solicitor::set_use(bool used, Moment now) {
  if (used && !used_)
    for (Known& known : routers_)
      if (known.health == Health::alive && known.unanswered == 0 && known.last)
        known.next = std::min(known.next, std::max(now, *known.last + longest_trust));
  used_ = used;
}

void Solicitor::lost_default(Ipv4 router, Moment now) {
  Known* known = find(router);
  if (known == nullptr || !known->default_until || *known->default_until <= now) return;
  known->default_until.reset();
  ask_for_route(*known, now);
}

/// Another program that deletes the route again and again, or a target that comes and goes, causes
/// no stream of solicitations.
void Solicitor::ask_for_route(Known& known, Moment now) {
  known.lost = known.lost ? std::max(now, *known.lost + least_interval) : now;
  if (known.next > *known.lost) hurry(known, *known.lost);
}

/// A new series of quick solicitations; also then two are never closer than these are.
void Solicitor::hurry(Known& known, Moment when) {
  // One that is about to begin is not put off, however often it is asked for.
  const bool about_to = known.hurried && known.quickly && known.unanswered == 0;
  const Moment planned = known.next;
  known.unanswered = 0;
  known.quickly = true;
  known.judged = false;
  known.gap = seconds(0);
  known.hurried = when;
  const auto delay = static_cast<std::uint32_t>(longest_delay.count());
  known.next = when + milliseconds(random_below(delay));
  if (known.last) known.next = std::max(known.next, *known.last + quick_interval);
  if (about_to) known.next = std::min(known.next, planned);
}

void Solicitor::solicit(Known& known, Moment now) {
  known.last = now;
  ++known.unanswered;
  if (known.quickly || (known.unanswered == tries && !known.judged)) {
    // After the last one, the time for its answer.
    known.next = now + quick_interval;
    return;
  }
  known.gap = std::clamp(known.gap * 2, least_interval, longest_silence);
  known.next =
      now + known.gap + seconds(random_below(static_cast<std::uint32_t>(known.gap.count() / 10)));
}

void Solicitor::judge(Known& known, Step& step) {
  known.judged = true;
  known.quickly = false;
  known.gap = std::clamp(known.gap * 2, least_interval, longest_silence);
  known.next = *known.last + known.gap;
  // Who answers pings is there; its lifetimes will tell the rest.
  if (!known.answers_pings || known.health != Health::alive) become(known, Health::dead, step);
}

Solicitor::Step Solicitor::tick(Moment now) {
  Step step;
  for (Known& known : routers_) {
    if (known.next > now) continue;
    if (known.unanswered >= tries && !known.judged) {
      judge(known, step);
      continue;
    }
    solicit(known, now);
    step.solicit.push_back(known.router.address);
  }
  choose(now, step);
  return step;
}

Solicitor::Step Solicitor::advertised(Ipv4 router, const RouterAdvertisement& advertisement,
                                      Moment now) {
  Step step;
  Known* known = find(router);
  if (known == nullptr) return step;
  known->unanswered = 0;
  known->quickly = false;
  known->judged = false;
  known->gap = seconds(0);
  known->default_until.reset();
  if (advertisement.lifetime != 0 && known->router.may_be_default) {
    known->default_until = now + seconds(advertisement.lifetime);
    if (known->withdrawn && !is_withheld(*known)) step.promoted.push_back(router);
  }
  known->unheard = false;
  known->withdrawn = false;
  // Half of the remaining lifetime leaves time for several more, should one be lost.
  const seconds half(advertisement.first_end().value_or(lasts_forever) / 2);
  const seconds longest = used_ ? longest_trust : longest_trust_unused;
  const seconds trust = std::clamp(half, least_interval, longest);
  const auto earlier = seconds(random_below(static_cast<std::uint32_t>(trust.count() / 10)));
  known->next = now + std::max(trust - earlier, least_interval);
  become(*known, Health::alive, step);
  choose(now, step);
  return step;
}

Solicitor::Step Solicitor::probed(Ipv4 router, bool answers, Moment now) {
  Step step;
  Known* known = find(router);
  if (known == nullptr || (!answers && !known->answers_pings)) return step;
  const bool was_dead = known->health == Health::dead;
  if (answers) known->answers_pings = true;
  become(*known, answers ? Health::alive : Health::dead, step);
  // It is back, but not its default route. A router that comes and goes is not asked each time.
  const Moment when = known->hurried ? std::max(now, *known->hurried + least_interval) : now;
  if (answers && was_dead && known->next > when) hurry(*known, when);
  choose(now, step);
  return step;
}

void Solicitor::become(Known& known, Health health, Step& step) {
  if (known.health == health) return;
  known.health = health;
  step.news.push_back({known.router.address, health});
}

void Solicitor::choose(Moment now, Step& step) {
  // Maybe one that was silent so far answers by now.
  for (const News& news : step.news) {
    if (news.became != Health::dead) continue;
    for (Known& other : routers_) {
      const bool lately = other.hurried && now - *other.hurried < least_interval;
      if (other.health != Health::alive && other.router.address != news.router && !lately)
        hurry(other, now);
    }
  }
  const bool has_other = std::any_of(routers_.begin(), routers_.end(), [&](const Known& known) {
    return known.health == Health::alive && known.leads(now) && !is_withheld(known);
  });
  for (Known& known : routers_) {
    // Without another router, its route is better than none, unless the user says otherwise: a
    // silent one may carry packets yet.
    const bool is_out =
        is_withheld(known) || (known.health == Health::dead && (has_other || withdrawal_.of_dead));
    if (!is_out || !(known.leads(now) || known.unheard)) continue;
    known.default_until.reset();
    known.unheard = false;
    known.withdrawn = withdrawal_.of_dead;
    step.demote.push_back({known.router.address, has_other});
  }
}

std::optional<Moment> Solicitor::next() const {
  std::optional<Moment> first;
  for (const Known& known : routers_)
    if (!first || known.next < *first) first = known.next;
  return first;
}

std::vector<std::pair<Ipv4, Health>> Solicitor::health() const {
  std::vector<std::pair<Ipv4, Health>> all;
  for (const Known& known : routers_) all.emplace_back(known.router.address, known.health);
  return all;
}

}  // namespace situp
