// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include "kernel/packets.h"

namespace situp {

/// The packets of the host that situp runs on.
class SocketPackets : public Packets {
 public:
  Ping ping(Ipv4 from, Ipv4 to) override;
  void pass(Passage& passage, const LiveLink& link, const Live& live) override;
  unsigned largest(const LiveLink& link, const Ipv6& target, std::uint32_t round_trip) override;
  std::vector<FilterChain> filters() override;
};

}  // namespace situp
