// SPDX-License-Identifier: GPL-2.0-or-later
// The addresses of the tunnel, and of its LAN interfaces.
#include <algorithm>

#include "model/tunnel/comparison.h"

namespace situp {
namespace {

constexpr std::uint32_t forever = 0xffffffff;

/// `given` is the lifetime at the creation of the address, if known. `advertised`: a router may
/// advertise the same prefix, and the kernel then extends the address's life to the advertised one
/// (net/ipv6/addrconf.c, addrconf_prefix_rcv_add_addr). situp accepts that until it ends.
bool lifetime_is_right(const LiveAddress& live, const TunnelAddress& wanted,
                       std::optional<std::uint32_t> given, bool advertised) {
  if (!wanted.preferred_lifetime)
    return live.preferred == forever || (advertised && live.preferred != 0);
  // A finite lifetime runs down from the moment of `up`.
  return live.preferred <= *wanted.preferred_lifetime &&
         (!given || *given == *wanted.preferred_lifetime);
}

}  // namespace

/// The addresses that the tunnel must have after this run.
std::vector<TunnelAddress> Comparison::wanted_addresses() const {
  std::vector<TunnelAddress> list;
  // The kernel makes the link-local address of a device that comes up later; the check after
  // apply verifies it.
  if (wanted_.link_local && link_ != nullptr && link_->up)
    list.push_back({{*wanted_.link_local, 64}, std::nullopt});
  if (scope_.inner) list.insert(list.end(), wanted_.addresses.begin(), wanted_.addresses.end());
  for (const Ipv6Net& net : wanted_.formed)
    if (!is_said(net)) list.push_back({net, std::nullopt});
  return list;
}

/// True if it is one of the stanza's own addresses.
bool Comparison::is_said(const Ipv6Net& net) const {
  return std::any_of(wanted_.addresses.begin(), wanted_.addresses.end(),
                     [&](const TunnelAddress& address) { return address.net == net; });
}

bool Comparison::is_stale(const LiveAddress& address) const {
  const Ipv6& a = address.net.address;
  if (wanted_.sit.local == Ipv4{}) return false;
  const auto embedded = wanted_.kind().embedded(a);
  if (wanted_.kind().has_domain) {
    if (embedded && address.net.length == 96) return true;
  } else if (wanted_.kind().holds_local) {
    if (embedded &&
        (*embedded != wanted_.sit.local || (a.is_link_local() && a != *wanted_.link_local)))
      return true;
    if (a.is_link_local() && address.stable_privacy) return true;
  } else if (embedded.value_or(wanted_.sit.local) != wanted_.sit.local) {
    // The kernel makes these: for the old local address, or, with local any, for each address of
    // the host. The user made any other.
    const Ipv4 local = link_->sit->local;
    if (local == Ipv4{} ? live_.holder(*embedded) != nullptr : *embedded == local) return true;
  }
  return contains(owned_.addresses, address.net);
}

void Comparison::addresses() {
  static const std::vector<LiveAddress> none;
  const auto& have = link_ == nullptr ? none : live_.addresses(link_->index);
  const auto list = wanted_addresses();
  const auto in_the_way = [&](const TunnelAddress& wanted, const LiveAddress& live) {
    return live.net.address == wanted.net.address && live.net.length != wanted.net.length;
  };
  for (const TunnelAddress& wanted : list) {
    // The kernel's defaults for a link-local one, as on a device that comes up.
    const bool nodad = !wanted.net.address.is_link_local();
    for (const LiveAddress& live : have)
      if (in_the_way(wanted, live)) add(DeleteAddress{name_, live.net});
    const auto found = std::find_if(
        have.begin(), have.end(), [&](const LiveAddress& live) { return live.net == wanted.net; });
    if (found == have.end())
      add(AddAddress{name_, wanted, false, nodad});
    else if (!lifetime_is_right(*found, wanted, owned_.preferred_lifetime,
                                !wanted_.routers.empty()))
      add(AddAddress{name_, wanted, true, nodad});
  }
  // Deletes old ones last, so that the tunnel is never without an address.
  for (const LiveAddress& live : have) {
    const bool replaced = std::any_of(list.begin(), list.end(), [&](const TunnelAddress& wanted) {
      return wanted.net.address == live.net.address;
    });
    const bool made_by_ifup = !scope_.inner && is_said(live.net);
    if (!replaced && !made_by_ifup && is_stale(live)) add(DeleteAddress{name_, live.net});
  }
}

void Comparison::lan() {
  for (const LanAddress& old : owned_.lan) {
    if (contains(wanted_.lan, old)) continue;
    const LiveLink* link = live_.link(old.iface.str());
    if (link == nullptr) continue;
    for (const LiveAddress& address : live_.addresses(link->index))
      if (address.net == old.address) add(DeleteAddress{link->name, old.address});
  }
  for (const LanAddress& lan : wanted_.lan) {
    if (const LiveLink* link = live_.link(lan.iface.str()))
      lan_address(lan, *link);
    else
      plan_.warnings.push_back(lan.iface.str() + ": no interface has this name: situpd adds " +
                               lan.address.str() + " when there is one; without situpd, situp up " +
                               name_ + " does");
  }
}

void Comparison::lan_address(const LanAddress& lan, const LiveLink& link) {
  for (const LiveAddress& address : live_.addresses(link.index)) {
    if (address.net.address != lan.address.address) continue;
    if (address.net == lan.address) {
      if (contains(owned_.lan, lan)) plan_.lan_owned.push_back(lan);
      return;
    }
    const LanAddress old{lan.iface, address.net};
    if (!contains(owned_.lan, old))
      throw Error(Exit::system, link.name,
                  "already has this address as " + address.net.str() +
                      ", and not from situp: write that prefix length, or remove the address");
  }
  if (link.ipv6_disabled) throw ipv6_disabled(link.name);
  add(AddAddress{link.name, {lan.address, std::nullopt}});
  plan_.lan_owned.push_back(lan);
}

}  // namespace situp
