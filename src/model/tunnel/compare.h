// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "base/error.h"
#include "model/tunnel/live.h"
#include "model/tunnel/next_hop.h"
#include "model/tunnel/plan.h"
#include "model/tunnel/tunnel.h"

namespace situp {

/// How much of a tunnel is to be made in this run.
struct Scope {
  /// Address and gateway of the stanza: false where ifup's method makes them.
  bool inner = true;
  /// A device that the kernel can't change in place may be deleted and made again. False in
  /// if-up.d: the stock routes would go with it.
  bool recreate = true;
  /// A device that is there is a leftover: make it anew, even if it is right.
  bool anew = false;
  /// The default route that ifup's method is going to make: its place has to be free. Some methods
  /// fail where it isn't, and some replace the route that is there.
  std::optional<DefaultRoute> coming = {};
};

/// Fingerprints of the ruleset that was loaded, and of what the kernel held then.
struct LoadedFilter {
  std::uint64_t ruleset = 0, content = 0;
  bool operator==(const LoadedFilter&) const = default;
};

/// What is there on behalf of the stanza, as the record says: what `up` made, or began to make,
/// before.
struct Owned {
  std::vector<Ipv6Net> addresses;  // on the tunnel
  /// What the stanza's own address was given; nothing = not known. A finite one runs down, so that
  /// the kernel alone doesn't tell.
  std::optional<std::uint32_t> preferred_lifetime;
  std::vector<DefaultRoute> routes;
  std::vector<LanAddress> lan;
  std::optional<LoadedFilter> firewall;
  std::vector<NextHop> next_hops;  // several only while one takes the place of another
};

/// What will be there on behalf of `wanted`, less the LAN addresses: those are in Plan::lan_owned.
Owned owned_by(const Tunnel& wanted);

/// What leads from `live` to `wanted`; empty where all is right already. A device of the tunnel's
/// name in `live` must be situp's own (reconcile/ownership.h). An Error (Exit::system) names what
/// stands in the way: endpoints that another device has, a default route in the place of the
/// tunnel's, IPv6 that is disabled, an underlying or LAN interface that doesn't exist.
Plan compare(const Tunnel& wanted, const Owned& owned, const Live& live, const Scope& scope);

/// The Error for endpoints that the device `other` has already. Also for a race that only the
/// kernel saw.
Error endpoints_taken_by(const std::string& other, Ipv4 local, Ipv4 remote);

/// The filter alone, which goes before a device that isn't there yet.
std::vector<Operation> load_firewall(const Tunnel& wanted, const Owned& owned, const Live& live);
/// The filter that is there by now is the one that was loaded for `wanted`.
void note_firewall(const Tunnel& wanted, const Live& now, Owned& owned);

/// What leads from `live` to nothing of it. `device` false leaves the device to ifupdown's own `ip
/// tunnel del`; `firewall` false, the filter, which has to outlive the device.
Plan compare_down(const InterfaceName& iface, const Owned& owned, const Live& live, bool device,
                  bool firewall);

}  // namespace situp
