// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/tunnel/tunnel.h"

#include <algorithm>

#include "base/error.h"
#include "base/list.h"

namespace situp {
namespace {

constexpr unsigned least_mtu = 1280;

void add_routers(std::vector<Router>& list, const std::vector<Ipv4>& addresses, Ipv4 local,
                 bool may_be_default) {
  for (const Ipv4 address : addresses) {
    if (address == local) continue;
    const auto same = [address](const Router& known) { return known.address == address; };
    if (std::none_of(list.begin(), list.end(), same)) list.push_back({address, may_be_default});
  }
}

}  // namespace

std::vector<Router> routers_of(const Resolved& resolved) {
  std::vector<Router> list;
  add_routers(list, resolved.routers, resolved.local, true);
  add_routers(list, resolved.routers_nodefault, resolved.local, false);
  return list;
}

namespace {

/// The address of the first relay in the domain, unless the stanza names another one. A relay asks
/// no one.
std::optional<Ipv6> relay_target(const TunnelSpec& spec, const Resolved& resolved) {
  const SixrdDomain& domain = spec.sit.domain;
  const auto& target = spec.keepalive->target;
  if (contains(resolved.relays, resolved.local)) return std::nullopt;
  if (target || resolved.relays.empty()) return target;
  const Ipv4 relay = resolved.relays.front();
  if (!not_embeddable(domain, relay).empty()) return std::nullopt;
  return first_address(domain.delegated(relay));
}

}  // namespace

std::optional<Ipv6> keepalive_target(const TunnelSpec& spec, const Resolved& resolved) {
  if (!spec.keepalive) return std::nullopt;
  const KindRow& kind = spec.kind();
  const auto& target = spec.keepalive->target;
  if (kind.has_domain) return relay_target(spec, resolved);
  if (target)
    return kind.holds_local && kind.embedded(*target) == resolved.local ? std::nullopt : target;
  const std::vector<Router> routers = routers_of(resolved);
  return routers.empty() ? std::nullopt : std::optional(kind.link_local(routers.front().address));
}

Ipv4 embedded_address(const TunnelSpec& spec, const Resolved& resolved) {
  return spec.embedded ? spec.embedded->address.value_or(resolved.embedded) : resolved.local;
}

unsigned mtu_over(unsigned underlay_mtu, const Encap& encap) {
  const unsigned headers = outer_headers(encap);
  return std::max(underlay_mtu, least_mtu + headers) - headers;
}

std::optional<DefaultRoute> gateway_route(const TunnelSpec& spec) {
  if (!spec.gateway) return std::nullopt;
  DefaultRoute route;
  route.gateway = *spec.gateway;
  if (spec.metric) route.metric = *spec.metric;
  return route;
}

namespace {

LanAddress in_subnet(const DelegatedLan& lan, const Ipv6Net& delegated) {
  Ipv6Net net{delegated.address, 64};
  for (std::size_t i = 0; i < 8; ++i) {
    net.address.bytes[i] |= static_cast<std::uint8_t>(lan.subnet >> (56 - 8 * i));
    net.address.bytes[8 + i] = lan.host.bytes[8 + i];
  }
  return {lan.iface, net};
}

void add_domain(const TunnelSpec& spec, const Resolved& resolved, Tunnel& tunnel) {
  const SixrdDomain& domain = spec.sit.domain;
  const Ipv4 embedded = embedded_address(spec, resolved);
  if (const std::string why = not_embeddable(domain, embedded); !why.empty())
    throw Error(Exit::configuration, spec.iface.str(), embedded.str() + why);
  tunnel.delegated = domain.delegated(embedded);
  tunnel.formed.push_back({first_address(*tunnel.delegated), domain.prefix.length});
  for (const Ipv4 relay : resolved.relays) {
    if (relay == resolved.local)
      tunnel.is_relay = true;
    else if (!contains(tunnel.relays, relay))
      tunnel.relays.push_back(relay);
  }
  // The relay has its own way to other networks.
  if (tunnel.is_relay) tunnel.relays.clear();
  for (const DelegatedLan& lan : spec.delegated_lan)
    tunnel.lan.push_back(in_subnet(lan, *tunnel.delegated));
  tunnel.routed.push_back(*tunnel.delegated);
}

}  // namespace

Tunnel make_tunnel(const TunnelSpec& spec, const Resolved& resolved) {
  Tunnel tunnel;
  tunnel.iface = spec.iface;
  tunnel.sit = spec.sit;
  tunnel.sit.local = resolved.local;
  tunnel.sit.remote = resolved.remote;
  tunnel.dev = spec.dev;
  tunnel.mtu = spec.mtu ? *spec.mtu : mtu_over(resolved.underlay_mtu, spec.sit.encap);
  for (const Ipv6Net& net : spec.addresses)
    tunnel.addresses.push_back({net, spec.preferred_lifetime});
  tunnel.route = gateway_route(spec);
  for (const Ipv6Net& prefix : spec.prefixes)
    tunnel.formed.push_back({isatap_address(prefix.address, resolved.local), prefix.length});
  if (resolved.local != Ipv4{} && spec.kind().link_local != nullptr)
    tunnel.link_local = spec.kind().link_local(resolved.local);
  if (spec.sit.encap.is_on()) tunnel.fou_port = FouPort{spec.sit.encap.port, resolved.local};
  tunnel.routers = routers_of(resolved);
  tunnel.own_accept_ra = spec.accept_ra;
  tunnel.accept_ra = !tunnel.routers.empty() && !spec.own_accept_ra;
  tunnel.lan = spec.lan;
  tunnel.routed = spec.routed;
  if (spec.kind().has_domain && resolved.local != Ipv4{}) add_domain(spec, resolved, tunnel);
  tunnel.filters_domain = spec.filters_domain;
  tunnel.firewall = spec.is_stateful();
  tunnel.clamp = spec.clamps_mss();
  return tunnel;
}

}  // namespace situp
