// SPDX-License-Identifier: GPL-2.0-or-later
// The user's tunnel, with every word understood; sources and names are not yet resolved.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "model/address.h"
#include "model/ask/source.h"
#include "model/broker/broker.h"
#include "model/host.h"
#include "model/kind.h"
#include "model/stanza/complaint.h"
#include "model/stanza/options.h"
#include "model/stanza/stanza.h"
#include "model/tunnel/route.h"
#include "model/tunnel/sit.h"

namespace situp {

/// An endpoint or a router as written: situp asks DNS once, at up.
using Host = std::variant<Ipv4, HostName>;
std::string str(const Host& host);

/// An address that another interface holds while the tunnel is up.
struct LanAddress {
  InterfaceName iface;
  Ipv6Net address;
  auto operator<=>(const LanAddress&) const = default;
};

/// A /64 of the delegated prefix that another interface has while the tunnel is up.
struct DelegatedLan {
  InterfaceName iface;
  /// The bits between the delegated prefix and the 64th.
  std::uint64_t subnet = 0;
  Ipv6 host;  // the last 64 bits of the address
  auto operator<=>(const DelegatedLan&) const = default;
};

/// sixrd-address.
struct Embedded {
  std::optional<Ipv4> address;  // empty = the public address that a metadata service has for LOCAL
  auto operator<=>(const Embedded&) const = default;
};

/// Pings the far end at intervals, which also keeps the state of firewalls and NATs on the path.
struct Keepalive {
  std::uint32_t seconds = 0;
  std::optional<Ipv6> target;  // empty = the first router: see keepalive_target()
  auto operator<=>(const Keepalive&) const = default;
};

/// v4tunnel-firewall. unsaid: situp logs the consequence.
enum class Firewall { unsaid, off, stateful };
/// v4tunnel-mss. unsaid: as the firewall has it.
enum class Mss { unsaid, off, clamp };

struct TunnelSpec {
  InterfaceName iface;
  /// Kind and outer header; ends and link are in `local`, `endpoint` and `dev`.
  Sit sit;
  /// The stanza's method is ifupdown's own v4tunnel, which creates the device when ifup runs it.
  bool stock = false;
  /// The stanza's method is `manual`: address and gateway are situp's also when ifup runs it.
  bool manual = false;

  std::vector<Source> local;
  std::optional<Host> endpoint;  // always set if the kind has one
  std::optional<InterfaceName> dev;
  std::optional<unsigned> mtu;  // empty = the underlay's, less 20

  std::vector<Ipv6Net> addresses;
  std::optional<std::uint32_t> preferred_lifetime;  // seconds; empty = forever
  std::optional<Ipv6> gateway;                      // :: = a default route without a router
  std::optional<std::uint32_t> metric;
  std::vector<Ipv6Net> prefixes;
  std::vector<Host> routers, routers_nodefault;
  /// The stanza's own accept_ra, or the gateway of the method static, decides whether the kernel
  /// accepts advertisements.
  bool own_accept_ra = false;
  /// net.ipv6.conf.IFACE.accept_ra as the stanza's accept_ra says; empty = it says none.
  std::optional<std::uint8_t> accept_ra;
  /// The IPv4 address inside the delegated prefix; empty = LOCAL. The domain is in `sit`.
  std::optional<Embedded> embedded;
  std::vector<Host> relays;  // in the order of preference
  std::vector<DelegatedLan> delegated_lan;
  /// Packets from outside of the domain are taken from the relays only.
  bool filters_domain = false;
  std::vector<LanAddress> lan;
  std::vector<DefaultRoute> routes;  // v4tunnel-route; see model/tunnel/choose_routes.h
  std::vector<Ipv6Net> routed;       // v4tunnel-routed
  std::optional<Keepalive> keepalive;
  bool withdraws = false;  // its default routes, while the far end is dead; with a keepalive only
  std::optional<Broker> broker;
  Firewall firewall = Firewall::unsaid;
  Mss mss = Mss::unsaid;

  const KindRow& kind() const { return row_of(sit.kind); }
  bool is_stateful() const { return firewall == Firewall::stateful; }
  bool clamps_mss() const { return mss == Mss::clamp || (mss == Mss::unsaid && is_stateful()); }
  /// The interfaces that have a LAN address of the tunnel's, one for each address.
  std::vector<InterfaceName> lan_interfaces() const;
  /// It has a part in situp's table of filters.
  bool has_filter() const { return is_stateful() || clamps_mss() || filters_domain; }
};

/// True if a part of the tunnel can change while it is up, so that situpd has to maintain it.
bool needs_upkeep(const TunnelSpec& spec);

/// True if the stanza has any option of situp's.
bool is_opted_in(const Stanza& stanza);
/// The kind of an opted-in stanza; 6in4 if no option of situp's tells the kind.
Kind kind_of(const Stanza& stanza);

/// Checks every word once, for the program that will bring the tunnel up. Throws an Error
/// (Exit::configuration) that names the first bad one: "FILE:LINE: OPTION" or, from a hook,
/// "OPTION".
TunnelSpec understand(const Stanza& stanza, const HostProgram& host);
/// The same by the same rules, but goes on: appends all mistakes to `complaints`. After a mistake,
/// the TunnelSpec has the rest only, and may lack parts that every tunnel has.
TunnelSpec understand_all(const Stanza& stanza, const HostProgram& host,
                          std::vector<Complaint>& complaints);

/// Options of an opted-in stanza that only ifup and its plug-ins carry out (`up`, `pre-up`,
/// `dns-nameservers`, …), each name once.
std::vector<std::string> left_to_ifup(const Stanza& stanza);

/// The stanza with those options alone that understand() goes by. The others may be secrets of
/// other programs (`up … --password`).
Stanza own_part(Stanza stanza);

}  // namespace situp
