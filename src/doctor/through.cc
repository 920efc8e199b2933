// SPDX-License-Identifier: GPL-2.0-or-later
#include <netinet/icmp6.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/file.h"
#include "doctor/doctor.h"
#include "kernel/counters.h"
#include "kernel/echo.h"
#include "kernel/echo4.h"
#include "kernel/packet_watch.h"
#include "model/words.h"

namespace situp {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr unsigned requests = 3;
constexpr milliseconds between{300};
/// After the first request: brokers are less than half a second away.
constexpr milliseconds patience{1500};

constexpr unsigned least_mtu = 1280;  // IPv6's own (RFC 8200 §5)

/// Until one of them has something to read, at most until the deadline.
void wait_for(const std::vector<int>& descriptors, Deadline deadline) {
  std::vector<pollfd> waited;
  waited.reserve(descriptors.size());
  for (const int descriptor : descriptors) waited.push_back({descriptor, POLLIN, 0});
  static_cast<void>(poll(waited.data(), waited.size(), static_cast<int>(deadline.left().count())));
}

std::string name_of(const Live& live, int index) {
  const LiveLink* link = live.link(index);
  return link == nullptr ? "interface " + std::to_string(index) : link->name;
}

/// The stricter of the two is in force (Documentation/networking/ip-sysctl).
bool has_strict_rp_filter(const std::string& iface) {
  char strictest = '0';
  for (const std::string& name : {std::string("all"), iface}) {
    const auto text = read_small_file("/proc/sys/net/ipv4/conf/" + name + "/rp_filter", 16);
    if (text && !text->empty()) strictest = std::max(strictest, text->front());
  }
  return strictest == '1';
}

/// Asks once with a packet of that size, and once more if nothing comes.
bool passes(const Echo& echo, int ifindex, const Ipv6& target, unsigned size, milliseconds time) {
  static std::uint16_t sequence = 1000;
  for (int tries = 0; tries < 2; ++tries) {
    const std::uint16_t mine = ++sequence;
    if (echo.ask(ifindex, target, mine, std::nullopt, size) != 0) return false;
    const Deadline deadline = Deadline::in(time);
    while (!deadline.over()) {
      wait_for({echo.descriptor()}, deadline);
      while (const auto answer = echo.next_answer())
        if (answer->sequence == mine && answer->from == target) return true;
    }
  }
  return false;
}

/// The requests on their way, and what is seen meanwhile.
class Watcher {
 public:
  Watcher(Passage& passage, const LiveLink& link, const Live& live)
      : passage_(passage), link_(link), live_(live) {
    try {
      watch_.emplace();
      passage_.watched = true;
    } catch (const Error&) {
    }
    if (passage_.outer == Ipv4{}) return;
    try {
      outer_.emplace(passage_.local, passage_.outer);
      passage_.outer_answers = false;
    } catch (const Error&) {
      // Not its address any more, which the device's probe says.
    }
  }

  void run() {
    const auto start = Clock::now();
    while (Clock::now() - start < patience) {
      const auto now = Clock::now();
      if (passage_.asked < requests && now - start >= passage_.asked * between) ask();
      const bool is_over = passage_.asked == requests && passage_.answered == requests;
      if (is_over) break;
      const auto next =
          passage_.asked < requests ? start + passage_.asked * between : start + patience;
      wait_for(descriptors(), Deadline::in(std::chrono::ceil<milliseconds>(next - now)));
      take();
    }
    take();
  }

 private:
  std::vector<int> descriptors() const {
    std::vector<int> all{echo_.descriptor()};
    if (outer_) all.push_back(outer_->descriptor());
    if (watch_) all.push_back(watch_->descriptor());
    return all;
  }

  void ask() {
    sent_at_.at(passage_.asked) = Clock::now();
    const auto sequence = static_cast<std::uint16_t>(++passage_.asked);
    const int error = echo_.ask(link_.index, passage_.target, sequence, passage_.source);
    if (error != 0) passage_.not_sent = error;
    // Whom this host forbids to ask can't be said not to answer.
    if (outer_ && outer_->ask(sequence) != 0) {
      outer_.reset();
      passage_.outer_answers.reset();
    }
  }

