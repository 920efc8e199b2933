// SPDX-License-Identifier: GPL-2.0-or-later
// What the user wants, every word understood; sources and names are not yet resolved.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "model/address.h"
#include "model/ask/source.h"
#include "model/broker/broker.h"
#include "model/kind.h"
#include "model/stanza/complaint.h"
#include "model/stanza/options.h"
#include "model/stanza/stanza.h"
#include "model/tunnel/route.h"
#include "model/tunnel/sit.h"

namespace situp {

/// An endpoint or a router as written: DNS is asked once, at up.
using Host = std::variant<Ipv4, HostName>;
std::string str(const Host& host);

/// An address that another interface holds while the tunnel is up.
struct LanAddress {
  InterfaceName iface;
  Ipv6Net address;
  auto operator<=>(const LanAddress&) const = default;
};

/// Asking the far end now and then whether it is there, which also keeps the state of what stands
/// between the two.
struct Keepalive {
  std::uint32_t seconds = 0;
  Ipv6 target;
  auto operator<=>(const Keepalive&) const = default;
};

/// v4tunnel-firewall. Where nothing is said, the log is told what that means.
enum class Firewall { unsaid, off, stateful };

struct TunnelSpec {
  InterfaceName iface;
  /// Kind and outer header; ends and link are in `local`, `endpoint` and `dev`.
  Sit sit;
  /// The stanza's method is ifupdown's own v4tunnel, which creates the device when ifup runs it.
  bool stock = false;
  /// The stanza's method is `manual`: address and gateway are situp's also when ifup runs it.
  bool manual = false;

  std::vector<Source> local;
  std::optional<Host> endpoint;  // always there where the kind has one
  std::optional<InterfaceName> dev;
  std::optional<unsigned> mtu;  // nothing = the underlay's, less 20

  std::vector<Ipv6Net> addresses;
  std::optional<std::uint32_t> preferred_lifetime;  // seconds; nothing = forever
  std::optional<Ipv6> gateway;                      // :: = a default route without a router
  std::optional<std::uint32_t> metric;
  std::vector<Ipv6Net> prefixes;
  std::vector<Host> routers, routers_nodefault;
  /// The stanza's own accept_ra, or the gateway of the method static, says whether advertisements
  /// are believed; ifup carries it out.
  bool own_accept_ra = false;
  std::vector<LanAddress> lan;
  std::vector<DefaultRoute> routes;  // v4tunnel-route; see model/tunnel/choose_routes.h
  std::optional<Keepalive> keepalive;
  std::optional<Broker> broker;
  Firewall firewall = Firewall::unsaid;

  const KindRow& kind() const { return row_of(sit.kind); }
};

/// Whether there is anything about the tunnel that can change while it is up, so that situpd has to
/// look after it.
bool needs_upkeep(const TunnelSpec& spec);

/// Who will carry out what the stanza's method stands for.
enum class Door {
  ifup,        // ifupdown: stock options are its own
  ifup_again,  // the same of a host that runs its hooks also where the tunnel is up already
  command,     // situp alone: stock options that it would have to ignore are refused
};

/// Any option of ours opts a stanza in.
bool is_opted_in(const Stanza& stanza);
/// The kind of an opted-in stanza; 6in4 where no option of ours says which.
Kind kind_of(const Stanza& stanza);

/// Checks every word once. An Error (Exit::configuration) names the first bad one: "FILE:LINE:
/// OPTION" or, from a hook, "OPTION".
TunnelSpec understand(const Stanza& stanza, Door door);
/// The same by the same rules, but goes on: all that is wrong comes behind what `complaints` has.
/// Where there was something, the TunnelSpec is what could be made of the rest, and may lack what
/// every tunnel has.
TunnelSpec understand_all(const Stanza& stanza, Door door, std::vector<Complaint>& complaints);

/// Options of an opted-in stanza that only ifup and its plug-ins carry out (`up`, `pre-up`,
/// `dns-nameservers`, …), each name once.
std::vector<std::string> left_to_ifup(const Stanza& stanza);

}  // namespace situp
