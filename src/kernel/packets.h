// SPDX-License-Identifier: GPL-2.0-or-later
// The packets that situp doctor sends and receives.
#pragma once
#include <cstdint>

#include "kernel/nf_tables.h"
#include "model/doctor/passage.h"
#include "model/tunnel/live.h"

namespace situp {

/// Abstract so that tests choose the fate of packets. A missing privilege is an Error
/// (Exit::not_permitted).
class Packets {
 public:
  Packets() = default;
  Packets(const Packets&) = delete;
  Packets& operator=(const Packets&) = delete;
  virtual ~Packets() = default;

  struct Ping {
    int not_sent = 0;  // errno, 0 = all were sent
    bool answered = false;
  };
  /// Pings a host over IPv4 from one of this host's addresses; 0.0.0.0: the kernel chooses.
  virtual Ping ping(Ipv4 from, Ipv4 to) = 0;
  /// Pings Passage::target through the tunnel, and records the packets that it sees meanwhile.
  virtual void pass(Passage& passage, const LiveLink& link, const Live& live) = 0;
  /// The largest packet, of at most the device's MTU, that comes back from `target`; 0: none.
  virtual unsigned largest(const LiveLink& link, const Ipv6& target, std::uint32_t round_trip) = 0;
  /// The filter chains of this host that packets pass.
  virtual std::vector<FilterChain> filters() = 0;
};

}  // namespace situp
