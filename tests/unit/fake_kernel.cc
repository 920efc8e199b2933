// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit/fake_kernel.h"

#include <algorithm>
#include <cerrno>

#include "model/tunnel/firewall.h"

namespace situp {
namespace {

constexpr std::uint8_t generate_none = 1, generate_stable = 2, generate_random = 3;
constexpr unsigned least_mtu = 1280, largest_mtu = 65555;

template <typename List, typename Predicate>
auto* find(List& list, Predicate&& predicate) {
  const auto found = std::find_if(list.begin(), list.end(), predicate);
  return found == list.end() ? nullptr : &*found;
}

std::uint32_t metric_of(const DefaultRoute& route) {
  return route.metric == 0 ? 1024 : route.metric;
}

LiveAddress link_local(const Ipv6& address) {
  LiveAddress result;
  result.net = {address, 64};
  return result;
}

/// The elements and chains of the parts, as nf_tables lists them.
std::map<std::string, LiveFilter> parts_of(const std::map<std::string, std::string>& firewalls) {
  std::map<std::string, LiveFilter> parts;
  for (const auto& [iface, text] : firewalls) {
    LiveFilter& part = parts[iface];
    part.content = fingerprint(text);
    part.marks_relays = text.find("table ip situp-") != std::string::npos;
    for (const std::string_view chain : firewall_own_chains) {
      const std::string name = std::string(chain) + iface;
      if (text.find("chain " + name + " {") != std::string::npos) part.chains.push_back(name);
    }
    for (const std::string_view map : firewall_maps) {
      const std::string start =
          "add element ip6 situp " + std::string(map) + " { \"" + iface + "\" : ";
      if (const std::size_t at = text.find(start); at != std::string::npos) {
        const std::size_t verdict = at + start.size();
        part.elements.push_back(
            {std::string(map), text.substr(verdict, text.find(" }", verdict) - verdict)});
      }
    }
  }
  return parts;
}

class FakeChanges : public Changes {
 public:
  explicit FakeChanges(FakeKernel& kernel) : kernel_(kernel) {}
  bool wait(Deadline) override {
    if (kernel_.events.empty()) return false;
    const auto event = std::move(kernel_.events.front());
    kernel_.events.pop_front();
    event();
    return true;
  }

