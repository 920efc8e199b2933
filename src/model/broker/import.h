// SPDX-License-Identifier: GPL-2.0-or-later
// A broker's tunnel in the words of a host. Pure.
#pragma once
#include <optional>
#include <string>

#include "model/broker/broker.h"
#include "model/broker/tunnel_info.h"
#include "model/host.h"

namespace situp {

/// The broker's tunnel info, and the host's own values.
struct Import {
  InterfaceName iface;
  Broker broker;
  TunnelInfo info;
  std::string local = "cloud";            // SOURCE…, for v4tunnel-local
  std::optional<Ipv4> address = {};       // that `local` gives now
  std::optional<InterfaceName> lan = {};  // that gets the first address of the Routed /64
  bool beside_another_route = false;      // there is another IPv6 default route
  bool has_nft = false;                   // so that v4tunnel-firewall works here
};

/// The stanza, `auto` line included, in the form that this host's ifup takes; without one, for
/// `situp up` and the systemd unit.
std::string import_stanza(const Import& import, const HostProgram& host);
/// The text of network-scripts' ifcfg file.
std::string import_ifcfg(const Import& import);

}  // namespace situp
