// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <linux/fib_rules.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <set>

#include "base/fd.h"
#include "base/random.h"
#include "hosts/dmi.h"
#include "kernel/attributes.h"
#include "kernel/fou.h"
#include "kernel/netlink_kernel.h"
#include "kernel/nf_tables.h"
#include "kernel/nft.h"
#include "kernel/prl.h"
#include "kernel/refusal_text.h"
#include "kernel/sit_attributes.h"
#include "kernel/snapshot.h"

namespace situp {
namespace {

/// The table's number in a message header. A larger number is in the attribute only.
std::uint8_t table_byte(std::uint32_t table) {
  return static_cast<std::uint8_t>(table < 256 ? table : RT_TABLE_UNSPEC);
}

/// Writes net.ipv6.conf.DEVICE.KEY, which no netlink message can set. Returns 0 or errno.
int write_setting(const std::string& device, const char* key, std::uint8_t value) {
  const std::string path = "/proc/sys/net/ipv6/conf/" + device + "/" + key;
  const Fd fd(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  const std::string text = std::to_string(value);
  const bool done =
      fd && write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
  return done ? 0 : errno;
}

/// The execution of one operation.
class Execution {
 public:
  Execution(Netlink& netlink, Devices& devices) : netlink_(netlink), devices_(devices) {}
  Refusal execute(const Operation& operation);

 private:
  /// `wanted_index` 0: the kernel chooses the index.
  Refusal set_sit(const std::string& name, const SitDevice& device, bool create, int wanted_index);
  Refusal address(const std::string& dev, const TunnelAddress& address, std::uint16_t type,
                  std::uint16_t flags, bool nodad);
  Refusal route(const std::string& dev, const DefaultRoute& route, std::uint16_t type,
                std::uint16_t flags);
  Refusal rule(std::uint32_t preference, std::uint32_t mark, std::uint32_t table,
               std::uint16_t type, std::uint16_t flags);
  Refusal next_hop(std::uint32_t table, Ipv4 gateway, const std::string& dev, std::uint16_t type,
                   std::uint16_t flags);
  /// The device by its name: the rule may be there before the device and after it.
  Refusal on_link_rule(const std::string& dev, const OnLinkRule& rule, std::uint16_t type,
                       std::uint16_t flags);
  Refusal unreachable(const Ipv6Net& prefix, std::uint16_t type, std::uint16_t flags);
  int index(const std::string& name) const { return devices_.index(name); }

  Netlink& netlink_;
  Devices& devices_;
};

Refusal Execution::set_sit(const std::string& name, const SitDevice& device, bool create,
                           int wanted_index) {
  Request request(RTM_NEWLINK, create ? NLM_F_CREATE | NLM_F_EXCL : 0);
  auto* info = request.extra<ifinfomsg>();
  if (create) {
    request.put_name(IFLA_IFNAME, name);
    info->ifi_index = wanted_index;
  } else {
    // By index and without the name: kernels before 6.2 rename the device if both are given.
    info->ifi_index = index(name);
  }
  request.put_u32(IFLA_MTU, device.mtu);
  put_sit(request, device.sit, create);
  Refusal refusal = netlink_.execute(request);
  if (refusal.error == 0 && create) {
    const auto made = index_of(name);
    if (!made) return {ENODEV, "it was deleted at once"};
    devices_.made(name, *made);
  }
  return refusal;
}

Refusal Execution::address(const std::string& dev, const TunnelAddress& address, std::uint16_t type,
                           std::uint16_t flags, bool nodad) {
  Request request(type, flags);
  auto* info = request.extra<ifaddrmsg>();
  info->ifa_family = AF_INET6;
  info->ifa_prefixlen = address.net.length;
  info->ifa_index = static_cast<std::uint32_t>(index(dev));
  request.put(IFA_LOCAL, address.net.address.bytes.data(), address.net.address.bytes.size());
  if (address.preferred_lifetime && type == RTM_NEWADDR) {
    ifa_cacheinfo times{};
    times.ifa_prefered = *address.preferred_lifetime;
    times.ifa_valid = 0xffffffff;
    request.put(IFA_CACHEINFO, &times, sizeof times);
  }
  if (nodad) request.put_u32(IFA_FLAGS, IFA_F_NODAD);
  return netlink_.execute(request);
}

Refusal Execution::route(const std::string& dev, const DefaultRoute& route, std::uint16_t type,
                         std::uint16_t flags) {
  const bool has_router = !route.gateway.is_unspecified();
  Request request(type, flags);
  auto* info = request.extra<rtmsg>();
  info->rtm_family = AF_INET6;
  info->rtm_table = table_byte(route.table);
  info->rtm_src_len = route.from ? route.from->length : 0;
  if (route.to) {
    info->rtm_dst_len = 128;
    request.put(RTA_DST, route.to->bytes.data(), route.to->bytes.size());
  }
  info->rtm_scope = RT_SCOPE_UNIVERSE;
  if (type == RTM_NEWROUTE) {
    info->rtm_protocol = RTPROT_BOOT;
    info->rtm_type = RTN_UNICAST;
    if (has_router) info->rtm_flags = RTNH_F_ONLINK;
  }
  if (has_router) request.put(RTA_GATEWAY, route.gateway.bytes.data(), route.gateway.bytes.size());
  if (route.from)
    request.put(RTA_SRC, route.from->address.bytes.data(), route.from->address.bytes.size());
  request.put_u32(RTA_OIF, static_cast<std::uint32_t>(index(dev)));
  request.put_u32(RTA_PRIORITY, route.metric);
  request.put_u32(RTA_TABLE, route.table);
  return netlink_.execute(request);
}

Refusal Execution::rule(std::uint32_t preference, std::uint32_t mark, std::uint32_t table,
                        std::uint16_t type, std::uint16_t flags) {
  Request request(type, flags);
  auto* header = request.extra<fib_rule_hdr>();
  header->family = AF_INET;
  header->action = FR_ACT_TO_TBL;
  header->table = table_byte(table);
  request.put_u32(FRA_PRIORITY, preference);
  request.put_u32(FRA_FWMARK, mark);
  request.put_u32(FRA_FWMASK, 0xffffffff);
  request.put_u32(FRA_TABLE, table);
  return netlink_.execute(request);
}

Refusal Execution::next_hop(std::uint32_t table, Ipv4 gateway, const std::string& dev,
                            std::uint16_t type, std::uint16_t flags) {
  Request request(type, flags);
  auto* info = request.extra<rtmsg>();
  info->rtm_family = AF_INET;
  info->rtm_table = table_byte(table);
  if (type == RTM_NEWROUTE) {
    info->rtm_protocol = RTPROT_BOOT;
    info->rtm_type = RTN_UNICAST;
    info->rtm_flags = RTNH_F_ONLINK;
  } else {
    info->rtm_scope = RT_SCOPE_NOWHERE;
  }
  request.put_u32(RTA_GATEWAY, gateway.network());
  request.put_u32(RTA_OIF, static_cast<std::uint32_t>(index(dev)));
  request.put_u32(RTA_TABLE, table);
  return netlink_.execute(request);
}

Refusal Execution::on_link_rule(const std::string& dev, const OnLinkRule& rule, std::uint16_t type,
                                std::uint16_t flags) {
  Request request(type, flags);
  auto* header = request.extra<fib_rule_hdr>();
  header->family = AF_INET6;
  header->dst_len = rule.to.length;
  header->action = rule.longer_routes ? FR_ACT_TO_TBL : FR_ACT_UNREACHABLE;
  request.put_u32(FRA_PRIORITY, rule.preference);
  request.put_name(FRA_IIFNAME, dev);
  request.put(FRA_DST, rule.to.address.bytes.data(), rule.to.address.bytes.size());
  if (rule.longer_routes) {
    header->table = table_byte(main_table);
    request.put_u32(FRA_TABLE, main_table);
    request.put_u32(FRA_SUPPRESS_PREFIXLEN, rule.to.length);
  }
  return netlink_.execute(request);
}

Refusal Execution::unreachable(const Ipv6Net& prefix, std::uint16_t type, std::uint16_t flags) {
  Request request(type, flags);
  auto* info = request.extra<rtmsg>();
  info->rtm_family = AF_INET6;
  info->rtm_dst_len = prefix.length;
  info->rtm_table = table_byte(main_table);
  info->rtm_scope = RT_SCOPE_UNIVERSE;
  info->rtm_type = RTN_UNREACHABLE;
  info->rtm_protocol = RTPROT_BOOT;
  request.put(RTA_DST, prefix.address.bytes.data(), prefix.address.bytes.size());
  request.put_u32(RTA_PRIORITY, unreachable_metric);
  request.put_u32(RTA_TABLE, main_table);
  return netlink_.execute(request);
}

Refusal Execution::execute(const Operation& operation) {
  struct Execute {
    Execution& self;

    Refusal operator()(const CreateLink& o) const {
      return self.set_sit(o.name, o.device, true, o.index);
    }
    Refusal operator()(const ChangeLink& o) const {
      return self.set_sit(o.name, o.device, false, 0);
    }
    Refusal operator()(const DeleteLink& o) const {
      const int index = self.index(o.name);
      if (index == 0) return {ENODEV, {}};
      Request request(RTM_DELLINK, 0);
      request.extra<ifinfomsg>()->ifi_index = index;
      Refusal refusal = self.netlink_.execute(request);
      if (refusal.error == 0) self.devices_.deleted(o.name);
      return refusal;
    }
    Refusal operator()(const SetMtu& o) const {
      Request request(RTM_NEWLINK, 0);
      request.extra<ifinfomsg>()->ifi_index = self.index(o.name);
      request.put_u32(IFLA_MTU, o.mtu);
      return self.netlink_.execute(request);
    }
    Refusal operator()(const SetAddressGeneration& o) const {
      Request request(RTM_NEWLINK, 0);
      request.extra<ifinfomsg>()->ifi_index = self.index(o.name);
      nlattr* families = request.begin_nest(IFLA_AF_SPEC);
      nlattr* inet6 = request.begin_nest(AF_INET6);
      request.put_u8(IFLA_INET6_ADDR_GEN_MODE, o.mode);
      request.end_nest(inet6);
      request.end_nest(families);
      return self.netlink_.execute(request);
    }
    Refusal operator()(const SetAcceptRa& o) const {
      return {write_setting(o.name, "accept_ra", o.accept), {}};
    }
    Refusal operator()(const SetUp& o) const {
      Request request(RTM_NEWLINK, 0);
      auto* info = request.extra<ifinfomsg>();
      info->ifi_index = self.index(o.name);
      info->ifi_change = IFF_UP;
      info->ifi_flags = o.up ? IFF_UP : 0;
      return self.netlink_.execute(request);
    }
    Refusal operator()(const AddAddress& o) const {
      return self.address(o.dev, o.address, RTM_NEWADDR,
                          NLM_F_CREATE | (o.replace ? NLM_F_REPLACE : NLM_F_EXCL), o.nodad);
    }
    Refusal operator()(const DeleteAddress& o) const {
      return self.address(o.dev, {o.net, {}}, RTM_DELADDR, 0, false);
    }
    Refusal operator()(const AddRoute& o) const {
      return self.route(o.dev, o.route, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
    }
    Refusal operator()(const DeleteRoute& o) const {
      return self.route(o.dev, o.route, RTM_DELROUTE, 0);
    }
    Refusal operator()(const AddRouter& o) const {
      return {change_prl(o.dev, o.change ? PrlChange::change : PrlChange::add, o.router), {}};
    }
    Refusal operator()(const DeleteRouter& o) const {
      return {change_prl(o.dev, PrlChange::remove, {o.address, false}), {}};
    }
    Refusal operator()(const LoadFirewall& o) const { return load_firewalls({o}); }
    Refusal operator()(const RemoveFirewall& o) const { return remove_firewall(o.name); }
    Refusal operator()(const AddRule& o) const {
      return self.rule(o.preference, o.mark, o.table, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL);
    }
    Refusal operator()(const DeleteRule& o) const {
      return self.rule(o.preference, o.mark, o.table, RTM_DELRULE, 0);
    }
    Refusal operator()(const SetNextHop& o) const {
      return self.next_hop(o.table, o.gateway, o.dev, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE);
    }
    Refusal operator()(const DeleteNextHop& o) const {
      return self.next_hop(o.table, o.gateway, o.dev, RTM_DELROUTE, 0);
    }
    Refusal operator()(const AddOnLinkRule& o) const {
      return self.on_link_rule(o.dev, o.rule, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL);
    }
    Refusal operator()(const DeleteOnLinkRule& o) const {
      return self.on_link_rule(o.dev, o.rule, RTM_DELRULE, 0);
    }
    Refusal operator()(const AddUnreachable& o) const {
      return self.unreachable(o.prefix, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
    }
    Refusal operator()(const DeleteUnreachable& o) const {
      return self.unreachable(o.prefix, RTM_DELROUTE, 0);
    }
    Refusal operator()(const AddFouPort& o) const { return add_fou_port(o.port); }
    Refusal operator()(const DeleteFouPort& o) const { return delete_fou_port(o.port); }
  };
  return std::visit(Execute{*this}, operation);
}

}  // namespace

Netlink& NetlinkKernel::netlink() {
  if (!netlink_) netlink_.emplace();
  return *netlink_;
}

Refusal NetlinkKernel::execute(const Operation& operation, Devices& devices) {
  return Execution(netlink(), devices).execute(operation);
}

namespace {

/// The group of each device, by ifindex.
using Groups = std::map<int, std::uint32_t>;

Groups read_groups(Netlink& netlink) {
  Groups groups;
  netlink.dump(
      RTM_GETLINK, [&] { groups.clear(); }, [](Request& request) { fill_link(request); },
      [&](const nlmsghdr* message) {
        const auto* info = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(message));
        for_each_attribute<ifinfomsg>(message, [&](std::uint16_t type, const nlattr* a) {
          if (type == IFLA_GROUP) groups[info->ifi_index] = payload<std::uint32_t>(a);
        });
      });
  return groups;
}

Refusal set_group(Netlink& netlink, int index, std::uint32_t group) {
  Request request(RTM_NEWLINK, 0);
  request.extra<ifinfomsg>()->ifi_index = index;
  request.put_u32(IFLA_GROUP, group);
  return netlink.execute(request);
}

/// Deletes the devices of a group that has exactly these. A device that another program puts into
/// this random group between the last look and the request would go with them.
Refusal delete_group(Netlink& netlink, std::uint32_t group, const std::set<int>& indexes) {
  for (const int index : indexes)
    if (Refusal refusal = set_group(netlink, index, group); refusal.error != 0) return refusal;
  std::set<int> members;
  for (const auto& [index, its] : read_groups(netlink))
    if (its == group) members.insert(index);
  if (members != indexes) return {EBUSY, {}};
  Request request(RTM_DELLINK, 0);
  request.extra<ifinfomsg>();
  request.put_u32(IFLA_GROUP, group);
  return netlink.execute(request);
}

}  // namespace

Refusal NetlinkKernel::delete_links(const std::vector<int>& indexes) {
  const std::set<int> all(indexes.begin(), indexes.end());
  const Groups before = read_groups(netlink());
  // The group 0 is every device's. Early in a boot there are no random bits: delete_group()
  // refuses a group that has others.
  const std::uint32_t group = random_bits_or(1) | 1U;
  Refusal refusal = delete_group(netlink(), group, all);
  if (refusal.error == 0) return refusal;
  for (const int index : all)
    if (const auto was = before.find(index); was != before.end())
      set_group(netlink(), index, was->second);
  return refusal;
}

Refusal NetlinkKernel::load_firewalls(const std::vector<LoadFirewall>& parts) {
  return situp::load_firewalls(parts);
}

Refusal NetlinkKernel::list_firewall(LoadFirewall& kept) {
  return situp::list_firewall(kept);
}

bool NetlinkKernel::load_sit(const std::string& name) {
  Request request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  request.extra<ifinfomsg>();
  request.put_name(IFLA_IFNAME, name);
  // sit accepts no such protocol (net/ipv6/sit.c, ipip6_validate): a kernel that has sit returns
  // EINVAL.
  Sit sit;
  sit.protocol = IPPROTO_RAW;
  put_sit(request, sit, true);
  return !means_no_sit(netlink().execute(request).error);
}

const Dmi& NetlinkKernel::firmware() {
  return this_machine();
}

std::unique_ptr<Changes> NetlinkKernel::changes() {
  return std::make_unique<NetlinkChanges>();
}

}  // namespace situp
