// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/socket_packets.h"

#include <netinet/icmp6.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "base/deadline.h"
#include "kernel/echo.h"
#include "kernel/echo4.h"
#include "kernel/packet_watch.h"

namespace situp {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr unsigned requests = 3;
constexpr milliseconds between{300};
/// From the first request on: brokers are less than half a second away.
constexpr milliseconds patience{1500};

constexpr unsigned least_mtu = 1280;  // IPv6's own (RFC 8200 §5)

/// Waits until a descriptor is readable, at most until the deadline.
void wait_for(const std::vector<int>& descriptors, Deadline deadline) {
  std::vector<pollfd> waited;
  waited.reserve(descriptors.size());
  for (const int descriptor : descriptors) waited.push_back({descriptor, POLLIN, 0});
  static_cast<void>(poll(waited.data(), waited.size(), static_cast<int>(deadline.left().count())));
}

/// Pings with a packet of that size, and once more if no answer comes.
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

/// Sends the requests, and records the packets that it sees meanwhile.
class Watcher {
 public:
  Watcher(Passage& passage, const LiveLink& link, const Live& live)
      : passage_(passage), link_(link), live_(live) {
    try {
      watch_.emplace(passage.udp_port);
      passage_.watched = true;
    } catch (const Error&) {
    }
    if (passage_.outer == Ipv4{}) return;
    try {
      outer_.emplace(passage_.local, passage_.outer);
      passage_.outer_answers = false;
    } catch (const Error&) {
      // The host no longer holds the address; the device's probe reports that.
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
    // If this host forbids the ping, the missing answer says no more about the other end.
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

  /// Two tunnels may lead to the same server of a broker.
  bool is_another_tunnel_s(Ipv4 local) const {
    bool found = false;
    live_.for_each_link([&](const LiveLink& link) {
      found |= link.index != link_.index && link.sit && link.sit->local == local &&
               (link.sit->remote == Ipv4{} || link.sit->remote == passage_.outer);
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
      passage_.left_by = live_.name_of(seen.ifindex);
    } else if (!seen.outgoing && seen.from == passage_.outer) {
      ++passage_.arrived;
      passage_.arrived_by = live_.name_of(seen.ifindex);
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

Packets::Ping SocketPackets::ping(Ipv4 from, Ipv4 to) {
  Ping result;
  const Echo4 echo(from, to);
  for (std::uint16_t tries = 1; tries <= 2 && !result.answered; ++tries) {
    result.not_sent = echo.ask(tries);
    if (result.not_sent != 0) break;
    pollfd waited{echo.descriptor(), POLLIN, 0};
    constexpr int half_a_second = 500;
    result.answered = poll(&waited, 1, half_a_second) > 0 && echo.answers() != 0;
  }
  return result;
}

void SocketPackets::pass(Passage& passage, const LiveLink& link, const Live& live) {
  Watcher(passage, link, live).run();
}

unsigned SocketPackets::largest(const LiveLink& link, const Ipv6& target,
                                std::uint32_t round_trip) {
  unsigned largest = 0;
  const Echo echo;
  echo.never_fragment();
  const milliseconds time =
      std::clamp(milliseconds(5 * round_trip / 1000), milliseconds(400), milliseconds(2000));
  const auto fits = [&](unsigned size) { return passes(echo, link.index, target, size, time); };
  if (fits(link.mtu)) {
    largest = link.mtu;
  } else if (link.mtu > least_mtu && fits(least_mtu)) {
    // Headers have sizes in steps of 4 bytes.
    constexpr unsigned step = 4;
    unsigned good = least_mtu / step;
    unsigned bad = link.mtu / step + 1;
    while (bad - good > 1) {
      const unsigned middle = (good + bad) / 2;
      (fits(middle * step) ? good : bad) = middle;
    }
    largest = good * step;
    // A host that limits its answers per second may have dropped a ping for that, not for its size.
    if (fits(link.mtu)) largest = link.mtu;
  }
  return largest;
}

std::vector<FilterChain> SocketPackets::filters() {
  return read_filters();
}

}  // namespace situp
