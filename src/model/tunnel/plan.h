// SPDX-License-Identifier: GPL-2.0-or-later
// What has to be done, in order, one kernel request each.
#pragma once
#include <string>
#include <variant>
#include <vector>

#include "model/address.h"
#include "model/tunnel/live.h"
#include "model/tunnel/next_hop.h"
#include "model/tunnel/tunnel.h"

namespace situp {

/// All of a device: the kernel puts back to its default what a change leaves out.
struct SitDevice {
  Sit sit;
  std::string underlay;  // the name of sit.link
  unsigned mtu = 1480;
};

struct CreateLink {
  std::string name;
  SitDevice device;
  int index =
      0;  // of a device that is put back: whoever knew it by its ifindex still does. 0 = any
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
/// net.ipv6.conf.NAME.accept_ra, which goes with the device.
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
  /// On a tunnel, where nobody could have the same address and the kernel asks nobody (IFF_NOARP):
  /// usable at once, and not only when a worker of the kernel has come to it.
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

/// The filter, in the place of one that may be there.
struct LoadFirewall {
  std::string name;     // of the tunnel
  std::string ruleset;  // empty: the one that was there before, which Transaction keeps
};
struct RemoveFirewall {
  std::string name;
};

/// An IPv4 rule that sends packets with the mark, and no others, to the table
/// (model/tunnel/next_hop.h).
struct AddRule {
  std::uint32_t preference = 0, mark = 0, table = 0;
};
struct DeleteRule {
  std::uint32_t preference = 0, mark = 0, table = 0;
};
/// The one default route of the table, in the place of another gateway's.
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

using Operation =
    std::variant<CreateLink, ChangeLink, DeleteLink, SetMtu, SetAddressGeneration, SetAcceptRa,
                 SetUp, AddAddress, DeleteAddress, AddRoute, DeleteRoute, AddRouter, DeleteRouter,
                 LoadFirewall, RemoveFirewall, AddRule, DeleteRule, SetNextHop, DeleteNextHop>;

/// IN6_ADDR_GEN_MODE_EUI64 (linux/if_link.h): on an ISATAP device, the identifier of RFC 5214 §6.1.
constexpr std::uint8_t generate_eui64 = 0;

struct Plan {
  std::vector<Operation> operations;
  /// Why a device is made anew, where it is; one line each.
  std::vector<std::string> notes;
  /// Addresses on other interfaces that are situp's own once this is done.
  std::vector<LanAddress> lan_owned;
};

/// The `ip` command (`sysctl` or `nft`, where there is none) that a person would type for it.
std::string as_ip_command(const Operation& operation);
/// The same in one line: a ruleset is only named.
std::string in_brief(const Operation& operation);

/// Whether it makes a part of a tunnel's next hop (model/tunnel/next_hop.h), without which the
/// tunnel works as well as the kernel has it.
bool makes_next_hop(const Operation& operation);

/// What puts back what `operation` changes, given what the kernel held before it.
std::vector<Operation> undo_of(const Operation& operation, const Live& before);

}  // namespace situp
