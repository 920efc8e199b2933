// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/messages.h"

// Must precede the kernel's headers, which then omit the same definitions.
#include <net/if.h>

#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/ipv6.h>
#include <linux/netconf.h>

#include <algorithm>
#include <cstring>

#include "base/file.h"
#include "kernel/attributes.h"
#include "kernel/sit_attributes.h"

namespace situp {
namespace {

/// Reads IFLA_INET6_CONF: net.ipv6.conf of one interface, as an array.
void read_settings(const nlattr* settings, LiveLink& link) {
  const auto numbers = payload<std::array<std::int32_t, DEVCONF_DISABLE_IPV6 + 1>>(settings);
  link.accept_ra = {static_cast<std::uint8_t>(numbers[DEVCONF_ACCEPT_RA]),
                    numbers[DEVCONF_FORWARDING] != 0};
  link.ipv6_disabled = numbers[DEVCONF_DISABLE_IPV6] != 0;
}

void read_inet6(const nlattr* families, LiveLink& link) {
  for_each_nested(families, [&link](std::uint16_t family, const nlattr* of_family) {
    if (family != AF_INET6) return;
    for_each_nested(of_family, [&link](std::uint16_t type, const nlattr* a) {
      if (type == IFLA_INET6_ADDR_GEN_MODE) link.address_generation = payload<std::uint8_t>(a);
      if (type == IFLA_INET6_CONF) read_settings(a, link);
    });
  });
}

/// The interface of a multipath route's first next hop.
int first_of_several(const nlattr* multipath) {
  return payload<rtnexthop>(multipath).rtnh_ifindex;
}

/// Reads the first next hop of an IPv4 multipath route.
void read_first_of_several(const nlattr* multipath, LiveRoute4& route) {
  const auto* hop = static_cast<const rtnexthop*>(mnl_attr_get_payload(multipath));
  if (mnl_attr_get_payload_len(multipath) < sizeof *hop || hop->rtnh_len < sizeof *hop ||
      hop->rtnh_len > mnl_attr_get_payload_len(multipath))
    return;
  route.index = hop->rtnh_ifindex;
  int left = hop->rtnh_len - static_cast<int>(sizeof *hop);
  for (const auto* a = reinterpret_cast<const nlattr*>(hop + 1); mnl_attr_ok(a, left);
       left -= MNL_ALIGN(a->nla_len), a = mnl_attr_next(a))
    if (mnl_attr_get_type(a) == RTA_GATEWAY) route.gateway = payload_ipv4(a);
}

void read_unreachable(const nlmsghdr* message, Live& live) {
  const auto* info = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(message));
  Ipv6Net to{{}, info->rtm_dst_len};
  std::uint32_t metric = 0;
  std::uint32_t table = info->rtm_table;
  for_each_attribute<rtmsg>(message, [&](std::uint16_t type, const nlattr* a) {
    if (type == RTA_DST)
      to.address = payload_ipv6(a);
    else if (type == RTA_PRIORITY)
      metric = payload<std::uint32_t>(a);
    else if (type == RTA_TABLE)
      table = payload<std::uint32_t>(a);
  });
  if (table == main_table && metric == unreachable_metric) live.add_unreachable(to);
}

/// nullptr if the message is too short for it.
template <typename Header>
const Header* header_of(const nlmsghdr* message) {
  return mnl_nlmsg_get_payload_len(message) < sizeof(Header)
             ? nullptr
             : static_cast<const Header*>(mnl_nlmsg_get_payload(message));
}

/// The first item of `list` after `read` has read the message.
template <typename Read, typename T>
std::optional<T> first_read(const nlmsghdr* message, Read&& read,
                            const std::vector<T>& (Live::*list)() const) {
  Live live;
  read(message, live);
  const std::vector<T>& all = (live.*list)();
  return all.empty() ? std::nullopt : std::optional(all.front());
}

}  // namespace

std::optional<std::uint8_t> inet6_setting(const std::string& name, const char* key) {
  const auto text = read_small_file("/proc/sys/net/ipv6/conf/" + name + "/" + key, 16);
  const auto number = text ? parse_number(text->substr(0, text->find('\n')), 255) : std::nullopt;
  if (!number) return std::nullopt;
  return static_cast<std::uint8_t>(*number);
}

