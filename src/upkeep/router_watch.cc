// SPDX-License-Identifier: GPL-2.0-or-later
#include "upkeep/router_watch.h"

#include "base/random.h"
#include "kernel/advertised_route.h"
#include "upkeep/journal.h"

namespace situp {
void RouterWatch::open() {
  if (socket_) return;
  socket_.emplace();
  loop_.watch(socket_->descriptor(), [this] { hear(); });
}

void RouterWatch::keep(const InterfaceName& iface, int ifindex, Ipv4 local,
                       const std::vector<Router>& routers, const Withdrawal& withdrawal) {
  if (routers.empty()) return forget(iface);
  open();
  const auto [found, is_new] =
      links_.try_emplace(iface, Link{ifindex, local, Routers(random_bits()), {}, {}});
  Link& link = found->second;
  link.routers.set(routers, now());
  if (!is_new && (link.local != local || link.ifindex != ifindex)) {
    link.routers.restart(now());
    ignore_use(link);
  }
  link.local = local;
  link.ifindex = ifindex;
  act(iface, link, link.routers.withdraw(withdrawal, now()));
}

void RouterWatch::forget(const InterfaceName& iface) {
  const auto found = links_.find(iface);
  if (found == links_.end()) return;
  loop_.cancel(found->second.timer);
  ignore_use(found->second);
  links_.erase(found);
  if (!links_.empty()) return;
  loop_.forget(socket_->descriptor());
  socket_.reset();
}

void RouterWatch::restart(const InterfaceName& iface) {
  const auto found = links_.find(iface);
  if (found == links_.end()) return;
  found->second.routers.restart(now());
  plan(iface, found->second);
}

void RouterWatch::restart_all() {
  for (auto& [iface, link] : links_) {
    link.routers.restart(now());
    plan(iface, link);
  }
}

void RouterWatch::lost_default(const InterfaceName& iface, const Ipv6& gateway) {
  const auto found = links_.find(iface);
  const auto router = embedded_in_isatap(gateway);
  if (found == links_.end() || !router) return;
  found->second.routers.lost_default(*router, now());
  plan(iface, found->second);
}

void RouterWatch::answered(const InterfaceName& iface, const Echo::Answer& answer) {
  const auto found = links_.find(iface);
  const auto router = answer.from.is_link_local() ? embedded_in_isatap(answer.from) : std::nullopt;
  if (found == links_.end() || !router) return;
  act(iface, found->second, found->second.routers.answered(*router, answer.sequence, now()));
}

void RouterWatch::hear() {
  while (socket_) {
    const auto heard = socket_->next();
    if (!heard) return;
    for (auto& [iface, link] : links_) {
      if (link.ifindex != heard->ifindex) continue;
      act(iface, link, link.routers.advertised(heard->router, heard->advertisement, now()));
      break;
    }
  }
}

void RouterWatch::act(const InterfaceName& iface, Link& link, const Routers::Step& step) {
  // A solicitation that can't be sent has no answer: the same to the solicitor.
  for (const Ipv4 router : step.solicit) socket_->solicit(link.ifindex, link.local, router);
  for (const Routers::Ping& ping : step.ping)
    echo_.ask(link.ifindex, isatap_link_local(ping.router), ping.sequence);
  plan(iface, link);
  // Last: a callback may change the links.
  std::vector<std::pair<bool, std::string>> lines;
  for (const Solicitor::News& news : step.news) {
    const bool alive = news.became == Health::alive;
    lines.emplace_back(alive,
                       "router " + news.router.str() + (alive ? " answers" : " does not answer"));
  }
  for (const auto& [router, has_other] : step.demote) {
    if (!demote(link, router)) {
      link.routers.had_no_default(router);
      continue;
    }
    lines.emplace_back(false, has_other ? "router " + router.str() +
                                              " has lost its default route: another one takes over"
                                        : "the default route by router " + router.str() +
                                              " is withdrawn until the far end answers");
  }
  for (const Ipv4 router : step.promoted)
    lines.emplace_back(true, "the default route by router " + router.str() + " is back");
  for (const auto& [alive, line] : lines) news_(iface, alive, line);
}

/// True if there was a route.
bool RouterWatch::demote(const Link& link, Ipv4 router) {
  try {
    Netlink netlink;
    return delete_advertised_default(netlink, link.ifindex, router);
  } catch (const Error& error) {
    tell(Severity::error, "", "error", error.what());
    return false;
  }
}

void RouterWatch::plan(const InterfaceName& iface, Link& link) {
  loop_.cancel(link.timer);
  watch_use(iface, link);
  const auto next = link.routers.next();
  if (!next) return;
  link.timer = loop_.at(*next, [this, iface] {
    const auto found = links_.find(iface);
    if (found != links_.end()) act(iface, found->second, found->second.routers.tick(now()));
  });
}

/// One packet is all that the kernel tells of a busy link between two pings.
void RouterWatch::watch_use(const InterfaceName& iface, Link& link) {
  if (!link.routers.wants_use()) return ignore_use(link);
  if (link.use) return;
  try {
    link.use.emplace(link.ifindex, echo_.identifier());
    loop_.watch(link.use->descriptor(), [this, iface] {
      const auto found = links_.find(iface);
      if (found == links_.end()) return;
      found->second.routers.used(now());
      plan(iface, found->second);
    });
  } catch (const Error&) {
    // Pings come each minute then.
    link.use.reset();
    link.routers.used(now());
  }
}

void RouterWatch::ignore_use(Link& link) {
  if (!link.use) return;
  loop_.forget(link.use->descriptor());
  link.use.reset();
}

std::vector<std::pair<Ipv4, Health>> RouterWatch::health(const InterfaceName& iface) const {
  const auto found = links_.find(iface);
  if (found == links_.end()) return {};
  return found->second.routers.health();
}

bool RouterWatch::is_withdrawn(const InterfaceName& iface, Ipv4 router) const {
  const auto found = links_.find(iface);
  return found != links_.end() && found->second.routers.is_withdrawn(router);
}

}  // namespace situp