  void take() {
    while (const auto answer = echo_.next_answer()) {
      if (answer->from != passage_.target || answer->sequence == 0 ||
          answer->sequence > passage_.asked)
        continue;
      const auto time = std::chrono::duration_cast<std::chrono::microseconds>(
          Clock::now() - sent_at_.at(answer->sequence - 1U));
      const auto taken = static_cast<std::uint32_t>(time.count());
      passage_.round_trip = passage_.answered == 0 ? taken : std::min(passage_.round_trip, taken);
      ++passage_.answered;
    }
    if (outer_ && outer_->answers() != 0) passage_.outer_answers = true;
    while (watch_) {
      const auto seen = watch_->next();
      if (!seen) break;
      note(*seen);
    }
  }

  /// Two tunnels may lead to one broker's server.
  bool is_another_tunnel_s(Ipv4 local) const {
    bool found = false;
    live_.for_each_link([&](const LiveLink& link) {
      found |= link.index != link_.index && link.sit && link.sit->local == local &&
               (link.sit->isatap || link.sit->remote == passage_.outer);
    });
    return found && local != passage_.local;
  }

  void note_inner(const PacketWatch::Seen::Inner& inner) {
    if (inner.type == ICMP6_ECHO_REPLY && inner.from == passage_.target) {
      passage_.answer_came = true;
    } else if (inner.about == passage_.target) {
      passage_.inner_refused_by = inner.from;
      passage_.inner_type = inner.type;
      passage_.inner_refusal = inner.code;
    }
  }

  void note(const PacketWatch::Seen& seen) {
    if (seen.inner) {
      if (!seen.outgoing && seen.ifindex == link_.index) note_inner(*seen.inner);
    } else if (seen.unreachable) {
      if (seen.about != passage_.outer || seen.outgoing) return;
      passage_.refused_by = seen.from;
      passage_.refusal = *seen.unreachable;
    } else if (is_another_tunnel_s(seen.outgoing ? seen.from : seen.to)) {
      return;
    } else if (seen.outgoing && seen.to == passage_.outer) {
      ++passage_.left;
      passage_.left_by = name_of(live_, seen.ifindex);
    } else if (!seen.outgoing && seen.from == passage_.outer) {
      ++passage_.arrived;
      passage_.arrived_by = name_of(live_, seen.ifindex);
      if (seen.to != passage_.local && passage_.local != Ipv4{}) passage_.arrived_for = seen.to;
    }
  }

  Passage& passage_;
  const LiveLink& link_;
  const Live& live_;
  Echo echo_;
  std::optional<Echo4> outer_;
  std::optional<PacketWatch> watch_;
  std::array<Clock::time_point, requests> sent_at_{};
};

}  // namespace

