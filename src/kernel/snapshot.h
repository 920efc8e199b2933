// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <optional>
#include <vector>

#include "kernel/netlink.h"
#include "model/tunnel/live.h"

namespace situp {

/// The link in a message about a device.
std::optional<LiveLink> link_in(const nlmsghdr* message);
/// The address in a message; empty if it is not an IPv4 address.
std::optional<LiveAddress4> ipv4_address_in(const nlmsghdr* message);

/// The IPv4 route or rule in a message; empty for other messages, and for routes of the table
/// local.
std::optional<LiveRoute4> route4_in(const nlmsghdr* message);
std::optional<LiveRule4> rule4_in(const nlmsghdr* message);
/// The IPv6 rule in a message; empty for other messages.
std::optional<LiveRule6> rule6_in(const nlmsghdr* message);
/// The prefix of an unreachable route of v4tunnel-routed in a message; empty for other messages.
std::optional<Ipv6Net> unreachable_in(const nlmsghdr* message);

/// The IPv6 default route in a message, of any table.
std::optional<LiveDefault> default_in(const nlmsghdr* message);
/// The ifindex in a message about net.ipv6.conf.IFACE.forwarding (RTM_NEWNETCONF); negative: `all`
/// or `default`. Empty for other messages.
std::optional<int> forwarding_set_in(const nlmsghdr* message);

/// The on-link hosts of an interface that the kernel could not resolve (INCOMPLETE, FAILED;
/// ip-neighbour(8)).
std::vector<Ipv4> missing_neighbours(int index);

/// The current ifindex of a name; empty if there is no such device.
std::optional<int> index_of(const std::string& name);

}  // namespace situp
