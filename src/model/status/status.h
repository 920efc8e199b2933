// SPDX-License-Identifier: GPL-2.0-or-later
// What status shows of a tunnel. Pure: somebody else has read it all.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/kind.h"
#include "model/stanza/spec.h"
#include "model/status/vitals.h"
#include "model/tunnel/tunnel.h"

namespace situp {

/// Since the device was made.
struct Counters {
  std::uint64_t rx_bytes = 0, rx_packets = 0, tx_bytes = 0, tx_packets = 0;
  std::uint64_t rx_errors = 0, rx_frame_errors = 0, tx_errors = 0, tx_carrier_errors = 0;
  std::uint64_t collisions = 0;
};

struct BrokerStatus {
  std::string broker;  // "he 123456"
  std::string answer;  // the last one: "good 203.0.113.10"; empty: none yet
  std::int64_t accepted_at = 0;
  bool stopped = false;  // refused for good: nothing more is told until something is changed
};

struct TunnelStatus {
  enum class State {
    up,
    degraded,  // there as wanted, but it doesn't carry, or nobody looks after it
    drifted,   // there, and not as wanted
    down,
  };
  State state = State::down;
  /// The state is not as somebody wants it: a stanza that isn't auto may be down.
  bool wrong = false;
  std::string name;
  Kind kind = Kind::sixin4;
  std::optional<Ipv4> local, remote;  // 0.0.0.0: any; nothing: not known while it is down
  std::string local_sources;          // as the stanza names them: "ec2 interface:eth0"
  std::string local_source;           // which of them gave local; empty: not known
  std::string endpoint;               // as the stanza names it
  std::string owner;                  // who brought it up: "ifup", "situp"; empty: nobody
  std::int64_t changed_at = 0;  // when what is up was last found out, and made so; 0 = not known
  std::string firewall;         // "stateful", "off"; empty: not known
  std::optional<unsigned> mtu;
  std::vector<std::string> addresses, routes, lan;  // that are there
  std::vector<Router> routers;                      // that are there
  /// Without a remote end: the one next hop that situp makes, or that the kernel chooses although
  /// the destinations have several; empty where all destinations have one.
  std::optional<NextHop> next_hop;
  bool kernel_next_hop = false;
  std::optional<Counters> counters;
  std::optional<Vitals> vitals;  // nothing: situpd has not looked after it
  bool wants_upkeep = false;
  std::optional<BrokerStatus> broker;
  /// What is not as it should be, a line each.
  std::vector<std::string> trouble;
  /// What would put it right, as `ip` commands.
  std::vector<std::string> differs;
  /// What can't be seen without privilege.
  std::vector<std::string> unseen;
};

const char* word_of(TunnelStatus::State state);

/// What the error counters mean (net/ipv6/sit.c), a line for each that isn't 0.
std::vector<std::string> what_counters_say(const KindRow& kind, const Counters& counters);

/// Puts what vitals and counters say into state, trouble and wrong. `expected`: it is to be up.
void judge(TunnelStatus& status, bool expected);

struct Look {
  unsigned columns = 0;  // of the terminal; 0: as long as it is
  bool colour = false;
};

/// 1500 microseconds → "1.5 ms"
std::string as_milliseconds(std::uint32_t microseconds);
/// One line each, in columns.
std::string status_table(const std::vector<TunnelStatus>& all, const Look& look);
/// All of one. `now`: seconds since 1970.
std::string status_details(const TunnelStatus& status, const Look& look, std::int64_t now);
/// schema/status.schema.json
std::string status_json(const std::vector<TunnelStatus>& all);

}  // namespace situp
