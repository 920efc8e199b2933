// SPDX-License-Identifier: GPL-2.0-or-later
// The filters of tunnels: read over netlink, written by nft(8), which alone knows how rules are
// put.
#pragma once
#include <set>
#include <string>

#include "kernel/netlink.h"
#include "model/tunnel/live.h"

namespace situp {

/// Looks for the filters of these interfaces: Live::firewall. Opens nothing where there are none.
/// Without privilege they are hidden; in a kernel without nf_tables there is none.
void read_firewalls(const std::set<std::string>& ifaces, Live& live);

/// A chain that packets of this host pass, whoever made it. Legacy iptables has none of these.
struct FilterChain {
  std::string family, table, name;  // "inet", "filter", "input"
  std::string hook;                 // "input", "forward", "output", …
  bool drops = false;               // what no rule of it has accepted
};
/// Those of the families ip, ip6 and inet. An Error (Exit::not_permitted) without privilege.
std::vector<FilterChain> read_filters();

/// Feeds nft, which does all of it or nothing. It runs with CAP_NET_ADMIN and no other privilege.
/// The message of a Refusal is a whole one.
Refusal run_nft(const std::string& commands);
/// A table of family ip6, as nft would read it again.
Refusal list_table(const std::string& table, std::string& listing);

}  // namespace situp
