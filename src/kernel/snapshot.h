// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <optional>
#include <vector>

#include "kernel/netlink.h"
#include "model/tunnel/live.h"

namespace situp {

/// What a message about a device tells.
std::optional<LiveLink> link_in(const nlmsghdr* message);
/// What a message about an address tells; nothing if it is not about an IPv4 address.
std::optional<LiveAddress4> ipv4_address_in(const nlmsghdr* message);

/// What a message about an IPv4 route or rule tells; nothing for others, and for routes of the
/// table local.
std::optional<LiveRoute4> route4_in(const nlmsghdr* message);
std::optional<LiveRule4> rule4_in(const nlmsghdr* message);

/// Hosts on an interface's link that the kernel looked for in vain (INCOMPLETE, FAILED;
/// ip-neighbour(8)).
std::vector<Ipv4> missing_neighbours(int index);

/// The ifindex of a name now; nothing if there is no such device.
std::optional<int> index_of(const std::string& name);

}  // namespace situp
