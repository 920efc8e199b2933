// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <optional>
#include <vector>

#include "base/error.h"
#include "model/live.h"
#include "model/plan.h"
#include "model/tunnel.h"

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
};

/// What situp did for this interface before, as its record says.
struct Before {
  std::optional<Tunnel> tunnel;
  std::vector<LanAddress> lan_owned;
};

/// What leads from `live` to `wanted`; empty where all is right already. A device of the tunnel's
/// name in `live` must be situp's own (reconcile/ownership.h). An Error (Exit::system) names what
/// stands in the way: endpoints that another device has, an underlying or LAN interface that
/// doesn't exist.
Plan compare(const Tunnel& wanted, const Before& before, const Live& live, const Scope& scope);

/// The Error for endpoints that the device `other` has already. Also for a race that only the
/// kernel saw.
Error endpoints_taken_by(const std::string& other, Ipv4 local, Ipv4 remote);

/// What leads from `live` to nothing of it. `device` false leaves the device to ifupdown's own `ip
/// tunnel del`.
Plan compare_down(const InterfaceName& iface, const Before& before, const Live& live, bool device);

}  // namespace situp
