// SPDX-License-Identifier: GPL-2.0-or-later
// The files in which DHCP clients keep their leases, for the address of the server that gave them.
#pragma once
#include <array>
#include <optional>
#include <string_view>

#include "model/ask/answer.h"

namespace situp {

/// The lease files of one client, which everybody may read.
struct LeasePlace {
  const char* folder;
  std::string_view prefix;  // of a file's name
  std::string_view key;     // of the line KEY=ADDRESS; empty: the file has dhclient's blocks
};

/// In the order in which situp-net reads them. Debian's dhclient is in /var/lib/dhcp, Red Hat's in
/// /var/lib/dhclient or, under NetworkManager, in its folder. The leases of dhcpcd are for root
/// only.
inline constexpr std::array lease_places{
    LeasePlace{"/run/systemd/netif/leases", "", "SERVER_ADDRESS"},
    LeasePlace{"/var/lib/dhcp", "dhclient", ""},
    LeasePlace{"/var/lib/dhclient", "dhclient", ""},
    LeasePlace{"/run/NetworkManager/devices", "", "dhcp_server_identifier"},
    LeasePlace{"/var/lib/NetworkManager", "dhclient", ""},
    LeasePlace{"/var/lib/NetworkManager", "internal", "SERVER_ADDRESS"},
};

/// The server in the text of a file of lease_places[place]: one address, or none. FailureAnswer:
/// bad_lease with that place, for a text that is not an address of a host. Of dhclient's blocks,
/// the last one counts that ends after `now`, "YYYY/MM/DD HH:MM:SS" in UTC.
Answer server_in_lease(std::string_view text, std::size_t place, std::string_view now);

/// The gateway of the first default route in the text of /proc/net/route.
std::optional<Ipv4> gateway_in(std::string_view routes);

}  // namespace situp
