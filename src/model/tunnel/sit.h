// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>

#include "model/address.h"
#include "model/kind.h"
#include "model/tunnel/encap.h"
#include "model/tunnel/sixrd.h"

namespace situp {

/// All attributes of a sit device (IFLA_INFO_DATA, net/ipv6/sit.c). In a stanza's Sit, ends, link
/// and mark are not set yet: resolving and comparing find them.
struct Sit {
  Kind kind = Kind::sixin4;
  Ipv4 local, remote;           // 0.0.0.0 = any
  int link = 0;                 // ifindex of the underlying device, 0 = none
  std::uint8_t ttl = 0;         // 0 = inherit
  std::uint8_t tos = 0;         // 1 = inherit
  bool pmtu = true;             // sets DF on outer packets
  std::uint32_t mark = 0;       // of outer packets, for IPv4 rules; 0 = none
  std::uint8_t protocol = 41;   // of outer packets
  SixrdDomain domain = {};      // in force on devices of the kind sixrd only
  Encap encap = {};             // UDP around the packets
  bool has_other_sets = false;  // GUE, or a mark with a remote end: not situp's
  bool operator==(const Sit&) const = default;
};

}  // namespace situp
