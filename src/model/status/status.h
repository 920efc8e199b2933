// SPDX-License-Identifier: GPL-2.0-or-later
// The data that status shows of a tunnel. Pure: the command status reads it.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/kind.h"
#include "model/stanza/spec.h"
#include "model/status/vitals.h"
#include "model/tunnel/live.h"

namespace situp {

struct BrokerStatus {
  std::string broker;  // "he 123456"
  std::string answer;  // the last one: "good 203.0.113.10"; empty: none yet
  std::int64_t accepted_at = 0;
  bool stopped = false;        // refused for good: situp tells no address until a setting changes
  std::int64_t called_at = 0;  // when situp last told it; 0 = never
};

struct TunnelStatus {
  enum class State {
    up,
    unproven,  // up, but it has sent packets and has received none
    degraded,  // there as wanted, but it carries no packets, or situpd does not maintain it
    drifted,   // there, and not as wanted
    down,
  };
  State state = State::down;
  /// The state is not as wanted: a stanza that isn't auto may be down.
  bool wrong = false;
  std::string name;
  Kind kind = Kind::sixin4;
  std::optional<Ipv4> local, remote;  // 0.0.0.0: any; empty: not known while it is down
  std::string local_sources;          // as the stanza names them: "ec2 interface:eth0"
  std::string local_source;           // the source that gave local; empty: not known
  std::string endpoint;               // as the stanza names it
  std::string owner;            // the program that brought it up: "ifup", "situp"; empty: none
  std::int64_t changed_at = 0;  // when situp last resolved and applied the tunnel; 0 = not known
  std::string firewall;         // "stateful", "off"; empty: not known
  std::string mss;              // "clamp", "off"; empty: not known
  std::optional<Encap> encap;   // of the device; empty: it has none
  std::optional<unsigned> mtu;
  std::vector<std::string> addresses, routes, lan;  // that are there
  std::vector<Router> routers;                      // that are there
  /// Of a kind with a domain: this host's prefix, and the relays; none if this host is one.
  std::optional<Ipv6Net> delegated;
  std::vector<Ipv4> relays;
  bool is_relay = false;
  /// Without a remote end: the one next hop that situp makes, or that the kernel chooses although
  /// the destinations have several; empty if all destinations have one.
  std::optional<NextHop> next_hop;
  bool kernel_next_hop = false;
  /// The default routes that situpd has removed until the far end answers.
  std::vector<std::string> withdrawn;
  /// The rules for packets out of the tunnel (model/tunnel/on_link.h) should be there and can't be.
  bool no_on_link_rules = false;
  std::optional<Counters> counters;
  std::optional<Vitals> vitals;  // empty: situpd has not maintained it
  std::optional<BrokerStatus> broker;
  /// The faults, a line each.
  std::vector<std::string> trouble;
  /// The `ip` commands that would correct it.
  std::vector<std::string> differs;
  /// No faults, but facts that the administrator should know.
  std::vector<std::string> notes;
  /// The parts that need a privilege.
  std::vector<std::string> unseen;
};

const char* word_of(TunnelStatus::State state);

/// The meaning of the error counters (net/ipv6/sit.c), a line for each that isn't 0.
std::vector<std::string> what_counters_say(const KindRow& kind, const Counters& counters);

/// Puts the faults of vitals and counters into state, trouble and wrong. `expected`: it should be
/// up.
void judge(TunnelStatus& status, bool expected);

/// The fault to show where there is room for one; empty if there is none.
std::string first_trouble(const TunnelStatus& status);
/// situpd's state of a router; empty if not known.
std::string health_of(const TunnelStatus& status, Ipv4 router);

/// In microseconds, of the last answered pings.
struct RoundTrips {
  std::uint32_t median = 0, least = 0, mean = 0, most = 0;
};
std::optional<RoundTrips> round_trips(const Vitals& vitals);

struct Layout {
  unsigned columns = 0;  // of the terminal; 0: no limit
  bool colour = false;
};

/// 1500 microseconds → "1.5 ms"
std::string as_milliseconds(std::uint32_t microseconds);
/// One line per tunnel, in columns.
std::string status_table(const std::vector<TunnelStatus>& all, const Layout& layout);
/// All data of one tunnel. `now`: seconds since 1970.
std::string status_details(const TunnelStatus& status, const Layout& layout, std::int64_t now);
/// schema/status.schema.json
std::string status_json(const std::vector<TunnelStatus>& all);

}  // namespace situp