namespace {

Counters counters_in(const nlattr* attribute) {
  // The structure has grown: older kernels send less of it.
  rtnl_link_stats64 of_kernel{};
  memcpy(&of_kernel, mnl_attr_get_payload(attribute),
         std::min<std::size_t>(mnl_attr_get_payload_len(attribute), sizeof of_kernel));
  Counters counters;
  counters.rx_bytes = of_kernel.rx_bytes;
  counters.rx_packets = of_kernel.rx_packets;
  counters.tx_bytes = of_kernel.tx_bytes;
  counters.tx_packets = of_kernel.tx_packets;
  counters.rx_errors = of_kernel.rx_errors;
  counters.rx_frame_errors = of_kernel.rx_frame_errors;
  counters.tx_errors = of_kernel.tx_errors;
  counters.tx_carrier_errors = of_kernel.tx_carrier_errors;
  counters.collisions = of_kernel.collisions;
  return counters;
}

}  // namespace

void read_link(const nlmsghdr* message, Live& live) {
  const auto* info = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(message));
  LiveLink link;
  link.index = info->ifi_index;
  link.up = (info->ifi_flags & IFF_UP) != 0;
  // A dummy and a VRF have IFF_NOARP alone, tunnels and PPP have it with IFF_POINTOPOINT.
  const unsigned kind = info->ifi_flags & (IFF_LOOPBACK | IFF_NOARP | IFF_POINTOPOINT);
  link.leads_out = kind != IFF_NOARP && (kind & IFF_LOOPBACK) == 0;
  for_each_attribute<ifinfomsg>(message, [&](std::uint16_t type, const nlattr* a) {
    if (type == IFLA_IFNAME)
      link.name = payload_text(a);
    else if (type == IFLA_MTU)
      link.mtu = payload<std::uint32_t>(a);
    else if (type == IFLA_ADDRESS && info->ifi_type == ARPHRD_ETHER)
      link.mac = Mac{payload<std::array<std::uint8_t, 6>>(a)};
    else if (type == IFLA_MASTER)
      link.master = payload<int>(a);
    else if (type == IFLA_AF_SPEC)
      read_inet6(a, link);
    else if (type == IFLA_STATS64)
      link.counters = counters_in(a);
    else if (type == IFLA_LINKINFO) {
      bool is_sit = false;
      for_each_nested(a, [&](std::uint16_t part, const nlattr* b) {
        if (part == IFLA_INFO_KIND) is_sit = payload_text(b) == "sit";
        if (part == IFLA_INFO_DATA && is_sit) link.sit = read_sit(b);
      });
    }
  });
  // Kernels as old as Debian 11's omit it together with the statistics.
  if (link.sit && row_of(link.sit->kind).holds_local && !link.address_generation)
    link.address_generation = inet6_setting(link.name, "addr_gen_mode");
  live.add(std::move(link));
}

void read_address(const nlmsghdr* message, Live& live) {
  const auto* info = static_cast<const ifaddrmsg*>(mnl_nlmsg_get_payload(message));
  const int index = static_cast<int>(info->ifa_index);
  std::uint32_t flags = info->ifa_flags;
  LiveAddress address;
  address.net.length = info->ifa_prefixlen;
  LiveAddress4 address4{{}, index, info->ifa_scope == RT_SCOPE_UNIVERSE};
  bool has_local = false;
  for_each_attribute<ifaddrmsg>(message, [&](std::uint16_t type, const nlattr* a) {
    // If there is a peer, IFA_ADDRESS is the peer's and IFA_LOCAL is ours.
    if (type == IFA_LOCAL || (type == IFA_ADDRESS && !has_local)) {
      has_local = type == IFA_LOCAL;
      if (info->ifa_family == AF_INET)
        address4.address = payload_ipv4(a);
      else
        address.net.address = payload_ipv6(a);
    } else if (type == IFA_FLAGS) {
      flags = payload<std::uint32_t>(a);
    } else if (type == IFA_CACHEINFO) {
      address.preferred = payload<ifa_cacheinfo>(a).ifa_prefered;
    }
  });
  address.stable_privacy = (flags & IFA_F_STABLE_PRIVACY) != 0;
  address.nodad = (flags & IFA_F_NODAD) != 0;
  if (info->ifa_family == AF_INET)
    live.add(address4);
  else
    live.add(index, address);
}

