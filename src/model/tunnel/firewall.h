// SPDX-License-Identifier: GPL-2.0-or-later
// The filter of v4tunnel-firewall, as text for nft(8).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "model/tunnel/tunnel.h"

namespace situp {

/// The table's name, of family ip6: the packets of a tunnel are IPv6, and the filter passes all
/// others.
std::string firewall_table(std::string_view iface);

/// True if the name needs no quotes in nft's syntax.
bool is_name_for_nft(std::string_view iface);

/// The note on a tunnel without v4tunnel-firewall, with both remedies. `off` in the stanza is
/// consent: is_open() is false then.
extern const char* const open_text;
bool is_open(const TunnelSpec& spec);

/// The input for nft that replaces the table, if there is one, in one step.
std::string firewall_ruleset(const Tunnel& tunnel);
/// The same for a listing of the table as it was.
std::string firewall_again(std::string_view iface, const std::string& listing);
/// The input for nft that removes the table; also right if it is gone.
std::string firewall_removal(std::string_view iface);

/// A hash of a text or of the kernel's filter (FNV-1a); `before` continues an earlier one.
constexpr std::uint64_t first_fingerprint = 0xcbf29ce484222325;
std::uint64_t fingerprint(std::string_view text, std::uint64_t before = first_fingerprint);

}  // namespace situp