 private:
  FakeKernel& kernel_;
};

}  // namespace

FakeKernel::Device* FakeKernel::device(std::string_view name) {
  for (auto& [index, device] : devices)
    if (device.link.name == name) return &device;
  return nullptr;
}

std::vector<LiveRule6> FakeKernel::default_rules6() {
  LiveRule6 local;
  local.table = local_table;
  LiveRule6 main;
  main.preference = 32766;
  main.table = main_table;
  return {local, main};
}

int FakeKernel::free_index() const {
  return devices.empty() ? 1 : devices.rbegin()->first + 1;
}

FakeKernel::Device& FakeKernel::add(const std::string& name, unsigned mtu) {
  const int index = free_index();
  Device device;
  device.link.index = index;
  device.link.name = name;
  device.link.up = true;
  device.link.mtu = mtu;
  device.link.address_generation = default_address_generation;
  device.link.accept_ra = default_accept_ra;
  return devices[index] = device;
}

FakeKernel::Device& FakeKernel::add_sit(const std::string& name, const Sit& sit, unsigned mtu) {
  Device& device = add(name, mtu);
  device.link.sit = sit;
  // As the kernel's messages are read (kernel/sit_attributes.cc).
  if (sit.kind == Kind::sixin4 && sit.remote == Ipv4{}) device.link.sit->kind = Kind::sixrd;
  come_up(device);
  return device;
}

/// net/ipv6/addrconf.c, addrconf_sit_config.
void FakeKernel::come_up(Device& device) {
  device.link.up = true;
  if (!device.link.sit || disable_ipv6) return;
  const Sit& sit = *device.link.sit;
  const std::uint8_t mode = device.link.address_generation.value_or(0);
  const auto give = [&](const LiveAddress& address) {
    const auto same = [&](const LiveAddress& other) {
      return other.net.address == address.net.address;
    };
    if (find(device.addresses, same) == nullptr) device.addresses.push_back(address);
  };
  if (mode == generate_none) return;
  if (sit.kind == Kind::isatap) {
    if (mode == generate_stable || mode == generate_random) {
      LiveAddress stable = link_local(*Ipv6::parse("fe80::1234:5678:9abc:def0"));
      stable.stable_privacy = true;
      give(stable);
    } else if (sit.local != Ipv4{}) {
      give(link_local(isatap_link_local(sit.local)));
    }
  } else if (sit.remote == Ipv4{}) {
    if (sit.local == Ipv4{}) return;
    LiveAddress compatible;
    compatible.net = {compatible_address(sit.local), 96};
    give(compatible);
  } else if (sit.local != Ipv4{}) {
    give(link_local(sixin4_link_local(sit.local)));
  } else {
    for (const LiveAddress4& address : addresses4)
      if (address.global) give(link_local(sixin4_link_local(address.address)));
  }
}

bool FakeKernel::has_ends(Ipv4 local, Ipv4 remote, int link, int except) const {
  return std::any_of(devices.begin(), devices.end(), [&](const auto& entry) {
    const auto& [index, device] = entry;
    return index != except && device.link.sit && device.link.sit->local == local &&
           device.link.sit->remote == remote && device.link.sit->link == link;
  });
}

Live FakeKernel::snapshot(const Extent& extent) {
  ++snapshots;
  only.push_back(extent.only);
  if (const auto found = unseen.find(snapshots); found != unseen.end()) throw Error(found->second);
  Live live;
  for (const auto& [index, device] : devices) {
    const int of = index;
    const bool is_left_out = !extent.only.empty() && extent.only.count(device.link.name) == 0;
    if (is_left_out &&
        std::none_of(addresses4.begin(), addresses4.end(),
                     [of](const LiveAddress4& address) { return address.index == of; }))
      continue;
    LiveLink link = device.link;
    link.ipv6_disabled = disable_ipv6;
    if (const auto found = counters.find(link.name); extent.counters && found != counters.end())
      link.counters = found->second;
    live.add(std::move(link));
    if (is_left_out) continue;
    for (const LiveAddress& address : device.addresses) live.add(index, address);
    for (const auto& [route, advertised] : device.routes) {
      if (route.table != main_table && extent.tables.count(route.table) == 0) continue;
      if (!route.to) live.add(LiveDefault{index, route, advertised, false});
      if (!advertised) live.add(index, route);
    }
    if (device.link.sit && row_of(device.link.sit->kind).has_routers)
      live.set_routers(index, device.routers);
  }
  for (const LiveAddress4& address : addresses4) live.add(address);
  if (extent.next_hops) {
    for (const LiveRoute4& route : routes4) live.add(route);
    for (const LiveRule4& rule : rules4) live.add(rule);
  }
  if (extent.rules6)
    for (const LiveRule6& rule : rules6) live.add(rule);
  if (extent.only.empty())
    for (const Ipv6Net& prefix : unreachable) live.add_unreachable(prefix);
  if (extent.fou_ports && !has_fou) live.set_no_fou();
  if (extent.fou_ports)
    for (const LiveFouPort& port : fou_ports) live.add(port);
  live.set_default_address_generation(default_address_generation);
  live.set_forwards(forwards);
  live.set_default_accept_ra(default_accept_ra);
  if (disable_ipv6) live.disable_ipv6_by_default();
  if (extent.firewalls && firewalls_hidden) live.hide_firewalls();
  if (extent.firewalls && !firewalls_hidden) live.set_firewalls(parts_of(firewalls));
  return live;
}

Refusal FakeKernel::create(const CreateLink& o, Devices& names) {
  if (!has_sit) return {EOPNOTSUPP, "Unknown device type"};
  if (device(o.name) != nullptr) return {EEXIST, {}};
  Sit sit = o.device.sit;
  if (o.device.mtu < least_mtu || o.device.mtu > largest_mtu) return {EINVAL, "Invalid MTU"};
  if (has_ends(sit.local, sit.remote, sit.link, 0)) return {EEXIST, {}};
  if (sit.domain.delegated_length() > 64) return {EINVAL, {}};
  if (sit.encap.is_on() && !has_fou) return {EINVAL, {}};
  const int index = o.index == 0 ? free_index() : o.index;
  if (devices.count(index) != 0) return {EBUSY, {}};
  Device made;
  made.link.index = index;
  made.link.name = o.name;
  made.link.mtu = o.device.mtu;
  made.link.address_generation = default_address_generation;
  made.link.accept_ra = default_accept_ra;
  sit.pmtu |= sit.ttl != 0;
  if (!keeps_marks) sit.mark = 0;
  made.link.sit = sit;
  devices[index] = made;
  names.made(o.name, index);
  return {};
}

Refusal FakeKernel::change(Device& device, const SitDevice& all) const {
  if (!device.link.sit) return {EOPNOTSUPP, {}};
  const Sit& wanted = all.sit;
  Sit& sit = *device.link.sit;
  if (wanted.encap.is_on() && !has_fou) return {EINVAL, {}};
  // Before the rest is checked.
  sit.encap = wanted.encap;
  if (has_ends(wanted.local, wanted.remote, wanted.link, device.link.index)) return {EEXIST, {}};
  if ((sit.remote == Ipv4{}) != (wanted.remote == Ipv4{})) return {EINVAL, {}};
  if (all.mtu < least_mtu || all.mtu > largest_mtu) return {EINVAL, "Invalid MTU"};
  sit.local = wanted.local;
  sit.remote = wanted.remote;
  sit.link = wanted.link;
  sit.ttl = wanted.ttl;
  sit.tos = wanted.tos;
  sit.pmtu = wanted.pmtu || wanted.ttl != 0;
  if (keeps_marks) sit.mark = wanted.mark;
  if (sit.kind == Kind::sixrd) sit.domain = wanted.domain;
  // Neither the ISATAP flag nor the protocol is looked at, nor are link-local addresses made anew.
  device.link.mtu = all.mtu;
  return {};
}

struct FakeKernel::Execute {
  FakeKernel& self;
  Devices& names;