/// What is asked is the broker's end, or each ISATAP router.
void Doctor::through() {
  const LiveLink* link = live_.link(patient_.iface.str());
  std::vector<std::pair<Ipv6, Ipv4>> targets;
  if (link->sit->isatap) {
    for (const Router& router : live_.routers(link->index))
      targets.emplace_back(isatap_link_local(router.address), router.address);
    if (targets.empty() && spec_->gateway && embedded_in_isatap(*spec_->gateway))
      targets.emplace_back(*spec_->gateway, *embedded_in_isatap(*spec_->gateway));
  } else if (spec_->keepalive) {
    targets.emplace_back(spec_->keepalive->target, link->sit->remote);
  } else if (spec_->gateway && !spec_->gateway->is_unspecified()) {
    targets.emplace_back(*spec_->gateway, link->sit->remote);
  } else if (spec_->gateway || !spec_->routes.empty()) {
    targets.emplace_back(config_.beyond, link->sit->remote);
  }
  if (targets.empty()) {
    add("passage", "looked for somebody to ask", "there is neither gateway, keepalive nor router");
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
  // One router of several is enough, but the others are there for the day when it isn't.
  if (answered)
    for (Probe& probe : diagnosis_.probes)
      if (probe.name == "passage" && probe.mark == Mark::likely) probe.mark = Mark::aside;
  default_route(*link, answered && !is_beyond);
}

/// A source-specific default route is for packets from there alone.
std::optional<Ipv6> Doctor::source() const {
  if (spec_->routes.empty() || spec_->addresses.empty()) return std::nullopt;
  return spec_->addresses.front().address;
}

Probe Doctor::passage(const LiveLink& link, const Ipv6& target, Ipv4 outer, bool& answered,
                      std::uint32_t& round_trip) {
  Passage passage;
  passage.iface = link.name;
  passage.isatap = link.sit->isatap;
  passage.target = target;
  if (target == config_.beyond) passage.source = source();
  passage.local = link.sit->local;
  passage.outer = outer;
  passage.filters = filters_;
  passage.before = read_counters(link.name).value_or(Counters{});
  Watcher(passage, link, live_).run();
  passage.after = read_counters(link.name).value_or(passage.before);
  if (passage.arrived != 0 && has_strict_rp_filter(passage.arrived_by)) {
    const auto route = kernel_.route_to(outer, 0);
    passage.strict_rp_filter = !route || name_of(live_, route->dev) != passage.arrived_by;
  }
  answered = passage.answered == passage.asked;
  round_trip = passage.round_trip;
  return judge(passage);
}

void Doctor::default_route(const LiveLink& link, bool answered) {
  const bool by_routers = link.sit->isatap && !live_.routers(link.index).empty();
  if (!spec_->gateway && spec_->routes.empty() && !by_routers) return;
  const auto route = kernel_.route_to(config_.beyond);
  Probe& probe =
      add("default route", "asked the kernel for the way to " + config_.beyond.str(), "");
  if (!route) {
    probe.saw = "there is none";
    const bool is_wanted = spec_->gateway.has_value();
    if (is_wanted || by_routers)
      conclude(is_wanted ? Mark::sure : Mark::aside, "this host has no IPv6 route to the Internet",
               is_wanted ? "situp plan " + link.name + " shows whether the tunnel's is missing"
                         : "wait for a router's advertisement; situp status " + link.name +
                               " shows whether any answers");
    return;
  }
  const bool is_ours = route->dev == link.index;
  const bool goes_beyond = spec_->gateway.has_value() || !spec_->routes.empty() || is_ours;
  probe.saw = "out of " + name_of(live_, route->dev) + ", from " + route->source.str() +
              ", metric " + std::to_string(route->metric);
  if (!is_ours && !spec_->routes.empty()) {
    probe.saw += "; v4tunnel-route leaves native IPv6 alone";
  } else if (!is_ours && spec_->gateway) {
    conclude(Mark::likely,
             "IPv6 leaves by " + name_of(live_, route->dev) +
                 ", whose default route is preferred, and not by the tunnel",
             "write v4tunnel-route default in place of gateway to have both, or a metric below " +
                 std::to_string(route->metric));
  }
  if (answered && goes_beyond) beyond(link);
}

void Doctor::beyond(const LiveLink& link) {
  Passage passage;
  passage.iface = link.name;
  passage.target = config_.beyond;
  passage.source = source();
  Watcher(passage, link, live_).run();
  diagnosis_.probes.push_back(judge_beyond(passage));
}

void Doctor::path_mtu(const LiveLink& link, const Ipv6& target, std::uint32_t round_trip) {
  const Echo echo;
  echo.never_fragment();
  const milliseconds time =
      std::clamp(milliseconds(5 * round_trip / 1000), milliseconds(400), milliseconds(2000));
  PathMtu path{link.mtu, 0};
  const auto fits = [&](unsigned size) { return passes(echo, link.index, target, size, time); };
  if (fits(path.device)) {
    path.largest = path.device;
  } else if (path.device > least_mtu && fits(least_mtu)) {
    // Steps of 4 bytes are as fine as anybody's headers.
    constexpr unsigned step = 4;
    unsigned good = least_mtu / step;
    unsigned bad = path.device / step + 1;
    while (bad - good > 1) {
      const unsigned middle = (good + bad) / 2;
      (fits(middle * step) ? good : bad) = middle;
    }
    path.largest = good * step;
    // Who answers only so many pings a second has not answered for their size.
    if (fits(path.device)) path.largest = path.device;
  }
  const auto& stanza = is_up() ? record_->stanza : *patient_.stanza;
  const bool has_stock_word = Options(stanza).find("mtu") != nullptr;
  diagnosis_.probes.push_back(judge(path, has_stock_word     ? "mtu"
                                          : link.sit->isatap ? "isatap-mtu"
                                                             : "v4tunnel-mtu"));
}

}  // namespace situp
