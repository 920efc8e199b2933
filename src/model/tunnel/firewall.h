// SPDX-License-Identifier: GPL-2.0-or-later
// The filter of v4tunnel-firewall, as text for nft(8).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "model/tunnel/tunnel.h"

namespace situp {

/// The table's name, of family ip6: nothing but what has come out of a tunnel is IPv6, and nothing
/// else is looked at.
std::string firewall_table(std::string_view iface);

/// Whether nft can be given this interface's name as it is.
bool is_name_for_nft(std::string_view iface);

/// What nft is to be fed: takes the place of the table that may be there, in one step.
std::string firewall_ruleset(const Tunnel& tunnel);
/// The same for a listing of the table as it was.
std::string firewall_again(std::string_view iface, const std::string& listing);
/// What nft is to be fed to remove it; also right where it is gone.
std::string firewall_removal(std::string_view iface);

/// A number that tells one text, or one reading of the kernel, from another (FNV-1a); `before` goes
/// on with an earlier one.
constexpr std::uint64_t first_fingerprint = 0xcbf29ce484222325;
std::uint64_t fingerprint(std::string_view text, std::uint64_t before = first_fingerprint);

}  // namespace situp
