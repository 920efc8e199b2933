// SPDX-License-Identifier: GPL-2.0-or-later
// The IPv6 rules that keep a forwarding host from sending packets back into the tunnel that they
// came out of. The route of the tunnel's on-link prefix leads into the tunnel, also for addresses
// that no host has, and the far end has such a route, too: without the rules, one packet to such an
// address goes there and back until its hop limit ends (RFC 4443 §3.1 and RFC 6164 §5.1 forbid it).
// The kernel does the same to link-local addresses.
#pragma once
#include <compare>
#include <cstdint>
#include <vector>

#include "model/address.h"

namespace situp {

class Live;
struct Owned;
struct Tunnel;

/// A rule for packets that come out of the tunnel. Packets to an address of this host never get to
/// it: the rule of the table local is before it.
struct OnLinkRule {
  std::uint32_t preference = 0;
  Ipv6Net to;
  /// True: the routes of the table main that are longer than `to`, if one matches; a person's
  /// routes inside the prefix stay in force. False: unreachable.
  bool longer_routes = false;
  auto operator<=>(const OnLinkRule&) const = default;
};

/// The rules for the tunnel: two for each on-link prefix and one for all link-local addresses, in
/// the order of their preferences, between the rule of the table local and that of main. `had` has
/// the rules that situp owns for this tunnel; their preferences stay if they are still right. Empty
/// for a kind without one remote end, and if there is no place for them.
std::vector<OnLinkRule> choose_on_link_rules(const Tunnel& tunnel, const Owned& had,
                                             const Live& live);

/// The rules of this form that are there for the tunnel's device and prefixes. Without a record
/// they are situp's: a rule names its device.
std::vector<OnLinkRule> on_link_rules_there(const Tunnel& tunnel, const Live& live);

}  // namespace situp