void read_route(const nlmsghdr* message, std::optional<std::uint32_t> wanted, Live& live) {
  const auto* info = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(message));
  // A kernel without IPv6 sends the routes of other families.
  if (info->rtm_family != AF_INET6) return;
  if ((info->rtm_flags & RTM_F_CLONED) != 0) return;
  if (info->rtm_dst_len != 0 && info->rtm_type == RTN_UNREACHABLE && wanted == main_table)
    return read_unreachable(message, live);
  // Of the routes to one address only those that programs have made; the kernel has one for each of
  // its own.
  const bool is_to_one = info->rtm_dst_len == 128 && info->rtm_type == RTN_UNICAST &&
                         info->rtm_protocol == RTPROT_BOOT;
  if (info->rtm_dst_len != 0 && !is_to_one) return;
  int dev = 0;
  DefaultRoute route;
  route.table = info->rtm_table;
  for_each_attribute<rtmsg>(message, [&](std::uint16_t type, const nlattr* a) {
    if (type == RTA_TABLE)
      route.table = payload<std::uint32_t>(a);
    else if (type == RTA_OIF)
      dev = payload<int>(a);
    else if (type == RTA_MULTIPATH)
      dev = first_of_several(a);
    else if (type == RTA_PRIORITY)
      route.metric = payload<std::uint32_t>(a);
    else if (type == RTA_GATEWAY)
      route.gateway = payload_ipv6(a);
    else if (type == RTA_SRC)
      route.from = Ipv6Net{payload_ipv6(a), info->rtm_src_len};
    else if (type == RTA_DST)
      route.to = payload_ipv6(a);
  });
  if (wanted && route.table != *wanted) return;
  const bool rejects = info->rtm_type != RTN_UNICAST;
  const bool advertised = info->rtm_protocol == RTPROT_RA;
  if (!route.to) live.add(LiveDefault{rejects ? 0 : dev, route, advertised, rejects});
  // A route from an advertisement comes and goes by itself.
  if (!rejects && !advertised) live.add(dev, route);
}

void read_route4(const nlmsghdr* message, Live& live) {
  const auto* info = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(message));
  if (info->rtm_type != RTN_UNICAST || (info->rtm_flags & RTM_F_CLONED) != 0) return;
  LiveRoute4 route;
  route.table = info->rtm_table;
  route.length = info->rtm_dst_len;
  for_each_attribute<rtmsg>(message, [&](std::uint16_t type, const nlattr* a) {
    if (type == RTA_TABLE)
      route.table = payload<std::uint32_t>(a);
    else if (type == RTA_DST)
      route.to = payload_ipv4(a);
    else if (type == RTA_GATEWAY)
      route.gateway = payload_ipv4(a);
    else if (type == RTA_OIF)
      route.index = payload<int>(a);
    else if (type == RTA_PRIORITY)
      route.metric = payload<std::uint32_t>(a);
    else if (type == RTA_MULTIPATH)
      read_first_of_several(a, route);
  });
  if (route.table != RT_TABLE_LOCAL) live.add(route);
}

void read_rule4(const nlmsghdr* message, Live& live) {
  const auto* header = static_cast<const fib_rule_hdr*>(mnl_nlmsg_get_payload(message));
  if (header->action != FR_ACT_TO_TBL) return;
  LiveRule4 rule;
  rule.table = header->table;
  bool by_more =
      header->src_len != 0 || header->dst_len != 0 || header->tos != 0 || header->flags != 0;
  for_each_attribute<fib_rule_hdr>(message, [&](std::uint16_t type, const nlattr* a) {
    switch (type) {
      case FRA_PRIORITY:
        rule.preference = payload<std::uint32_t>(a);
        break;
      case FRA_TABLE:
        rule.table = payload<std::uint32_t>(a);
        break;
      case FRA_FWMARK:
        rule.mark = payload<std::uint32_t>(a);
        break;
      case FRA_FWMASK:
        rule.mask = payload<std::uint32_t>(a);
        break;
      // These two tell how a route is chosen and which program made the rule. They select no
      // packets.
      case FRA_SUPPRESS_PREFIXLEN:
      case FRA_PROTOCOL:
        break;
      default:
        by_more = true;
        break;
    }
  });
  rule.by_mark_only = rule.mask != 0 && !by_more;
  live.add(rule);
}

