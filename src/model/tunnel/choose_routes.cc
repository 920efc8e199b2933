// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/tunnel/choose_routes.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "model/tunnel/firewall.h"

namespace situp {
namespace {

/// The prefixes of the stanza's addresses, here and on the LAN, and of v4tunnel-routed, each once.
std::vector<Ipv6Net> own_prefixes(const TunnelSpec& spec) {
  std::vector<Ipv6Net> all;
  for (const Ipv6Net& net : spec.addresses) all.push_back(net.prefix());
  for (const LanAddress& lan : spec.lan) all.push_back(lan.address.prefix());
  all.insert(all.end(), spec.routed.begin(), spec.routed.end());
  std::vector<Ipv6Net> prefixes;
  for (const Ipv6Net& net : all) {
    const auto covers = [&net](const Ipv6Net& other) {
      return other != net && other.length <= net.length && other.contains(net.address);
    };
    if (net.address.is_link_local() || std::any_of(all.begin(), all.end(), covers)) continue;
    if (std::find(prefixes.begin(), prefixes.end(), net) == prefixes.end()) prefixes.push_back(net);
  }
  return prefixes;
}

/// A default route for all packets that is not the tunnel's.
const LiveDefault* another_default(const Live& live, const std::vector<LiveDefault>& withdrawn,
                                   const Tunnel& tunnel, std::uint32_t table) {
  const LiveLink* own = live.link(tunnel.iface.str());
  for (const LiveDefault& other : live.defaults())
    if (other.route.table == table && other.is_for_all() &&
        (own == nullptr || other.index != own->index))
      return &other;
  for (const LiveDefault& other : withdrawn)
    if (other.route.table == table && other.is_for_all()) return &other;
  return nullptr;
}

}  // namespace

void choose_routes(const TunnelSpec& spec, const Live& live,
                   const std::vector<LiveDefault>& withdrawn, Tunnel& tunnel) {
  tunnel.routes.clear();
  tunnel.route_notes.clear();
  for (const DefaultRoute& route : spec.routes) {
    if (route.from) {
      tunnel.routes.push_back(route);
      continue;
    }
    const LiveDefault* other = another_default(live, withdrawn, tunnel, route.table);
    const std::string where =
        route.table == main_table ? std::string() : " in table " + std::to_string(route.table);
    if (other == nullptr) {
      tunnel.routes.push_back(route);
      tunnel.route_notes.push_back(
          "v4tunnel-route is for all packets: there is no other IPv6 default route" + where);
      continue;
    }
    const LiveLink* link = live.link(other->index);
    const std::string who =
        "another IPv6 default route" + where + (link == nullptr ? "" : " leaves by " + link->name);
    const auto prefixes = own_prefixes(spec);
    if (prefixes.empty())
      throw Error(Exit::configuration, "v4tunnel-route",
                  (link == nullptr ? who + " is there" : who) +
                      ", and the stanza has no address that would tell which packets are this "
                      "tunnel's: write default from PREFIX");
    std::string list;
    for (const Ipv6Net& prefix : prefixes) {
      DefaultRoute own = route;
      own.from = prefix;
      tunnel.routes.push_back(own);
      list += (list.empty() ? "" : ", ") + prefix.str();
    }
    tunnel.route_notes.push_back("v4tunnel-route is for packets from " + list + ": " +
                                 (link == nullptr ? who + " is there" : who));
  }
}

std::vector<DefaultRoute> withdraw_routes(const TunnelSpec& spec, const Ipv6& target,
                                          Tunnel& tunnel) {
  std::vector<DefaultRoute> withdrawn = std::exchange(tunnel.routes, {});
  if (tunnel.route) withdrawn.push_back(*std::exchange(tunnel.route, std::nullopt));
  tunnel.route_notes.clear();
  const auto leads_there = [&](const Ipv6Net& own) { return own.contains(target); };
  if (!withdrawn.empty() && !target.is_link_local() &&
      std::none_of(spec.addresses.begin(), spec.addresses.end(), leads_there) &&
      std::none_of(tunnel.formed.begin(), tunnel.formed.end(), leads_there)) {
    DefaultRoute route;
    route.to = target;
    // The next hop of an ISATAP packet holds its IPv4 address.
    if (spec.kind().holds_local && !spec.kind().embedded(target)) route.gateway = *spec.gateway;
    // No other tunnel's, and no person's: the kernel takes one route of each metric.
    route.metric =
        0x80000000U | static_cast<std::uint32_t>(fingerprint(tunnel.iface.str()) & 0x7fffffffU);
    tunnel.routes.push_back(route);
  }
  return withdrawn;
}

}  // namespace situp
