// SPDX-License-Identifier: GPL-2.0-or-later
// The operations of a run, in order, one kernel request each.
#pragma once
#include <string>
#include <variant>
#include <vector>

#include "model/address.h"
#include "model/tunnel/live.h"
#include "model/tunnel/next_hop.h"
#include "model/tunnel/tunnel.h"

namespace situp {

/// All attributes of a device: a change resets an omitted one to the kernel's default.
struct SitDevice {
  Sit sit;
  std::string underlay;  // the name of sit.link
  unsigned mtu = 1480;
};

struct CreateLink {
  std::string name;
  SitDevice device;
  int index = 0;  // of a device that is put back: programs may know its ifindex. 0 = any
};
struct ChangeLink {
  std::string name;
  SitDevice device;
};
struct DeleteLink {
  std::string name;
};
struct SetMtu {
  std::string name;
  unsigned mtu;
};
struct SetAddressGeneration {
  std::string name;
  std::uint8_t mode;
};
/// net.ipv6.conf.NAME.accept_ra, which the kernel drops with the device.
struct SetAcceptRa {
  std::string name;
  std::uint8_t accept;
};
struct SetUp {
  std::string name;
  bool up = true;
};
struct AddAddress {
  std::string dev;
  TunnelAddress address;
  bool replace = false;  // the address is there, with other lifetimes
  /// Usable at once, without waiting for a worker of the kernel. For tunnels: no host can have the
  /// same address, and the kernel asks none (IFF_NOARP).
  bool nodad = false;
};
struct DeleteAddress {
  std::string dev;
  Ipv6Net net;
};
struct AddRoute {
  std::string dev;
  DefaultRoute route;
};
struct DeleteRoute {
  std::string dev;
  DefaultRoute route;
};
struct AddRouter {
  std::string dev;
  Router router;
  bool change = false;  // the router is there, with the other flag
};
struct DeleteRouter {
  std::string dev;
  Ipv4 address;
};

/// The tunnel's part of the table of filters, as text for nft(8); replaces an existing one.
struct LoadFirewall {
  std::string name;       // of the tunnel
  bool stateful = false;  // needs the shared chains that track connections
  std::string part;       // empty: the earlier one, which Transaction keeps
  /// Removes the existing part, as the snapshot has it. The execution looks again.
  std::string removal = {};
};
struct RemoveFirewall {
  std::string name;
  std::string removal = {};  // the same; empty: the snapshot could not show it
};

/// An IPv4 rule that sends packets with the mark, and no others, to the table
/// (model/tunnel/next_hop.h).
struct AddRule {
  std::uint32_t preference = 0, mark = 0, table = 0;
};
struct DeleteRule {
  std::uint32_t preference = 0, mark = 0, table = 0;
};
/// The one default route of the table; replaces the one to another gateway.
struct SetNextHop {
  std::uint32_t table = 0;
  Ipv4 gateway;
  std::string dev;
};
struct DeleteNextHop {
  std::uint32_t table = 0;
  Ipv4 gateway;
  std::string dev;
};

/// A rule for packets that come out of the tunnel (model/tunnel/on_link.h).
struct AddOnLinkRule {
  std::string dev;
  OnLinkRule rule;
};
struct DeleteOnLinkRule {
  std::string dev;
  OnLinkRule rule;
};
/// The route of a prefix of v4tunnel-routed, with unreachable_metric.
struct AddUnreachable {
  Ipv6Net prefix;
};
struct DeleteUnreachable {
  Ipv6Net prefix;
};

/// Opens a port for packets of protocol 41 behind UDP (model/tunnel/encap.h).
struct AddFouPort {
  FouPort port;
};
struct DeleteFouPort {
  FouPort port;
};

using Operation =
    std::variant<CreateLink, ChangeLink, DeleteLink, SetMtu, SetAddressGeneration, SetAcceptRa,
                 SetUp, AddAddress, DeleteAddress, AddRoute, DeleteRoute, AddRouter, DeleteRouter,
                 LoadFirewall, RemoveFirewall, AddRule, DeleteRule, SetNextHop, DeleteNextHop,
                 AddOnLinkRule, DeleteOnLinkRule, AddUnreachable, DeleteUnreachable, AddFouPort,
                 DeleteFouPort>;

/// IN6_ADDR_GEN_MODE_EUI64 (linux/if_link.h): where the kind holds LOCAL, the identifier of RFC
/// 5214 §6.1.
constexpr std::uint8_t generate_eui64 = 0;

struct Plan {
  std::vector<Operation> operations;
  /// The reasons to recreate a device, one line each.
  std::vector<std::string> notes;
  /// Faults that no operation mends: the fact, and the remedy.
  std::vector<std::string> warnings;
  /// The same where the user may have wanted it so.
  std::vector<std::string> doubts;
  /// The note on a new device that is open to the Internet (model/tunnel/firewall.h, open_note()).
  std::string opens = {};
  /// The LAN addresses on other interfaces that situp owns after the plan.
  std::vector<LanAddress> lan_owned;
};

/// A route as `ip` writes it; without the interface if `dev` is empty.
std::string str(const DefaultRoute& route, const std::string& dev = {});
/// The equivalent `ip` command (`sysctl` or `nft`, if there is none).
std::string as_ip_command(const Operation& operation);
/// The same in one line: of a ruleset only the name.
std::string in_brief(const Operation& operation);

/// A part without which a tunnel works, only not as well: some kernels refuse it.
enum class Part {
  next_hop,       // model/tunnel/next_hop.h
  on_link_rules,  // model/tunnel/on_link.h
};
/// The part that the operation makes; empty if every tunnel needs it.
std::optional<Part> optional_part_of(const Operation& operation);

/// The operations that undo `operation`, given the kernel's state before it.
std::vector<Operation> undo_of(const Operation& operation, const Live& before);

}  // namespace situp
