// SPDX-License-Identifier: GPL-2.0-or-later
// The path of packets between this host and the other end of a tunnel. Pure: kernel/packets.h sends
// and captures the packets.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/address.h"
#include "model/ask/services.h"
#include "model/doctor/diagnosis.h"
#include "model/kind.h"
#include "model/status/status.h"

namespace situp {

/// The outer packets leave by another interface than the one that holds their source address, by a
/// rule, a route or the stanza's `dev`.
struct WrongWay {
  std::string leaves_by, held_by;
  bool by_dev = false;  // only the tunnel's own packets go so, no pings over IPv4
  std::string advice;
};

/// The packets captured during pings of an inner address through the tunnel.
struct Passage {
  std::string iface;
  Kind kind = Kind::sixin4;
  Ipv6 target;
  std::optional<Ipv6> source;  // empty: the kernel chooses it
  Ipv4 local, outer;           // the tunnel's, and the outer destination: the endpoint, or a router
  std::uint16_t udp_port = 0;  // of the encapsulation; 0 = protocol 41
  unsigned asked = 0, answered = 0;
  std::uint32_t round_trip = 0;  // the shortest, in microseconds
  int not_sent = 0;              // errno of the last one that could not be sent; 0: all were
  Counters before, after;        // the device's

  /// situp captured the outer packets on this host's interfaces; false: without privilege.
  bool watched = false;
  unsigned left = 0, arrived = 0;        // to and from `outer`
  std::string left_by, arrived_by;       // interfaces
  std::optional<Ipv4> arrived_for;       // their outer destination, unless that is `local`
  std::optional<Ipv4> refused_by;        // the sender of an ICMP error about them
  std::uint8_t refusal = 0;              // its code (type 3)
  std::optional<bool> outer_answers;     // `outer` itself, by ICMP over IPv4; empty: not asked
  bool answer_came = false;              // out of the tunnel, even if a filter dropped it then
  std::optional<Ipv6> inner_refused_by;  // the same of ICMPv6, through the tunnel
  std::uint8_t inner_type = 0, inner_refusal = 0;  // its type and code
  /// The interface by which they arrived accepts only packets with a return route there (rp_filter
  /// 1).
  bool strict_rp_filter = false;
  /// By the kernel's routes; empty: none, or not known.
  std::optional<WrongWay> wrong_way;
  const Service* cloud = nullptr;  // that the firmware names
  /// Filters of this host: "inet filter input".
  std::vector<std::string> filters;
};

/// Checks each step of the path: the first one that loses packets is the reason.
Probe judge(const Passage& passage);

/// Judges the ping of a host of the Internet, after the other end has answered.
Probe judge_beyond(const Passage& passage);

/// The largest packet that gets through, found by trying.
struct PathMtu {
  unsigned device = 0;   // its MTU
  unsigned largest = 0;  // that came back; 0: not even one of 1280 bytes
};
Probe judge(const PathMtu& path, const std::string& option);

}  // namespace situp
