// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <optional>

#include "model/address.h"

namespace situp {

constexpr std::uint32_t main_table = 254;   // RT_TABLE_MAIN, linux/rtnetlink.h
constexpr std::uint32_t local_table = 255;  // the kernel's own

/// The metric of the routes of v4tunnel-routed, the greatest that the kernel takes: of two routes
/// of the same prefix, any other one wins.
constexpr std::uint32_t unreachable_metric = 0xffffffff;

/// A default route through the tunnel, or a route to one address (`to`).
struct DefaultRoute {
  Ipv6 gateway;                      // :: = none, straight into a point-to-point tunnel
  std::uint32_t metric = 1024;       // the kernel's default for IPv6
  std::optional<Ipv6Net> from = {};  // only for packets from there; empty = for all packets
  std::uint32_t table = main_table;
  std::optional<Ipv6> to = {};  // only to this address; empty = to all
  auto operator<=>(const DefaultRoute&) const = default;
};

}  // namespace situp
