// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <optional>

#include "base/error.h"
#include "base/fd.h"
#include "model/address.h"

namespace situp {

/// Captures on all interfaces the IPv4 packets that carry tunnels (protocol 41, or UDP to one
/// port), the ICMP errors about them, and ICMPv6: outgoing packets after this host's filters,
/// incoming ones before them (packet(7)).
class PacketWatch {
 public:
  /// `udp_port` 0: none. Throws an Error (Exit::not_permitted) without CAP_NET_RAW.
  explicit PacketWatch(std::uint16_t udp_port);

  int descriptor() const { return socket_.get(); }

  struct Seen {
    int ifindex = 0;
    bool outgoing = false;
    Ipv4 from, to;
    /// An ICMP error (type 3, its code) about such a packet to `about`.
    std::optional<std::uint8_t> unreachable;
    Ipv4 about;
    /// An ICMPv6 message; the IPv4 fields above are empty then.
    struct Inner {
      Ipv6 from, to;
      std::uint8_t type = 0, code = 0;
      std::optional<Ipv6> about;  // of an error: the destination of the refused packet
    };
    std::optional<Inner> inner;
  };
  /// The next captured packet; empty if there is none.
  std::optional<Seen> next() const;

 private:
  Fd socket_;
  std::uint16_t udp_port_;
};

}  // namespace situp
