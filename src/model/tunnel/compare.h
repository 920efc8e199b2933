// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "model/tunnel/live.h"
#include "model/tunnel/next_hop.h"
#include "model/tunnel/plan.h"
#include "model/tunnel/tunnel.h"

namespace situp {

/// The parts of a tunnel that this run makes.
struct Scope {
  /// Address and gateway of the stanza: false if ifup's method makes them.
  bool inner = true;
  /// Allows to delete and recreate a device that the kernel can't change in place. False in
  /// if-up.d: the stock routes would be lost.
  bool recreate = true;
  /// An existing device is a leftover: recreate it, even if it is right.
  bool anew = false;
  /// The default route that ifup's method is going to make: its place must be free. If it isn't,
  /// some methods fail, and some replace the route that is there.
  std::optional<DefaultRoute> coming = {};
};

/// Hashes of the text that situp loaded, and of the kernel's part of the table after that.
struct LoadedFilter {
  std::uint64_t ruleset = 0, content = 0;
  bool operator==(const LoadedFilter&) const = default;
};

/// The objects that an earlier `up` made, or began to make, for the stanza, as the record says.
struct Owned {
  std::vector<Ipv6Net> addresses;  // on the tunnel
  /// The configured lifetime of the stanza's own address; empty = not known. A finite one runs
  /// down, so that the kernel alone doesn't tell.
  std::optional<std::uint32_t> preferred_lifetime;
  std::vector<DefaultRoute> routes;
  std::vector<LanAddress> lan;
  std::optional<LoadedFilter> firewall;
  std::vector<NextHop> next_hops;  // several only while one replaces another
  std::vector<OnLinkRule> on_link_rules;
  std::vector<Ipv6Net> routed;  // with an unreachable route
  std::vector<FouPort> fou_ports;
};

/// The objects after `wanted` is applied, without the LAN addresses: those are in Plan::lan_owned.
Owned owned_by(const Tunnel& wanted);

/// The plan from `live` to `wanted`; empty if all is right already. A device of the tunnel's name
/// in `live` must be situp's own (reconcile/ownership.h). Throws an Error (Exit::system) that names
/// the obstacle: endpoints that another device has, a default route in the place of the tunnel's,
/// IPv6 that is disabled, an underlying interface that doesn't exist. A LAN interface that doesn't
/// exist is a warning.
Plan compare(const Tunnel& wanted, const Owned& owned, const Live& live, const Scope& scope);

/// The command that deletes another program's device, which may be of a kind with routers.
std::string deletion_of(const std::string& name, bool may_have_routers);
/// The Error for endpoints that the device `other` has already. Also for a race that only the
/// kernel saw.
Error endpoints_taken_by(const std::string& other, Ipv4 local, Ipv4 remote);

/// The filter alone, which situp loads before it creates the device.
std::vector<Operation> load_firewall(const Tunnel& wanted, const Owned& owned, const Live& live);
/// Records the kernel's current filter as the one that was loaded for `wanted`.
void note_firewall(const Tunnel& wanted, const Live& now, Owned& owned);

/// The plan from `live` to no tunnel. `device` false leaves the device to ifupdown's own `ip tunnel
/// del`; `firewall` false leaves the filter, which has to outlive the device. `gone`: tunnels that
/// this run has removed since `live`.
Plan compare_down(const InterfaceName& iface, const Owned& owned, const Live& live, bool device,
                  bool firewall, const std::set<std::string>& gone = {});

}  // namespace situp
