// SPDX-License-Identifier: GPL-2.0-or-later
// The filters of tunnels: situp reads them over netlink and writes them with nft(8), because only
// nft can encode rules.
#pragma once
#include <set>
#include <string>

#include "kernel/netlink.h"
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

/// True if nft is installed. `root` is the prefix of its path.
bool has_nft(const std::string& root);

/// Runs nft, which executes all commands or none. nft has CAP_NET_ADMIN and no other privilege. The
/// Refusal's message is complete.
Refusal run_nft(const std::string& commands);
/// A table of family ip6, in nft's own syntax.
Refusal list_table(const std::string& table, std::string& listing);

}  // namespace situp