namespace {

LiveRule6 rule6_of(const nlmsghdr* message) {
  const auto* header = static_cast<const fib_rule_hdr*>(mnl_nlmsg_get_payload(message));
  LiveRule6 rule;
  rule.unreachable = header->action == FR_ACT_UNREACHABLE;
  rule.to.length = header->dst_len;
  // Other flags tell that the device isn't there.
  rule.has_more =
      header->src_len != 0 || header->tos != 0 || (header->flags & FIB_RULE_INVERT) != 0;
  std::uint32_t table = header->table;
  for_each_attribute<fib_rule_hdr>(message, [&](std::uint16_t type, const nlattr* a) {
    switch (type) {
      case FRA_PRIORITY:
        rule.preference = payload<std::uint32_t>(a);
        break;
      case FRA_TABLE:
        table = payload<std::uint32_t>(a);
        break;
      case FRA_IIFNAME:
        rule.iif = payload_text(a);
        break;
      case FRA_DST:
        rule.to.address = payload_ipv6(a);
        break;
      case FRA_SUPPRESS_PREFIXLEN:
        if (const auto length = payload<std::uint32_t>(a); length != 0xffffffff)
          rule.suppressed = length;
        break;
      // It tells which program made the rule.
      case FRA_PROTOCOL:
        break;
      default:
        rule.has_more = true;
        break;
    }
  });
  if (header->action == FR_ACT_TO_TBL) rule.table = table;
  return rule;
}

}  // namespace

void read_rule6(const nlmsghdr* message, Live& live) {
  live.add(rule6_of(message));
}

std::optional<LiveLink> link_in(const nlmsghdr* message) {
  if (header_of<ifinfomsg>(message) == nullptr) return std::nullopt;
  Live live;
  read_link(message, live);
  std::optional<LiveLink> result;
  live.for_each_link([&result](const LiveLink& link) { result = link; });
  return result;
}

std::optional<LiveAddress4> ipv4_address_in(const nlmsghdr* message) {
  if (header_of<ifaddrmsg>(message) == nullptr) return std::nullopt;
  return first_read(message, read_address, &Live::addresses4);
}

std::optional<int> holder6_in(const nlmsghdr* message) {
  const auto* header = header_of<ifaddrmsg>(message);
  if (header == nullptr || header->ifa_family != AF_INET6) return std::nullopt;
  return static_cast<int>(header->ifa_index);
}

std::optional<LiveRoute4> route4_in(const nlmsghdr* message) {
  const auto* header = header_of<rtmsg>(message);
  if (header == nullptr || header->rtm_family != AF_INET) return std::nullopt;
  return first_read(message, read_route4, &Live::routes4);
}

std::optional<LiveDefault> default_in(const nlmsghdr* message) {
  if (header_of<rtmsg>(message) == nullptr) return std::nullopt;
  const auto read_any = [](const nlmsghdr* m, Live& live) { read_route(m, std::nullopt, live); };
  return first_read(message, read_any, &Live::defaults);
}

std::optional<Ipv6Net> unreachable_in(const nlmsghdr* message) {
  const auto* header = header_of<rtmsg>(message);
  if (header == nullptr || header->rtm_family != AF_INET6 || header->rtm_type != RTN_UNREACHABLE)
    return std::nullopt;
  return first_read(message, read_unreachable, &Live::unreachable);
}

std::optional<LiveRule4> rule4_in(const nlmsghdr* message) {
  const auto* header = header_of<fib_rule_hdr>(message);
  if (header == nullptr || header->family != AF_INET) return std::nullopt;
  return first_read(message, read_rule4, &Live::rules4);
}

std::optional<LiveRule6> rule6_in(const nlmsghdr* message) {
  const auto* header = header_of<fib_rule_hdr>(message);
  if (header == nullptr || header->family != AF_INET6) return std::nullopt;
  return rule6_of(message);
}

std::optional<int> forwarding_set_in(const nlmsghdr* message) {
  const auto* header = header_of<netconfmsg>(message);
  if (header == nullptr || header->ncm_family != AF_INET6) return std::nullopt;
  std::optional<int> index;
  bool is_forwarding = false;
  for_each_attribute<netconfmsg>(message, [&](std::uint16_t type, const nlattr* a) {
    if (type == NETCONFA_IFINDEX) index = payload<int>(a);
    is_forwarding |= type == NETCONFA_FORWARDING;
  });
  return is_forwarding ? index : std::nullopt;
}

}  // namespace situp
