// SPDX-License-Identifier: GPL-2.0-or-later
// The IPv4 next hop of a tunnel without a remote end. The kernel keeps one next hop for
// all destinations of such a tunnel (net/ipv6/sit.c, ipip6_tunnel_xmit: dst_cache): the one of the
// first destination. situp therefore makes all outer packets of the tunnel have the same next hop,
// the gateway of the local address: a mark on the tunnel, a rule for the mark, and a table with one
// default route.
#pragma once
#include <compare>
#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "model/address.h"

namespace situp {

class Live;
struct LiveLink;
struct Owned;
struct Tunnel;

/// situp.conf, [tunnel] next-hop.
enum class NextHopPolicy {
  automatic,  // make it if the local address is a cloud's: "auto"
  gateway,    // make it always
  kernel,     // never
};

/// The next-hop settings of situp.conf. `mark` and `table` are the first of a range: situp takes
/// the next number if another program uses one.
struct NextHopSettings {
  NextHopPolicy policy = NextHopPolicy::automatic;
  std::uint32_t mark = 0x736974;  // "sit"
  std::uint32_t table = 7563636;  // the same number
  std::uint32_t preference = 41;  // of the rule; before all others except that of the table local
  bool operator==(const NextHopSettings&) const = default;
};

struct NextHop {
  std::uint32_t mark = 0, preference = 0, table = 0;
  Ipv4 gateway;
  InterfaceName dev;

  /// True if rule and table are the same; the gateway may differ.
  bool has_numbers_of(const NextHop& other) const {
    return mark == other.mark && preference == other.preference && table == other.table;
  }
  auto operator<=>(const NextHop&) const = default;
};

/// The gateway through which `local`'s interface reaches other subnets, if neighbours on the
/// interface have another next hop than hosts behind the gateway. Empty if all destinations have
/// the same next hop: no gateway, or no neighbour on the link.
struct Gateway {
  Ipv4 address;
  InterfaceName dev;
};
std::optional<Gateway> gateway_of(const Tunnel& tunnel, const Live& live);

/// The next hop for the tunnel, with numbers that no other program uses. `had` has the objects that
/// situp owns for this tunnel; their numbers stay. `taken` are marks that this run has given to
/// other tunnels; the new one is added. Empty if gateway_of() is empty, or if no number is free.
std::optional<NextHop> choose_next_hop(const Tunnel& tunnel, const NextHopSettings& settings,
                                       const Owned& had, const Live& live,
                                       std::set<std::uint32_t>& taken);

/// The next hop of a device that was adopted without a record: its mark, with the one rule for the
/// mark and the table with only a default route. Empty if it isn't of that form.
std::optional<NextHop> next_hop_on(const LiveLink& link, const Live& live);

/// "0x736974"
std::string hex_mark(std::uint32_t mark);

}  // namespace situp
