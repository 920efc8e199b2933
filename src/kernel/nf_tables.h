// SPDX-License-Identifier: GPL-2.0-or-later
// nf_tables over netlink: reads the filters of tunnels and those of other programs, and removes the
// former.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "kernel/kernel.h"
#include "model/tunnel/live.h"

namespace situp {

/// The parts of tunnels in situp's table of filters. Throws an Error (Exit::not_permitted) without
/// privilege.
std::map<std::string, LiveFilter> read_firewalls();
/// Reads them into Live::firewalls(). Without privilege the kernel hides them; a kernel without
/// nf_tables has none.
void read_firewalls(Live& live);
/// Removes a tunnel's part, and with the last one the table.
Refusal remove_firewall(const std::string& iface);

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
