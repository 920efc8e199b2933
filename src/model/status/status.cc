// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/status/status.h"

#include <algorithm>
#include <numeric>

namespace situp {

const char* word_of(TunnelStatus::State state) {
  switch (state) {
    case TunnelStatus::State::up:
      return "up";
    case TunnelStatus::State::unproven:
      return "unproven";
    case TunnelStatus::State::degraded:
      return "degraded";
    case TunnelStatus::State::drifted:
      return "drifted";
    case TunnelStatus::State::down:
      break;
  }
  return "down";
}

std::vector<std::string> what_counters_say(const KindRow& kind, const Counters& counters) {
  std::vector<std::string> lines;
  const auto say = [&lines](const char* name, std::uint64_t count, const char* meaning) {
    if (count != 0)
      lines.push_back(std::string(name) + " " + std::to_string(count) + ": " + meaning);
  };
  say("rx_errors", counters.rx_errors, kind.receive_errors);
  say("rx_frame_errors", counters.rx_frame_errors,
      "packets with congestion marks (ECN) that inside and outside contradict each other");
  say("tx_carrier_errors", counters.tx_carrier_errors,
      "packets for which there was no IPv4 route, or the local address was not this host's");
  say("tx_errors", counters.tx_errors, kind.transmit_errors);
  say("collisions", counters.collisions,
      "packets that would have gone into the tunnel again, or through a path of a tiny MTU");
  return lines;
}

std::string first_trouble(const TunnelStatus& status) {
  if (!status.trouble.empty()) return status.trouble.front();
  if (!status.differs.empty()) return "situp plan " + status.name + " shows what differs";
  return {};
}

std::string health_of(const TunnelStatus& status, Ipv4 router) {
  if (!status.vitals) return {};
  for (const auto& one : status.vitals->routers)
    if (one.router == router) return one.health;
  return {};
}

std::optional<RoundTrips> round_trips(const Vitals& vitals) {
  std::vector<std::uint32_t> known;
  for (const auto& sample : vitals.samples)
    if (sample) known.push_back(*sample);
  if (known.empty()) return std::nullopt;
  std::sort(known.begin(), known.end());
  const auto sum = std::accumulate(known.begin(), known.end(), std::uint64_t{0});
  return RoundTrips{known[known.size() / 2], known.front(),
                    static_cast<std::uint32_t>(sum / known.size()), known.back()};
}

void judge(TunnelStatus& status, bool expected) {
  if (status.vitals) {
    const Vitals& vitals = *status.vitals;
    if (vitals.health == "dead")
      status.trouble.push_back((vitals.target ? vitals.target->str() : "the far end") +
                               " does not answer through the tunnel");
    const bool is_known = std::find(status.trouble.begin(), status.trouble.end(), vitals.trouble) !=
                          status.trouble.end();
    if (!vitals.trouble.empty() && !is_known) status.trouble.push_back(vitals.trouble);
  }
  if (status.broker && status.broker->stopped)
    status.trouble.push_back("the broker has refused, and is told no more: " +
                             status.broker->answer);
  if (status.state == TunnelStatus::State::down && expected && status.trouble.empty())
    status.trouble.emplace_back("it is to be up and is not: bring it up");
  if (status.state == TunnelStatus::State::up && !status.differs.empty())
    status.state = TunnelStatus::State::drifted;
  if (status.state == TunnelStatus::State::up && !status.trouble.empty())
    status.state = TunnelStatus::State::degraded;
  constexpr std::uint64_t enough = 20;
  if (status.state == TunnelStatus::State::up && status.counters &&
      status.counters->rx_packets == 0 && status.counters->tx_packets >= enough &&
      (!status.vitals || status.vitals->health.empty())) {
    status.state = TunnelStatus::State::unproven;
    status.notes.push_back(std::to_string(status.counters->tx_packets) +
                           " packets were sent, and none has come back: situp doctor " +
                           status.name + " finds out why");
  }
  status.wrong = status.state != TunnelStatus::State::up &&
                 status.state != TunnelStatus::State::unproven &&
                 (status.state != TunnelStatus::State::down || expected);
}

}  // namespace situp
