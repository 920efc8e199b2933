// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>
#include <cstdio>

#include "base/text.h"
#include "model/status/monitoring.h"

namespace situp {
namespace {

using State = TunnelStatus::State;

/// In performance data, '|' begins it, and '=' and '\'' end a label.
std::string without(std::string text, std::string_view characters, char instead) {
  for (char& c : text)
    if (characters.find(c) != std::string_view::npos) c = instead;
  return text;
}

std::string line_of(NagiosState state, std::string_view text) {
  constexpr std::array words{"OK", "WARNING", "CRITICAL", "UNKNOWN"};
  return std::string("SITUP ") + words[static_cast<std::size_t>(state)] + ": " +
         without(printable(text), "|", '/');
}

/// A tunnel that differs from its stanza may carry packets all the same.
NagiosState state_of(const TunnelStatus& status) {
  if (status.state == State::unproven) return NagiosState::warning;
  if (!status.wrong) return NagiosState::ok;
  const bool is_dead = status.vitals && status.vitals->health == "dead";
  return status.state == State::drifted && !is_dead ? NagiosState::warning : NagiosState::critical;
}

std::string reason_of(const TunnelStatus& status) {
  return status.state == State::unproven ? "it has received no packet" : first_trouble(status);
}

std::string performance_of(const TunnelStatus& status) {
  std::string text;
  const auto add = [&](const char* what, const std::string& number) {
    text += " '" + without(status.name, "'=|", '_') + ' ' + what + "'=" + number;
  };
  const auto count = [&](const char* what, std::uint64_t number) {
    add(what, std::to_string(number) + 'c');
  };
  if (status.vitals && status.vitals->target) {
    if (const auto times = round_trips(*status.vitals))
      add("rtt", std::to_string(times->median) + "us");
    count("pings", status.vitals->sent);
    count("lost", status.vitals->lost);
  }
  if (status.counters) {
    count("received", status.counters->rx_bytes);
    count("sent", status.counters->tx_bytes);
    count("receive_errors", status.counters->rx_errors);
    count("send_errors", status.counters->tx_errors);
  }
  return text;
}

}  // namespace

NagiosResult status_nagios(const std::vector<TunnelStatus>& all, const HostStatus& host) {
  NagiosResult result;
  std::string faults, states, unseen, performance;
  std::size_t bad = 0;
  // The worst first: some programs cut the line.
  for (const NagiosState state : {NagiosState::critical, NagiosState::warning, NagiosState::ok})
    for (const TunnelStatus& status : all) {
      if (state_of(status) != state) continue;
      result.state = std::max(result.state, state);
      const std::string reason = reason_of(status);
      std::string& list = state == NagiosState::ok ? states : faults;
      list += (list.empty() ? "" : ", ") + status.name + ' ' + word_of(status.state);
      if (state == NagiosState::ok) continue;
      ++bad;
      if (!reason.empty()) list += " (" + reason + ')';
    }
  for (const TunnelStatus& status : all) {
    for (const std::string& what : status.unseen)
      unseen += "; not seen of " + status.name + ": " + what;
    performance += performance_of(status);
  }
  std::string text = faults.empty() ? states : faults;
  if (all.empty()) text = "there is no tunnel";
  if (!host.shows_all) {
    if (result.state == NagiosState::ok) result.state = NagiosState::unknown;
    text += "; a mistake in a file may hide tunnels: situp check names it";
  }
  result.line = line_of(result.state, text + unseen) +
                " | 'tunnels'=" + std::to_string(all.size()) + " 'wrong'=" + std::to_string(bad) +
                performance;
  return result;
}

std::string nagios_unknown(std::string_view why) {
  return line_of(NagiosState::unknown, why);
}

}  // namespace situp
