// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <optional>

#include "kernel/netlink.h"
#include "model/live.h"

namespace situp {

/// What a message about a device tells.
std::optional<LiveLink> link_in(const nlmsghdr* message);
/// What a message about an address tells; nothing if it is not about an IPv4 address.
std::optional<LiveAddress4> ipv4_address_in(const nlmsghdr* message);

/// The ifindex of a name now; nothing if there is no such device.
std::optional<int> index_of(const std::string& name);

}  // namespace situp
