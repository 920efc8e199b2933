// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <optional>

#include "kernel/netlink.h"
#include "model/live.h"

namespace situp {

/// Reads links, addresses, default routes, the router lists of ISATAP devices, and what
/// Netlink::extent() asks for.
Live snapshot(Netlink& netlink);

/// What a message about a device tells.
std::optional<LiveLink> link_in(const nlmsghdr* message);
/// What a message about an address tells; nothing if it is not about an IPv4 address.
std::optional<LiveAddress4> ipv4_address_in(const nlmsghdr* message);

/// The source address that the kernel would use towards `to`, out of interface `dev` if that isn't
/// 0; nothing without a route.
struct RouteTo {
  Ipv4 source;
  int dev = 0;
};
std::optional<RouteTo> route_to(Netlink& netlink, Ipv4 to, int dev);

/// The same of IPv6, whatever the interface. `source` ::, where the kernel has no address for it.
struct RouteTo6 {
  Ipv6 source;
  int dev = 0;
  std::uint32_t metric = 0;
};
std::optional<RouteTo6> route_to(Netlink& netlink, const Ipv6& to);

/// The ifindex of a name now; nothing if there is no such device.
std::optional<int> index_of(const std::string& name);

}  // namespace situp
