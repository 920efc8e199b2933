// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <utility>
#include <vector>

#include "base/file.h"
#include "doctor/doctor.h"
#include "model/stanza/words.h"
#include "model/status/vitals.h"

namespace situp {
/// The stricter of the two is in force (Documentation/networking/ip-sysctl).
bool Doctor::has_strict_rp_filter(const std::string& iface) const {
  char strictest = '0';
  for (const std::string& name : {std::string("all"), iface}) {
    const auto text =
        read_small_file(system_.root + "/proc/sys/net/ipv4/conf/" + name + "/rp_filter", 16);
    if (text && !text->empty()) strictest = std::max(strictest, text->front());
  }
  return strictest == '1';
}

/// Pings the broker's end, or each router of the list.
void Doctor::through() {
  const LiveLink* link = live_.link(subject_.iface.str());
  std::vector<std::pair<Ipv6, Ipv4>> targets;
  const KindRow& kind = row_of(link->sit->kind);
  if (kind.holds_local) {
    for (const Router& router : live_.routers(link->index))
      targets.emplace_back(kind.link_local(router.address), router.address);
    const auto target = record_ ? keepalive_target(*spec_, record_->resolved) : std::nullopt;
    for (const auto& other : {target, spec_->gateway}) {
      const auto outer = other ? kind.embedded(*other) : std::nullopt;
      const auto is_outer = [&](const auto& known) { return known.second == outer; };
      if (outer && std::none_of(targets.begin(), targets.end(), is_outer))
        targets.emplace_back(*other, *outer);
    }
  } else if (kind.has_domain) {
    if (record_) relays(targets);
  } else if (spec_->keepalive) {
    targets.emplace_back(*spec_->keepalive->target, link->sit->remote);
  } else if (spec_->gateway && !spec_->gateway->is_unspecified()) {
    targets.emplace_back(*spec_->gateway, link->sit->remote);
  } else if (spec_->gateway || !spec_->routes.empty()) {
    targets.emplace_back(config_.beyond, link->sit->remote);
  }
  if (targets.empty()) {
    add("passage", "looked for somebody to ask",
        kind.has_domain ? "this host is the relay, or there is none"
                        : "there is neither gateway, keepalive nor router");
    diagnosis_.probes.back().mark = Mark::unseen;
    return;
  }
  bool answered = false;
  bool is_beyond = false;
  for (const auto& [target, outer] : targets) {
    is_beyond |= target == config_.beyond;
    std::uint32_t round_trip = 0;
    bool answers = false;
    try {
      Probe probe = passage(*link, target, outer, answers, round_trip);
      diagnosis_.probes.push_back(std::move(probe));
    } catch (const Error& error) {
      add("passage", "ask " + target.str(), error.why());
      diagnosis_.probes.back().mark = Mark::unseen;
      diagnosis_.probes.back().advice = "run it as root";
      return;
    }
    if (answers && !answered) path_mtu(*link, target, round_trip);
    answered |= answers;
  }
  // One router of several is enough, but the others are there for its failure.
  if (answered)
    for (Probe& probe : diagnosis_.probes)
      if (probe.name == "passage" && probe.mark == Mark::likely) probe.mark = Mark::aside;
  default_route(*link, answered && !is_beyond);
}

/// A relay has the first address of its own prefix; one outside of the domain is asked for hosts of
/// the Internet.
void Doctor::relays(std::vector<std::pair<Ipv6, Ipv4>>& targets) const {
  const SixrdDomain& domain = spec_->sit.domain;
  for (const Ipv4 relay : recorded_tunnel().relays)
    targets.emplace_back(!spec_->embedded && not_embeddable(domain, relay).empty()
                             ? first_address(domain.delegated(relay))
                             : config_.beyond,
                         relay);
}

/// A source-specific default route carries only packets from that source.
std::optional<Ipv6> Doctor::source() const {
  if (spec_->routes.empty()) return std::nullopt;
  if (record_ && spec_->kind().has_domain) return recorded_tunnel().formed.front().address;
  if (spec_->addresses.empty()) return std::nullopt;
  return spec_->addresses.front().address;
}

/// Sends the packets, and reads the device's counters before and after.
void Doctor::pass(const LiveLink& link, Passage& passage) {
  passage.iface = link.name;
  passage.kind = link.sit->kind;
  Extent extent;
  extent.only = {link.name};
  extent.counters = true;
  const auto counters = [&] {
    const Live live = kernel_.snapshot(extent);
    const LiveLink* now = live.link(link.name);
    return now == nullptr ? std::nullopt : now->counters;
  };
  passage.before = counters().value_or(Counters{});
  system_.packets.pass(passage, link, live_);
  passage.after = counters().value_or(passage.before);
}

Probe Doctor::passage(const LiveLink& link, const Ipv6& target, Ipv4 outer, bool& answered,
                      std::uint32_t& round_trip) {
  Passage passage;
  passage.target = target;
  if (target == config_.beyond) passage.source = source();
  passage.local = link.sit->local;
  passage.outer = outer;
  passage.udp_port = link.sit->encap.port;
  passage.filters = filters_;
  passage.cloud = cloud_service(kernel_.firmware());
  passage.wrong_way = wrong_way({outer, link.sit->link, link.sit->local, link.sit->mark});
  pass(link, passage);
  if (passage.arrived != 0 && has_strict_rp_filter(passage.arrived_by)) {
    const auto route = kernel_.route_to({.to = outer});
    passage.strict_rp_filter = !route || live_.name_of(route->dev) != passage.arrived_by;
  }
  answered = passage.answered == passage.asked;
  round_trip = passage.round_trip;
  return judge(passage);
}

void Doctor::default_route(const LiveLink& link, bool answered) {
  const bool by_routers = !live_.routers(link.index).empty();
  const bool by_relays = record_ && spec_->kind().has_domain && !recorded_tunnel().relays.empty();
  const bool is_for_all = spec_->gateway || (by_relays && spec_->routes.empty());
  if (!is_for_all && spec_->routes.empty() && !by_routers) return;
  if (record_ && !record_->withdrawn.empty()) {
    add("default route", "read " + records_.directory() + "/" + link.name,
        "situpd has withdrawn the default route until the far end answers");
    return;
  }
  const auto route = kernel_.route_to(config_.beyond);
  Probe& probe =
      add("default route", "asked the kernel for the way to " + config_.beyond.str(), "");
  if (!route) {
    probe.saw = "there is none";
    const auto text = records_.read_vitals(subject_.iface);
    const auto vitals = text ? read_vitals(*text) : std::nullopt;
    if (vitals && std::any_of(vitals->routers.begin(), vitals->routers.end(),
                              [](const auto& router) { return router.withdrawn; })) {
      probe.saw += ": situpd has withdrawn the default route until the far end answers";
      return;
    }
    if (is_for_all || by_routers)
      conclude(is_for_all ? Mark::sure : Mark::aside, "this host has no IPv6 route to the Internet",
               is_for_all ? "situp plan " + link.name + " shows whether the tunnel's is missing"
                          : "wait for a router's advertisement; situp status " + link.name +
                                " shows whether any answers");
    return;
  }
  const bool is_ours = route->dev == link.index;
  const bool goes_beyond = is_for_all || !spec_->routes.empty() || is_ours;
  const std::string option = spec_->kind().option("route");
  probe.saw = "out of " + live_.name_of(route->dev) + ", from " + route->source.str() +
              ", metric " + std::to_string(route->metric);
  if (!is_ours && !spec_->routes.empty()) {
    probe.saw += "; " + option + " leaves native IPv6 alone";
  } else if (!is_ours && is_for_all) {
    conclude(Mark::likely,
             "IPv6 leaves by " + live_.name_of(route->dev) +
                 ", whose default route is preferred, and not by the tunnel",
             "write " + option + " default" + (spec_->gateway ? " in place of gateway" : "") +
                 " to have both, or a metric below " + std::to_string(route->metric));
  }
  if (answered && goes_beyond) beyond(link);
}

void Doctor::beyond(const LiveLink& link) {
  Passage passage;
  passage.target = config_.beyond;
  passage.source = source();
  pass(link, passage);
  diagnosis_.probes.push_back(judge_beyond(passage));
}

void Doctor::path_mtu(const LiveLink& link, const Ipv6& target, std::uint32_t round_trip) {
  const PathMtu path{link.mtu, system_.packets.largest(link, target, round_trip)};
  const auto& stanza = is_up() ? record_->stanza : *subject_.stanza;
  const bool has_stock_word = Options(stanza).find("mtu") != nullptr;
  diagnosis_.probes.push_back(judge(path, has_stock_word ? "mtu" : spec_->kind().option("mtu")));
}

}  // namespace situp