  Device* find_device(const std::string& name) const {
    const auto found = self.devices.find(names.index(name));
    return found == self.devices.end() ? nullptr : &found->second;
  }

  Refusal operator()(const CreateLink& o) const { return self.create(o, names); }
  Refusal operator()(const ChangeLink& o) const {
    Device* device = find_device(o.name);
    if (device == nullptr) return {ENODEV, {}};
    return self.change(*device, o.device);
  }
  Refusal operator()(const DeleteLink& o) const {
    Device* device = find_device(o.name);
    if (device == nullptr) return {ENODEV, {}};
    // The fallback device stays, without a word.
    if (device->link.name == "sit0") return {};
    self.devices.erase(device->link.index);
    names.deleted(o.name);
    return {};
  }
  Refusal operator()(const SetMtu& o) const {
    Device* device = find_device(o.name);
    if (device == nullptr) return {ENODEV, {}};
    if (o.mtu < least_mtu || o.mtu > largest_mtu) return {EINVAL, "Invalid MTU"};
    device->link.mtu = o.mtu;
    return {};
  }
  Refusal operator()(const SetAddressGeneration& o) const {
    Device* device = find_device(o.name);
    if (device == nullptr) return {ENODEV, {}};
    if (o.mode > generate_random) return {EINVAL, {}};
    device->link.address_generation = o.mode;
    return {};
  }
  Refusal operator()(const SetAcceptRa& o) const {
    // By its name, under /proc.
    Device* device = self.device(o.name);
    if (device == nullptr) return {ENOENT, {}};
    device->link.accept_ra.accept = o.accept;
    return {};
  }
  Refusal operator()(const SetUp& o) const {
    Device* device = find_device(o.name);
    if (device == nullptr) return {ENODEV, {}};
    if (o.up && !device->link.up) {
      self.come_up(*device);
    } else if (!o.up) {
      device->link.up = false;
      device->addresses.clear();
      device->routes.clear();
    }
    return {};
  }
  Refusal operator()(const AddAddress& o) const {
    Device* device = find_device(o.dev);
    if (device == nullptr) return {ENODEV, {}};
    if (self.disable_ipv6) return {EACCES, "IPv6 is disabled on this device"};
    const auto same = [&](const LiveAddress& other) {
      return other.net.address == o.address.net.address;
    };
    LiveAddress* known = find(device->addresses, same);
    if (known != nullptr && !o.replace) return {EEXIST, {}};
    if (known == nullptr) known = &device->addresses.emplace_back(LiveAddress{o.address.net});
    known->preferred = o.address.preferred_lifetime.value_or(0xffffffff);
    known->nodad = o.nodad;
    return {};
  }
  Refusal operator()(const DeleteAddress& o) const {
    Device* device = find_device(o.dev);
    if (device == nullptr) return {ENODEV, {}};
    auto& list = device->addresses;
    const auto gone = std::remove_if(
        list.begin(), list.end(), [&](const LiveAddress& address) { return address.net == o.net; });
    if (gone == list.end()) return {EADDRNOTAVAIL, {}};
    list.erase(gone, list.end());
    return {};
  }
  Refusal operator()(const AddRoute& o) const {
    Device* device = find_device(o.dev);
    if (device == nullptr) return {ENODEV, {}};
    if (!device->link.up) return {ENETDOWN, "Nexthop device is not up"};
    // One of a metric, whatever its gateway and its interface (fib6_add_rt2node).
    for (const auto& [index, other] : self.devices)
      for (const auto& [route, advertised] : other.routes)
        if (metric_of(route) == metric_of(o.route) && route.from == o.route.from &&
            route.table == o.route.table && route.to == o.route.to)
          return {EEXIST, {}};
    DefaultRoute made = o.route;
    made.metric = metric_of(made);
    device->routes.push_back({made, false});
    return {};
  }
  Refusal operator()(const DeleteRoute& o) const {
    Device* device = find_device(o.dev);
    if (device == nullptr) return {ENODEV, {}};
    auto& list = device->routes;
    const auto found = std::find_if(list.begin(), list.end(),
                                    [&](const Route& known) { return known.route == o.route; });
    if (found == list.end()) return {ESRCH, {}};
    list.erase(found);
    return {};
  }
  Refusal operator()(const AddRouter& o) const {
    Device* device = self.device(o.dev);
    if (device == nullptr) return {ENODEV, {}};
    if (o.router.address == Ipv4{}) return {EINVAL, {}};
    const auto same = [&](const Router& known) { return known.address == o.router.address; };
    Router* known = find(device->routers, same);
    if (known != nullptr && !o.change) return {EEXIST, {}};
    if (known == nullptr && o.change) return {ENXIO, {}};
    if (known == nullptr)
      device->routers.push_back(o.router);
    else
      *known = o.router;
    return {};
  }
  Refusal operator()(const DeleteRouter& o) const {
    Device* device = self.device(o.dev);
    if (device == nullptr) return {ENODEV, {}};
    auto& list = device->routers;
    const auto found = std::find_if(
        list.begin(), list.end(), [&](const Router& known) { return known.address == o.address; });
    if (found == list.end()) return {ENXIO, {}};
    list.erase(found);
    return {};
  }
  Refusal operator()(const LoadFirewall& o) const {
    if (o.part.rfind("table ip6 situp {\n", 0) != 0) return {EINVAL, "nft: syntax error"};
    if (self.refused_firewalls.count(o.name) != 0) return {EIO, "nft can't do it"};
    self.firewalls[o.name] = o.part;
    return {};
  }
  Refusal operator()(const RemoveFirewall& o) const {
    self.firewalls.erase(o.name);
    return {};
  }
  template <typename Rule>
  static auto is_rule(const Rule& o) {
    return [&o](const LiveRule4& rule) {
      return rule.preference == o.preference && rule.mark == o.mark && rule.table == o.table &&
             rule.mask == 0xffffffff && rule.by_mark_only;
    };
  }
  Refusal operator()(const AddRule& o) const {
    if (find(self.rules4, is_rule(o)) != nullptr) return {EEXIST, {}};
    self.rules4.push_back({o.preference, o.table, o.mark, 0xffffffff, true});
    return {};
  }
  Refusal operator()(const DeleteRule& o) const {
    auto& list = self.rules4;
    const auto gone = std::remove_if(list.begin(), list.end(), is_rule(o));
    if (gone == list.end()) return {ENOENT, {}};
    list.erase(gone, list.end());
    return {};
  }
  /// The default route of a table, without a metric.
  LiveRoute4* next_hop(std::uint32_t table) const {
    return find(self.routes4, [table](const LiveRoute4& route) {
      return route.table == table && route.length == 0 && route.metric == 0;
    });
  }
  Refusal operator()(const SetNextHop& o) const {
    const Device* device = find_device(o.dev);
    if (device == nullptr) return {ENODEV, {}};
    if (!device->link.up) return {ENETDOWN, {}};
    LiveRoute4* known = next_hop(o.table);
    if (known == nullptr) known = &self.routes4.emplace_back();
    *known = {o.table, {}, 0, o.gateway, device->link.index, 0};
    return {};
  }
  Refusal operator()(const DeleteNextHop& o) const {
    const LiveRoute4* known = next_hop(o.table);
    if (known == nullptr || known->gateway != o.gateway) return {ESRCH, {}};
    self.routes4.erase(self.routes4.begin() + (known - self.routes4.data()));
    return {};
  }
  template <typename Rule>
  static LiveRule6 rule6(const Rule& o) {
    LiveRule6 rule;
    rule.preference = o.rule.preference;
    rule.iif = o.dev;
    rule.to = o.rule.to;
    rule.unreachable = !o.rule.longer_routes;
    if (!rule.unreachable) {
      rule.table = main_table;
      rule.suppressed = o.rule.to.length;
    }
    return rule;
  }
  Refusal operator()(const AddOnLinkRule& o) const {
    const LiveRule6 made = rule6(o);
    auto& list = self.rules6;
    if (std::find(list.begin(), list.end(), made) != list.end()) return {EEXIST, {}};
    list.push_back(made);
    return {};
  }
  Refusal operator()(const DeleteOnLinkRule& o) const {
    auto& list = self.rules6;
    const auto found = std::find(list.begin(), list.end(), rule6(o));
    if (found == list.end()) return {ENOENT, {}};
    list.erase(found);
    return {};
  }
  Refusal operator()(const AddUnreachable& o) const {
    auto& list = self.unreachable;
    if (o.prefix.has_host_bits()) return {EINVAL, {}};
    if (std::find(list.begin(), list.end(), o.prefix) != list.end()) return {EEXIST, {}};
    list.push_back(o.prefix);
    return {};
  }
  Refusal operator()(const DeleteUnreachable& o) const {
    auto& list = self.unreachable;
    const auto found = std::find(list.begin(), list.end(), o.prefix);
    if (found == list.end()) return {ESRCH, {}};
    list.erase(found);
    return {};
  }
  Refusal operator()(const AddFouPort& o) const {
    if (!self.has_fou) return {ENOENT, {}};
    for (const auto& [port, is_for_tunnels] : self.fou_ports) {
      const bool overlaps =
          port.local == o.port.local || port.local == Ipv4{} || o.port.local == Ipv4{};
      if (port.port != o.port.port || !overlaps) continue;
      const bool is_it = is_for_tunnels && (port.local == o.port.local || port.local == Ipv4{});
      return is_it ? Refusal{EEXIST, {}} : Refusal{EADDRINUSE, "another socket has it"};
    }
    self.fou_ports.push_back({o.port, true});
    return {};
  }
  Refusal operator()(const DeleteFouPort& o) const {
    const auto gone = std::erase_if(self.fou_ports,
                                    [&](const LiveFouPort& known) { return known.port == o.port; });
    return gone == 0 ? Refusal{ENOENT, {}} : Refusal{};
  }
};

std::optional<Refusal> FakeKernel::mishap() {
  const auto number = static_cast<unsigned>(done.size());
  if (before_each) before_each(number);
  if (const auto error = errors.find(number); error != errors.end()) throw Error(error->second);
  if (const auto refusal = refusals.find(number); refusal != refusals.end())
    return Refusal{refusal->second, {}};
  if (std::find(forgotten.begin(), forgotten.end(), number) != forgotten.end()) return Refusal{};
  return std::nullopt;
}

void FakeKernel::mishap_after() const {
  const auto error = errors_after.find(static_cast<unsigned>(done.size()));
  if (error != errors_after.end()) throw Error(error->second);
}

Refusal FakeKernel::execute(const Operation& operation, Devices& names) {
  done.push_back(in_brief(operation));
  // The device is made where the name has to stand for something.
  if (const auto refusal = mishap();
      refusal && (refusal->error != 0 || !std::holds_alternative<CreateLink>(operation)))
    return *refusal;
  Refusal refusal = std::visit(Execute{*this, names}, operation);
  mishap_after();
  return refusal;
}

Refusal FakeKernel::delete_links(const std::vector<int>& indexes) {
  std::string names;
  for (const int index : indexes) {
    const auto found = devices.find(index);
    if (found == devices.end()) return {ENODEV, {}};
    names += " " + found->second.link.name;
  }
  done.push_back("ip link delete group:" + names);
  if (const auto refusal = mishap()) return *refusal;
  for (const int index : indexes) devices.erase(index);
  mishap_after();
  return {};
}

Refusal FakeKernel::load_firewalls(const std::vector<LoadFirewall>& parts) {
  std::string names;
  for (const LoadFirewall& part : parts) names += part.name + " ";
  done.push_back("nft -f - (" + names + "in table ip6 situp)");
  if (const auto refusal = mishap()) return *refusal;
  for (const LoadFirewall& part : parts)
    if (refused_firewalls.count(part.name) != 0) return {EIO, "nft can't do it"};
  for (const LoadFirewall& part : parts) firewalls[part.name] = part.part;
  mishap_after();
  return {};
}

Refusal FakeKernel::list_firewall(LoadFirewall& kept) {
  ++listings;
  const auto found = firewalls.find(kept.name);
  if (found == firewalls.end()) return {ENOENT, "No such file or directory"};
  kept.part = found->second;
  return {};
}

bool FakeKernel::load_sit(const std::string&) {
  return has_sit;
}

std::optional<RouteTo> FakeKernel::route_to(const Way& way) {
  const auto from = ways_from.find(way.from);
  if (way.dev == 0 && from != ways_from.end()) return from->second;
  const auto found = ways.find(way.dev);
  return found == ways.end() ? std::nullopt : std::optional(found->second);
}

std::optional<RouteTo6> FakeKernel::route_to(const Ipv6&) {
  return way6;
}

std::unique_ptr<Changes> FakeKernel::changes() {
  return std::make_unique<FakeChanges>(*this);
}

}  // namespace situp
