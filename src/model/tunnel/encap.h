// SPDX-License-Identifier: GPL-2.0-or-later
// A UDP header in front of the packets of a tunnel, for networks that drop protocol 41: Foo over
// UDP (net/ipv4/fou_core.c). Pure.
#pragma once
#include <compare>
#include <cstdint>
#include <string>

#include "model/address.h"

namespace situp {

/// The sending side, an attribute of the device.
struct Encap {
  std::uint16_t port = 0;         // of destination; 0 = no UDP header: protocol 41
  std::uint16_t source_port = 0;  // 0 = the kernel takes one for each flow in the tunnel
  bool checksum = true;
  bool operator==(const Encap&) const = default;

  bool is_on() const { return port != 0; }
};
/// As v4tunnel-encap says it: "fou 5555".
std::string str(const Encap& encap);

/// The bytes in front of each packet: IPv4, and UDP if there is any.
constexpr unsigned outer_headers(const Encap& encap) {
  return encap.port == 0 ? 20 : 28;
}
/// The largest IPv4 packet that the Internet carries everywhere.
constexpr unsigned internet_packet = 1500;

/// The receiving side: a port at which the kernel takes the UDP header off, and gives the packet to
/// the tunnels of the network namespace as one of protocol 41.
struct FouPort {
  std::uint16_t port = 0;
  Ipv4 local;  // 0.0.0.0 = each address of this host
  auto operator<=>(const FouPort&) const = default;
};

}  // namespace situp
