// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/snapshot.h"

// Must precede the kernel's headers, which then omit the same definitions.
#include <net/if.h>

#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>

#include <cerrno>

#include "base/file.h"
#include "kernel/attributes.h"
#include "kernel/fou.h"
#include "kernel/messages.h"
#include "kernel/netlink_kernel.h"
#include "kernel/nf_tables.h"
#include "kernel/prl.h"

namespace situp {
namespace {

/// True if the kernel was booted with ipv6.disable=1. A module that is not loaded yet has no such
/// file; sit loads it.
bool is_ipv6_off() {
  const auto text = read_small_file("/sys/module/ipv6/parameters/disable", 16);
  return text && text->substr(0, 1) == "1";
}

void read_links(Netlink& netlink, bool counters, Live& live) {
  netlink.dump(
      RTM_GETLINK, [&] { live = Live(); },
      [counters](Request& request) { fill_link(request, counters); },
      [&](const nlmsghdr* m) { read_link(m, live); });
}

/// The link of this name, or of this ifindex if the name is empty; none if there is no such link.
void read_one_link(Netlink& netlink, const std::string& name, int index, bool counters,
                   Live& live) {
  Request request(RTM_GETLINK, 0);
  fill_link(request, counters);
  static_cast<ifinfomsg*>(mnl_nlmsg_get_payload(request.header()))->ifi_index = index;
  if (!name.empty()) request.put_name(IFLA_IFNAME, name);
  netlink.get(request, [&](const nlmsghdr* m) { read_link(m, live); });
}

template <int family>
void read_addresses(Netlink& netlink, Live& live, int index = 0) {
  netlink.dump(
      RTM_GETADDR, [&] { family == AF_INET ? live.forget_addresses4() : live.forget_addresses(); },
      [index](Request& request) {
        auto* info = request.extra<ifaddrmsg>();
        info->ifa_family = family;
        info->ifa_index = static_cast<std::uint32_t>(index);
      },
      [&](const nlmsghdr* m) { read_address(m, live); });
}

void read_routes(Netlink& netlink, std::uint32_t table, Live& live, int index = 0) {
  netlink.dump(
      RTM_GETROUTE, [&] { live.forget_routes(table); },
      [table, index](Request& request) {
        request.extra<rtmsg>()->rtm_family = AF_INET6;
        request.put_u32(RTA_TABLE, table);
        if (index != 0) request.put_u32(RTA_OIF, static_cast<std::uint32_t>(index));
      },
      [&](const nlmsghdr* m) { read_route(m, table, live); });
}

/// The IPv6 addresses and routes of one link. Kernels before 4.20 give those of all links.
void read_parts_of(Netlink& netlink, int index, const std::set<std::uint32_t>& tables, Live& live) {
  Live part;
  read_addresses<AF_INET6>(netlink, part, index);
  read_routes(netlink, RT_TABLE_MAIN, part, index);
  for (const std::uint32_t table : tables) read_routes(netlink, table, part, index);
  for (const LiveAddress& address : part.addresses(index)) live.add(index, address);
  for (const DefaultRoute& route : part.routes(index)) live.add(index, route);
  for (const LiveDefault& route : part.defaults())
    if (route.index == index) live.add(route);
}

void read_all(Netlink& netlink, const Extent& extent, Live& live) {
  read_links(netlink, extent.counters, live);
  read_addresses<AF_INET>(netlink, live);
  read_addresses<AF_INET6>(netlink, live);
  read_routes(netlink, RT_TABLE_MAIN, live);
  for (const std::uint32_t table : extent.tables) read_routes(netlink, table, live);
}

/// The links of Extent::only, and those that hold IPv4 addresses.
void read_some(Netlink& netlink, const Extent& extent, Live& live) {
  for (const std::string& name : extent.only)
    read_one_link(netlink, name, 0, extent.counters, live);
  std::vector<int> found;
  live.for_each_link([&](const LiveLink& link) { found.push_back(link.index); });
  read_addresses<AF_INET>(netlink, live);
  for (const LiveAddress4& address : live.addresses4())
    if (live.link(address.index) == nullptr) read_one_link(netlink, {}, address.index, false, live);
  for (const int index : found) read_parts_of(netlink, index, extent.tables, live);
}

void read_rules6(Netlink& netlink, Live& live) {
  netlink.dump(
      RTM_GETRULE, [&] { live.forget_rules6(); },
      [](Request& request) { request.extra<fib_rule_hdr>()->family = AF_INET6; },
      [&](const nlmsghdr* m) { read_rule6(m, live); });
}

void read_next_hops(Netlink& netlink, Live& live) {
  netlink.dump(
      RTM_GETROUTE, [&] { live.forget_routes4(); },
      [](Request& request) {
        auto* info = request.extra<rtmsg>();
        info->rtm_family = AF_INET;
        info->rtm_type = RTN_UNICAST;
      },
      [&](const nlmsghdr* m) { read_route4(m, live); });
  netlink.dump(
      RTM_GETRULE, [&] { live.forget_rules4(); },
      [](Request& request) { request.extra<fib_rule_hdr>()->family = AF_INET; },
      [&](const nlmsghdr* m) { read_rule4(m, live); });
}

}  // namespace

void fill_link(Request& request, bool statistics) {
  // Some linux/rtnetlink.h of Debian 11 lack this name. Statistics are most of a link's message.
  constexpr std::uint32_t skip_statistics = 1U << 3;  // RTEXT_FILTER_SKIP_STATS
  request.extra<ifinfomsg>();
  if (!statistics) request.put_u32(IFLA_EXT_MASK, skip_statistics);
}

Live NetlinkKernel::snapshot(const Extent& extent) {
  Netlink& netlink = this->netlink();
  Live live;
  std::vector<int> with_routers;
  if (extent.only.empty())
    read_all(netlink, extent, live);
  else
    read_some(netlink, extent, live);
  if (extent.firewalls) read_firewalls(live);
  if (extent.next_hops) read_next_hops(netlink, live);
  if (extent.rules6) read_rules6(netlink, live);
  if (extent.fou_ports) read_fou_ports(live);
  live.for_each_link([&](const LiveLink& link) {
    if (link.sit && row_of(link.sit->kind).has_routers) with_routers.push_back(link.index);
  });
  live.set_default_address_generation(inet6_setting("default", "addr_gen_mode").value_or(0));
  live.set_forwards(inet6_setting("all", "forwarding") == 1);
  live.set_default_accept_ra({inet6_setting("default", "accept_ra").value_or(1),
                              inet6_setting("default", "forwarding") == 1});
  if (const auto disabled = inet6_setting("default", "disable_ipv6")) {
    if (*disabled != 0) live.disable_ipv6_by_default();
  } else if (is_ipv6_off()) {
    live.switch_ipv6_off();
  }
  for (const int index : with_routers) live.set_routers(index, read_prl(live.link(index)->name));
  return live;
}

std::optional<RouteTo> NetlinkKernel::route_to(const Way& way) {
  Request request(RTM_GETROUTE, 0);
  auto* info = request.extra<rtmsg>();
  info->rtm_family = AF_INET;
  info->rtm_dst_len = 32;
  request.put_u32(RTA_DST, way.to.network());
  if (way.dev != 0) request.put_u32(RTA_OIF, static_cast<std::uint32_t>(way.dev));
  if (way.mark != 0) request.put_u32(RTA_MARK, way.mark);
  RouteTo route;
  if (way.from != Ipv4{}) {
    info->rtm_src_len = 32;
    request.put_u32(RTA_SRC, way.from.network());
    route.source = way.from;  // the kernel names only a source that it has chosen
  }
  const bool found = netlink().get(request, [&route](const nlmsghdr* message) {
    for_each_attribute<rtmsg>(message, [&route](std::uint16_t type, const nlattr* a) {
      if (type == RTA_PREFSRC) route.source = payload_ipv4(a);
      if (type == RTA_OIF) route.dev = payload<int>(a);
      if (type == RTA_GATEWAY) route.gateway = payload_ipv4(a);
    });
  });
  if (!found || route.source == Ipv4{}) return std::nullopt;
  return route;
}

std::optional<RouteTo6> NetlinkKernel::route_to(const Ipv6& to) {
  Request request(RTM_GETROUTE, 0);
  auto* info = request.extra<rtmsg>();
  info->rtm_family = AF_INET6;
  info->rtm_dst_len = 128;
  request.put(RTA_DST, to.bytes.data(), to.bytes.size());
  RouteTo6 route;
  bool unicast = false;
  const bool found = netlink().get(request, [&](const nlmsghdr* message) {
    const auto* answer = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(message));
    unicast = answer->rtm_type == RTN_UNICAST || answer->rtm_type == RTN_LOCAL;
    for_each_attribute<rtmsg>(message, [&route](std::uint16_t type, const nlattr* a) {
      if (type == RTA_PREFSRC) route.source = payload_ipv6(a);
      if (type == RTA_OIF) route.dev = payload<int>(a);
      if (type == RTA_PRIORITY) route.metric = payload<std::uint32_t>(a);
    });
  });
  if (!found || !unicast) return std::nullopt;
  return route;
}

std::vector<Ipv4> missing_neighbours(int index) {
  Netlink netlink;
  std::vector<Ipv4> missing;
  netlink.dump(
      RTM_GETNEIGH, [&] { missing.clear(); },
      [](Request& request) { request.extra<ndmsg>()->ndm_family = AF_INET; },
      [&](const nlmsghdr* message) {
        const auto* info = static_cast<const ndmsg*>(mnl_nlmsg_get_payload(message));
        if (info->ndm_ifindex != index || (info->ndm_state & (NUD_INCOMPLETE | NUD_FAILED)) == 0)
          return;
        for_each_attribute<ndmsg>(message, [&](std::uint16_t type, const nlattr* a) {
          if (type == NDA_DST) missing.push_back(payload_ipv4(a));
        });
      });
  return missing;
}

std::optional<int> index_of(const std::string& name) {
  // Cheaper than a message with the whole link; called once per tunnel.
  const unsigned index = if_nametoindex(name.c_str());
  if (index != 0) return static_cast<int>(index);
  if (errno != ENODEV && errno != ENXIO) throw system_error(name, errno);
  return std::nullopt;
}

}  // namespace situp
