// SPDX-License-Identifier: GPL-2.0-or-later
// A fully resolved tunnel: every address, number and flag that the kernel should hold.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/address.h"
#include "model/stanza/spec.h"
#include "model/tunnel/next_hop.h"
#include "model/tunnel/on_link.h"
#include "model/tunnel/route.h"
#include "model/tunnel/sit.h"

namespace situp {

/// An entry of the kernel's potential router list (RFC 5214 §8.3).
struct Router {
  Ipv4 address;
  bool may_be_default = true;
  auto operator<=>(const Router&) const = default;
};

/// An IPv6 address on the tunnel itself.
struct TunnelAddress {
  Ipv6Net net;
  std::optional<std::uint32_t> preferred_lifetime;  // seconds; empty = forever
  auto operator<=>(const TunnelAddress&) const = default;
};

struct Tunnel {
  InterfaceName iface;
  /// With its ends; compare() adds link and mark.
  Sit sit;
  std::optional<InterfaceName> dev;
  unsigned mtu = 1480;

  /// The addresses and the route of the stanza's address and gateway. Under some methods ifup makes
  /// these itself.
  std::vector<TunnelAddress> addresses;
  std::optional<DefaultRoute> route;
  /// The routes of v4tunnel-route and those to the relays on this host, always situp's own, and the
  /// reasons; one line each.
  std::vector<DefaultRoute> routes;
  std::vector<std::string> route_notes;
  /// Formed of LOCAL, one for each prefix.
  std::vector<Ipv6Net> formed;
  /// Empty with local any: the kernel then makes one for each IPv4 address of the host.
  std::optional<Ipv6> link_local;
  std::vector<Router> routers;
  /// This host's prefix in the domain; empty for kinds without one.
  std::optional<Ipv6Net> delegated;
  std::vector<Ipv4> relays;  // other hosts, in the order of preference
  bool is_relay = false;     // this host is one of the relays
  bool filters_domain = false;
  bool firewall = false;  // stateful
  bool clamp = false;     // the MSS of forwarded TCP
  /// The kernel accepts the routers' advertisements.
  bool accept_ra = false;
  /// The value of the stanza's own accept_ra; empty = it has none.
  std::optional<std::uint8_t> own_accept_ra;
  std::vector<LanAddress> lan;
  /// The delegated prefix and those of v4tunnel-routed: the addresses that no longer route has are
  /// unreachable.
  std::vector<Ipv6Net> routed;
  /// With one remote end: the rules for packets that come out of the tunnel to its own prefixes.
  std::vector<OnLinkRule> on_link_rules;
  /// Without a remote end: the one IPv4 next hop of all outer packets, if situp makes it.
  std::optional<NextHop> next_hop;
  /// The port of the sit device's encapsulation, at this end.
  std::optional<FouPort> fou_port;
  /// Another program has opened it: it stays when the tunnel goes.
  bool fou_port_is_foreign = false;

  const KindRow& kind() const { return row_of(sit.kind); }
  /// It has a part in situp's table of filters.
  bool has_filter() const { return firewall || clamp || filters_domain; }
};

/// The result of resolving.
struct Resolved {
  Ipv4 local;   // 0.0.0.0 = any
  Ipv4 remote;  // 0.0.0.0 if the kind has no endpoint
  std::vector<Ipv4> routers, routers_nodefault;
  unsigned underlay_mtu = 0;      // only if the stanza says mtu auto
  std::string local_source = {};  // the source of the chain that has given local; "ec2"
  std::vector<Ipv4> relays = {};  // with this host, if it is one
  Ipv4 embedded = {};             // the public address of sixrd-address; 0.0.0.0 if not asked for
  bool operator==(const Resolved&) const = default;
};

/// The router list. A router in both parts of it, maybe by way of DNS, may be a default router. The
/// local address is left out: a router has the same stanza as its clients.
std::vector<Router> routers_of(const Resolved& resolved);

/// The address that the keepalive pings: the stanza's, else the link-local one of the first router,
/// or that of the first relay in its domain.
/// Empty: the stanza has no keepalive, or this host itself would have to answer.
std::optional<Ipv6> keepalive_target(const TunnelSpec& spec, const Resolved& resolved);

/// The IPv4 address inside the delegated prefix. 0.0.0.0 if it is not known.
Ipv4 embedded_address(const TunnelSpec& spec, const Resolved& resolved);

/// The MTU of a tunnel over an interface with this one.
unsigned mtu_over(unsigned underlay_mtu, const Encap& encap = {});

/// The route of the stanza's gateway.
std::optional<DefaultRoute> gateway_route(const TunnelSpec& spec);

/// Throws an Error (Exit::configuration) if no prefix of the domain can hold this host's address.
Tunnel make_tunnel(const TunnelSpec& spec, const Resolved& resolved);

}  // namespace situp
