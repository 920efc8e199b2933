// SPDX-License-Identifier: GPL-2.0-or-later
// The filters of all tunnels, as text for nft(8). They are parts of one table, so that a packet
// passes three chains, however many tunnels there are: maps lead from the interface to the chains
// of its tunnel.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/tunnel/live.h"
#include "model/tunnel/plan.h"
#include "model/tunnel/tunnel.h"

namespace situp {

/// The table's name, of family ip6: the packets of a tunnel are IPv6.
constexpr const char* firewall_table = "situp";
/// Its chains that packets of all interfaces pass.
constexpr std::array<std::string_view, 3> firewall_base_chains{"prerouting", "input", "forward"};
/// Its chains that packets out of the stateful tunnels pass.
constexpr std::array<std::string_view, 3> firewall_stateful_chains{"bogons", "to_host",
                                                                   "through_host"};
/// The chains of one tunnel are these names and the interface's.
constexpr std::array<std::string_view, 3> firewall_own_chains{"sources-", "clamp-", "domain-"};
/// From an interface to a verdict.
constexpr std::array<std::string_view, 4> firewall_maps{"sources_of", "input_from", "forward_from",
                                                        "clamp_of"};

/// With the interface's name behind it: a table of family ip, where packets from the relays of a
/// 6rd tunnel get relay_mark before the kernel unpacks them. Behind that their outer source is not
/// visible any more; the chain of the tunnel in firewall_table takes the mark off again.
constexpr std::string_view relays_table = "situp-";
constexpr std::uint32_t relay_mark = 0x736974;  // "sit"

/// True if the name needs no quotes in nft's syntax.
bool is_name_for_nft(std::string_view iface);

/// The note on a tunnel that is open to the Internet, with both remedies; empty for another one,
/// and for a stanza with `off`, which is consent. A link with routers has none: its packets come
/// from hosts of its own prefix and from its routers.
std::string open_note(const TunnelSpec& spec);

/// The part of a tunnel; without LoadFirewall::removal.
LoadFirewall firewall_of(const Tunnel& tunnel);
/// The input for nft that loads these parts in one step: with the shared chains, which somebody may
/// have changed.
std::string firewall_input(const std::vector<LoadFirewall>& parts);
/// The input for nft that removes the existing part of a tunnel; with the last one, the table.
std::string firewall_removal(const std::string& iface, const Live& live);
/// The same, but never the table.
std::string firewall_removal(const std::string& iface, const LiveFilter& part);
/// The input for nft that adds the elements of a part.
std::string firewall_elements(const std::string& iface, const LiveFilter& part);
/// True if the part needs the chains that track connections.
bool is_stateful(const LiveFilter& part);

/// A hash of a text or of the kernel's filter (FNV-1a); `before` continues an earlier one.
constexpr std::uint64_t first_fingerprint = 0xcbf29ce484222325;
std::uint64_t fingerprint(std::string_view text, std::uint64_t before = first_fingerprint);

}  // namespace situp
