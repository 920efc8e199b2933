// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/apply.h"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/fd.h"
#include "kernel/nft.h"
#include "kernel/prl.h"
#include "kernel/refusal_text.h"
#include "kernel/snapshot.h"
#include "model/compare.h"
#include "model/firewall.h"

namespace situp {
namespace {

void put_sit(Request& request, const SitSettings& sit, bool create) {
  request.put_u32(IFLA_MTU, sit.mtu);
  nlattr* info = request.begin_nest(IFLA_LINKINFO);
  request.put_name(IFLA_INFO_KIND, "sit");
  nlattr* data = request.begin_nest(IFLA_INFO_DATA);
  request.put_u32(IFLA_IPTUN_LOCAL, sit.local.network());
  request.put_u32(IFLA_IPTUN_REMOTE, sit.remote.network());
  request.put_u32(IFLA_IPTUN_LINK, static_cast<std::uint32_t>(sit.underlay));
  request.put_u8(IFLA_IPTUN_TTL, sit.ttl);
  request.put_u8(IFLA_IPTUN_TOS, sit.tos);
  request.put_u8(IFLA_IPTUN_PMTUDISC, sit.pmtu ? 1 : 0);
  // Host order, unlike GRE's flags; and only at creation does the kernel look at these two.
  request.put_u16(IFLA_IPTUN_FLAGS, sit.isatap ? 1 : 0);
  if (create) request.put_u8(IFLA_IPTUN_PROTO, IPPROTO_IPV6);
  request.end_nest(data);
  request.end_nest(info);
}

/// The kernel says ESRCH or EADDRNOTAVAIL or ENODEV of what is gone already: nothing to be undone
/// or deleted.
bool means_gone(int error) {
  return error == ESRCH || error == EADDRNOTAVAIL || error == ENODEV || error == ENXIO ||
         error == ENOENT;
}

/// Writes net.ipv6.conf.DEVICE.KEY: no netlink message reaches these. 0, or errno.
int write_setting(const std::string& device, const char* key, std::uint8_t value) {
  const std::string path = "/proc/sys/net/ipv6/conf/" + device + "/" + key;
  const Fd fd(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  const std::string text = std::to_string(value);
  const bool done =
      fd && write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
  return done ? 0 : errno;
}

bool removes(const Operation& operation) {
  return std::holds_alternative<DeleteLink>(operation) ||
         std::holds_alternative<DeleteAddress>(operation) ||
         std::holds_alternative<DeleteRoute>(operation) ||
         std::holds_alternative<DeleteRouter>(operation) ||
         std::holds_alternative<RemoveFirewall>(operation);
}

}  // namespace

void need_sit(Netlink& netlink, const std::string& name) {
  Request request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  request.extra<ifinfomsg>();
  request.put_name(IFLA_IFNAME, name);
  nlattr* info = request.begin_nest(IFLA_LINKINFO);
  request.put_name(IFLA_INFO_KIND, "sit");
  nlattr* data = request.begin_nest(IFLA_INFO_DATA);
  // No protocol of sit's (net/ipv6/sit.c, ipip6_validate): who knows sit refuses this with EINVAL.
  request.put_u8(IFLA_IPTUN_PROTO, IPPROTO_RAW);
  request.end_nest(data);
  request.end_nest(info);
  if (means_no_sit(netlink.execute(request).error)) throw Error(Exit::system, name, no_sit_text);
}

int Applier::index(const std::string& name) {
  const auto found = made_.find(name);
  if (found != made_.end()) return found->second;
  const LiveLink* link = before_.link(name);
  return link == nullptr ? 0 : link->index;
}

Refusal Applier::set_sit(const std::string& name, const SitSettings& sit, bool create,
                         int wanted_index) {
  Request request(RTM_NEWLINK, create ? NLM_F_CREATE | NLM_F_EXCL : 0);
  auto* info = request.extra<ifinfomsg>();
  if (create) {
    request.put_name(IFLA_IFNAME, name);
    info->ifi_index = wanted_index;
  } else {
    // By index and without the name: kernels before 6.2 take both together for a renaming.
    info->ifi_index = index(name);
  }
  put_sit(request, sit, create);
  Refusal refusal = netlink_.execute(request);
  if (refusal.error == 0 && create) {
    const auto made = index_of(name);
    if (!made) return {ENODEV, "it was deleted at once"};
    made_[name] = *made;
  }
  return refusal;
}

Refusal Applier::address(const std::string& dev, const TunnelAddress& address, std::uint16_t type,
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

Refusal Applier::route(const std::string& dev, const DefaultRoute& route, std::uint16_t type,
                       std::uint16_t flags) {
  const bool has_router = !route.gateway.is_unspecified();
  Request request(type, flags);
  auto* info = request.extra<rtmsg>();
  info->rtm_family = AF_INET6;
  // What doesn't fit into it is in RTA_TABLE alone.
  info->rtm_table = static_cast<std::uint8_t>(route.table < 256 ? route.table : RT_TABLE_UNSPEC);
  info->rtm_src_len = route.from ? route.from->length : 0;
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

Refusal Applier::keep_firewall(const std::string& name) {
  if (!before_.firewall(name) || firewalls_.count(name) != 0) return {};
  std::string listing;
  Refusal refusal = list_table(firewall_table(name), listing);
  if (refusal.error == 0) firewalls_[name] = firewall_again(name, listing);
  return refusal;
}

Refusal Applier::load(const LoadFirewall& operation) {
  if (operation.ruleset.empty()) return run_nft(firewalls_[operation.name]);
  const Refusal refusal = keep_firewall(operation.name);
  return refusal.error != 0 ? refusal : run_nft(operation.ruleset);
}

Refusal Applier::remove(const RemoveFirewall& operation) {
  const Refusal refusal = keep_firewall(operation.name);
  return refusal.error != 0 ? refusal : run_nft(firewall_removal(operation.name));
}

Refusal Applier::execute(const Operation& operation) {
  struct Execute {
    Applier& self;

    Refusal operator()(const CreateLink& o) const {
      return self.set_sit(o.name, o.sit, true, o.index);
    }
    Refusal operator()(const ChangeLink& o) const { return self.set_sit(o.name, o.sit, false, 0); }
    Refusal operator()(const DeleteLink& o) const {
      const int index = self.index(o.name);
      if (index == 0) return {ENODEV, {}};
      Request request(RTM_DELLINK, 0);
      request.extra<ifinfomsg>()->ifi_index = index;
      Refusal refusal = self.netlink_.execute(request);
      if (refusal.error == 0) self.made_[o.name] = 0;
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
    Refusal operator()(const LoadFirewall& o) const { return self.load(o); }
    Refusal operator()(const RemoveFirewall& o) const { return self.remove(o); }
  };
  return std::visit(Execute{*this}, operation);
}

void Applier::apply(const std::vector<Operation>& operations) {
  for (const Operation& operation : operations) {
    Refusal refusal;
    try {
      refusal = execute(operation);
    } catch (const Error& error) {
      // Whether the kernel has carried it out isn't known: taken back, too, where it can be.
      done_.push_back(operation);
      throw Error(error.status(), error.subject(), error.why() + taken_back());
    }
    if (refusal.error == 0) {
      done_.push_back(operation);
    } else if (!removes(operation) || !means_gone(refusal.error)) {
      throw refused(operation, refusal);
    }
  }
}

std::string Applier::taken_back() {
  std::string text;
  for (const std::string& command : undo()) text += "; could not be put back: " + command;
  return text;
}

std::vector<std::string> Applier::undo() {
  std::vector<std::string> lost;
  for (auto operation = done_.rbegin(); operation != done_.rend(); ++operation) {
    for (const Operation& back : undo_of(*operation, before_)) {
      Refusal refusal;
      try {
        refusal = execute(back);
      } catch (const Error&) {
        lost.push_back(in_brief(back));
        continue;
      }
      const bool is_there_anyway =
          refusal.error == EEXIST && !std::holds_alternative<CreateLink>(back);
      const bool fine =
          refusal.error == 0 || (removes(back) && means_gone(refusal.error)) || is_there_anyway;
      if (!fine) lost.push_back(in_brief(back));
    }
  }
  done_.clear();
  lost_something_ |= !lost.empty();
  return lost;
}

Error Applier::refused(const Operation& operation, const Refusal& refusal) {
  const SitSettings* sit = nullptr;
  const std::string* name = nullptr;
  if (const auto* create = std::get_if<CreateLink>(&operation)) {
    name = &create->name;
    sit = &create->sit;
  } else if (const auto* change = std::get_if<ChangeLink>(&operation)) {
    name = &change->name;
    sit = &change->sit;
  }
  if (sit != nullptr && refusal.error == EEXIST) return in_the_way(*name, *sit);
  const bool permission = refusal.error == EPERM;
  std::string text = refusal_text(operation, refusal);
  text += taken_back();
  return {permission ? Exit::not_permitted : Exit::system, in_brief(operation), std::move(text)};
}

/// Somebody was quicker than the snapshot: look again for who it is.
Error Applier::in_the_way(const std::string& name, const SitSettings& sit) {
  const Live now = snapshot(netlink_);
  const LiveLink* other = now.with_endpoints(sit.local, sit.remote, sit.underlay);
  const std::string its_name = other != nullptr && other->name != name ? other->name : "";
  const std::string lost = taken_back();
  if (!its_name.empty()) {
    const Error error = endpoints_taken_by(its_name, sit.local, sit.remote);
    return {error.status(), error.subject(), error.why() + lost};
  }
  return {Exit::system, name,
          "a device of this name appeared just now, and it is not situp's: ip link delete " + name +
              ", or give the tunnel another name" + lost};
}

}  // namespace situp
