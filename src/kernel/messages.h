// SPDX-License-Identifier: GPL-2.0-or-later
// Reads rtnetlink's messages.
#pragma once
#include <libmnl/libmnl.h>

#include <cstdint>
#include <optional>
#include <string>

#include "model/tunnel/live.h"

namespace situp {

/// net.ipv6.conf.NAME.KEY, which some kernels leave out of their messages; empty if IPv6 is off.
std::optional<std::uint8_t> inet6_setting(const std::string& name, const char* key);

// Of a dump: each adds the message's object to `live`, if it concerns tunnels.

void read_link(const nlmsghdr* message, Live& live);
void read_address(const nlmsghdr* message, Live& live);
/// An IPv6 route. `wanted`: kernels that do not filter dumps send the routes of other tables, too;
/// empty = any table.
void read_route(const nlmsghdr* message, std::optional<std::uint32_t> wanted, Live& live);
void read_route4(const nlmsghdr* message, Live& live);
void read_rule4(const nlmsghdr* message, Live& live);
void read_rule6(const nlmsghdr* message, Live& live);

// Of a change that the kernel reports.

/// The link in a message about a device.
std::optional<LiveLink> link_in(const nlmsghdr* message);
/// The address in a message; empty if it is not an IPv4 address.
std::optional<LiveAddress4> ipv4_address_in(const nlmsghdr* message);
/// The ifindex in a message about an IPv6 address; empty for other messages.
std::optional<int> holder6_in(const nlmsghdr* message);

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

}  // namespace situp
