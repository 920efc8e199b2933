// SPDX-License-Identifier: GPL-2.0-or-later
// What becomes of packets between this host and the other end of a tunnel. Pure: somebody else has
// sent them, and watched.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/address.h"
#include "model/doctor/diagnosis.h"
#include "model/kind.h"
#include "model/status/status.h"

namespace situp {

/// What was seen while an address inside was asked through the tunnel.
struct Passage {
  std::string iface;
  Kind kind = Kind::sixin4;
  Ipv6 target;
  std::optional<Ipv6> source;  // nothing: the kernel chooses it
  Ipv4 local, outer;           // the tunnel's, and who carries it there: the endpoint, or a router
  unsigned asked = 0, answered = 0;
  std::uint32_t round_trip = 0;  // the shortest, in microseconds
  int not_sent = 0;              // errno of the last one that could not be sent; 0: all were
  Counters before, after;        // the device's

  /// Protocol 41 on this host's interfaces meanwhile; false: without privilege, nobody saw it.
  bool watched = false;
  unsigned left = 0, arrived = 0;        // to and from `outer`
  std::string left_by, arrived_by;       // interfaces
  std::optional<Ipv4> arrived_for;       // whom they were for, where that is not `local`
  std::optional<Ipv4> refused_by;        // who sent an ICMP error about them
  std::uint8_t refusal = 0;              // its code (type 3)
  std::optional<bool> outer_answers;     // `outer` itself, by ICMP over IPv4; nothing: not asked
  bool answer_came = false;              // out of the tunnel, whatever became of it then
  std::optional<Ipv6> inner_refused_by;  // who sent an ICMPv6 error about them, through the tunnel
  std::uint8_t inner_type = 0, inner_refusal = 0;  // its type and code
  /// The interface that they arrived by takes only what it would send there itself (rp_filter 1).
  bool strict_rp_filter = false;
  /// Filters of this host: "inet filter input".
  std::vector<std::string> filters;
};

/// From the first to the last step of the way: the first at which they are lost is the reason.
Probe judge(const Passage& passage);

/// Of a host of the Internet behind the other end, which has answered itself.
Probe judge_beyond(const Passage& passage);

/// The largest packet that gets through, found by trying.
struct PathMtu {
  unsigned device = 0;   // its MTU
  unsigned largest = 0;  // that came back; 0: not even one of 1280 bytes
};
Probe judge(const PathMtu& path, const std::string& option);

}  // namespace situp
