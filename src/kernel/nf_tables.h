// SPDX-License-Identifier: GPL-2.0-or-later
// Reads nf_tables over netlink: the filters of tunnels, and those of other programs.
#pragma once
#include <set>
#include <string>
#include <vector>

#include "model/tunnel/live.h"

namespace situp {

/// Reads the filters of these interfaces into Live::firewall. Opens no socket if there are none.
/// Without privilege the kernel hides them; a kernel without nf_tables has none.
void read_firewalls(const std::set<std::string>& ifaces, Live& live);

/// A chain that packets of this host pass, of any program. Legacy iptables has no such chains.
struct FilterChain {
  std::string family, table, name;  // "inet", "filter", "input"
  std::string hook;                 // "input", "forward", "output", …
  bool drops = false;               // the policy: drops packets that no rule accepted
};
/// The chains of the families ip, ip6 and inet. Throws an Error (Exit::not_permitted) without
/// privilege.
std::vector<FilterChain> read_filters();

}  // namespace situp
