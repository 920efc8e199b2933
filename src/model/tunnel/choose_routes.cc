// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/tunnel/choose_routes.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/list.h"
#include "model/tunnel/firewall.h"

namespace situp {
namespace {

/// The prefixes of the stanza's addresses, here and on the LAN, of v4tunnel-routed, and the
/// delegated one, each once.
std::vector<Ipv6Net> own_prefixes(const TunnelSpec& spec, const Tunnel& tunnel) {
  std::vector<Ipv6Net> all;
  if (tunnel.delegated) all.push_back(*tunnel.delegated);
  for (const Ipv6Net& net : spec.addresses) all.push_back(net.prefix());
  for (const LanAddress& lan : spec.lan) all.push_back(lan.address.prefix());
  all.insert(all.end(), spec.routed.begin(), spec.routed.end());
  std::vector<Ipv6Net> prefixes = outermost(all);
  std::erase_if(prefixes, [](const Ipv6Net& net) { return net.address.is_link_local(); });
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

/// The route as this host needs it: for all packets, or for packets from each of the tunnel's
/// prefixes.
std::vector<DefaultRoute> on_this_host(const DefaultRoute& route, const TunnelSpec& spec,
                                       const Live& live, const std::vector<LiveDefault>& withdrawn,
                                       Tunnel& tunnel) {
  if (route.from) return {route};
  const std::string option = spec.kind().option("route");
  const LiveDefault* other = another_default(live, withdrawn, tunnel, route.table);
  const std::string where =
      route.table == main_table ? std::string() : " in table " + std::to_string(route.table);
  if (other == nullptr) {
    tunnel.route_notes.push_back(
        option + " is for all packets: there is no other IPv6 default route" + where);
    return {route};
  }
  const LiveLink* link = live.link(other->index);
  const std::string who =
      "another IPv6 default route" + where + (link == nullptr ? "" : " leaves by " + link->name);
  const auto prefixes = own_prefixes(spec, tunnel);
  if (prefixes.empty())
    throw Error(Exit::configuration, option,
                (link == nullptr ? who + " is there" : who) +
                    ", and the stanza has no address that would tell which packets are this "
                    "tunnel's: write default from PREFIX");
  std::vector<DefaultRoute> routes;
  std::string list;
  for (const Ipv6Net& prefix : prefixes) {
    DefaultRoute own = route;
    own.from = prefix;
    routes.push_back(own);
    list += (list.empty() ? "" : ", ") + prefix.str();
  }
  tunnel.route_notes.push_back(option + " is for packets from " + list + ": " +
                               (link == nullptr ? who + " is there" : who));
  return routes;
}

/// A route by each relay, in the order of preference: the smaller metric is preferred.
void add_by_relays(const DefaultRoute& route, Tunnel& tunnel) {
  std::uint32_t metric = route.metric;
  for (const Ipv4 relay : tunnel.relays) {
    tunnel.routes.push_back(route);
    tunnel.routes.back().gateway = compatible_address(relay);
    tunnel.routes.back().metric = metric++;
  }
}

}  // namespace

void choose_routes(const TunnelSpec& spec, const Live& live,
                   const std::vector<LiveDefault>& withdrawn, Tunnel& tunnel) {
  tunnel.routes.clear();
  tunnel.route_notes.clear();
  const bool by_relays = spec.kind().has_domain;
  if (by_relays && tunnel.relays.empty()) return;
  if (by_relays && spec.routes.empty()) {
    DefaultRoute all;
    all.metric = spec.metric.value_or(all.metric);
    add_by_relays(all, tunnel);
  }
  for (const DefaultRoute& written : spec.routes) {
    for (const DefaultRoute& route : on_this_host(written, spec, live, withdrawn, tunnel)) {
      if (by_relays)
        add_by_relays(route, tunnel);
      else
        tunnel.routes.push_back(route);
    }
  }
}

std::vector<DefaultRoute> withdraw_routes(const TunnelSpec& spec, const Ipv6& target,
                                          Tunnel& tunnel) {
  std::vector<DefaultRoute> withdrawn = std::exchange(tunnel.routes, {});
  const KindRow& kind = spec.kind();
  // The keepalive asks the first relay; the routes by the others are for its failure.
  if (kind.has_domain)
    for (const DefaultRoute& route : withdrawn)
      if (kind.embedded(route.gateway) != tunnel.relays.front()) tunnel.routes.push_back(route);
  std::erase_if(withdrawn,
                [&](const DefaultRoute& route) { return contains(tunnel.routes, route); });
  if (tunnel.route) withdrawn.push_back(*std::exchange(tunnel.route, std::nullopt));
  tunnel.route_notes.clear();
  const auto leads_there = [&](const Ipv6Net& own) { return own.contains(target); };
  if (!withdrawn.empty() && !target.is_link_local() &&
      std::none_of(spec.addresses.begin(), spec.addresses.end(), leads_there) &&
      std::none_of(tunnel.formed.begin(), tunnel.formed.end(), leads_there)) {
    DefaultRoute route;
    route.to = target;
    // A next hop of such a kind holds its router's IPv4 address.
    if (kind.holds_local && !kind.embedded(target)) route.gateway = *spec.gateway;
    if (kind.has_domain) route.gateway = compatible_address(tunnel.relays.front());
    // No other tunnel's, and no person's: the kernel takes one route of each metric.
    route.metric =
        0x80000000U | static_cast<std::uint32_t>(fingerprint(tunnel.iface.str()) & 0x7fffffffU);
    tunnel.routes.push_back(route);
  }
  return withdrawn;
}

}  // namespace situp
