// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/tunnel/plan.h"

#include "model/tunnel/firewall.h"

namespace situp {
namespace {

std::string device_words(const SitDevice& device) {
  const Sit& sit = device.sit;
  std::string text = " mtu " + std::to_string(device.mtu) + " type sit";
  text += " remote " + (sit.remote == Ipv4{} ? "any" : sit.remote.str());
  text += " local " + (sit.local == Ipv4{} ? "any" : sit.local.str());
  text += " ttl " + (sit.ttl == 0 ? "inherit" : std::to_string(sit.ttl));
  text += " tos " + (sit.tos == 1 ? "inherit" : std::to_string(sit.tos));
  text += sit.pmtu ? " pmtudisc" : " nopmtudisc";
  if (!device.underlay.empty()) text += " dev " + device.underlay;
  if (sit.kind == Kind::isatap) text += " isatap";
  if (sit.kind == Kind::sixrd)
    text +=
        " 6rd-prefix " + sit.domain.prefix.str() + " 6rd-relay_prefix " + sit.domain.hosts.str();
  if (sit.mark != 0) text += " fwmark " + hex_mark(sit.mark);
  if (sit.encap.is_on())
    text += std::string(" encap fou ") + (sit.encap.checksum ? "encap-csum" : "noencap-csum") +
            " encap-sport " +
            (sit.encap.source_port == 0 ? "auto" : std::to_string(sit.encap.source_port)) +
            " encap-dport " + std::to_string(sit.encap.port);
  return text;
}

struct Words {
  std::string operator()(const CreateLink& o) const {
    const std::string index = o.index == 0 ? std::string() : " index " + std::to_string(o.index);
    return "ip link add name " + o.name + index + device_words(o.device) + " mode ip6ip";
  }
  std::string operator()(const ChangeLink& o) const {
    return "ip link set dev " + o.name + device_words(o.device);
  }
  std::string operator()(const DeleteLink& o) const { return "ip link delete dev " + o.name; }
  std::string operator()(const SetMtu& o) const {
    return "ip link set dev " + o.name + " mtu " + std::to_string(o.mtu);
  }
  std::string operator()(const SetAddressGeneration& o) const {
    static constexpr const char* modes[] = {"eui64", "none", "stable_secret", "random"};
    return "ip link set dev " + o.name + " addrgenmode " +
           (o.mode < 4 ? modes[o.mode] : std::to_string(o.mode));
  }
  std::string operator()(const SetAcceptRa& o) const {
    // Between slashes a dot is part of the name (sysctl(8)).
    const bool dotted = o.name.find('.') != std::string::npos;
    return "sysctl -w " +
           (dotted ? "net/ipv6/conf/" + o.name + "/accept_ra="
                   : "net.ipv6.conf." + o.name + ".accept_ra=") +
           std::to_string(o.accept);
  }
  std::string operator()(const SetUp& o) const {
    return "ip link set dev " + o.name + (o.up ? " up" : " down");
  }
  std::string operator()(const AddAddress& o) const {
    std::string text = std::string("ip address ") + (o.replace ? "change " : "add ") +
                       o.address.net.str() + " dev " + o.dev;
    if (o.address.preferred_lifetime)
      text += " preferred_lft " + std::to_string(*o.address.preferred_lifetime);
    return text + (o.nodad ? " nodad" : "");
  }
  std::string operator()(const DeleteAddress& o) const {
    return "ip address delete " + o.net.str() + " dev " + o.dev;
  }
  std::string operator()(const AddRoute& o) const {
    return "ip -6 route add " + str(o.route, o.dev) +
           (o.route.gateway.is_unspecified() ? "" : " onlink");
  }
  std::string operator()(const DeleteRoute& o) const {
    return "ip -6 route delete " + str(o.route, o.dev);
  }
  std::string operator()(const AddRouter& o) const {
    // ip has no command that changes the flag alone.
    const std::string first =
        o.change ? "ip tunnel prl prl-delete " + o.router.address.str() + " dev " + o.dev + " && "
                 : std::string();
    return first + "ip tunnel prl " +
           (o.router.may_be_default ? "prl-default " : "prl-nodefault ") + o.router.address.str() +
           " dev " + o.dev;
  }
  std::string operator()(const DeleteRouter& o) const {
    return "ip tunnel prl prl-delete " + o.address.str() + " dev " + o.dev;
  }

  std::string operator()(const LoadFirewall& o) const {
    if (brief || o.part.empty()) return "nft -f - (" + o.name + " in " + table + ")";
    return "nft -f - <<'END'\n" + firewall_input({o}) + "END";
  }
  std::string operator()(const RemoveFirewall& o) const {
    if (brief || o.removal.empty()) return "nft -f - (" + o.name + " out of " + table + ")";
    if (o.removal.find('\n') == o.removal.size() - 1)
      return "nft " + o.removal.substr(0, o.removal.size() - 1);
    return "nft -f - <<'END'\n" + o.removal + "END";
  }

  std::string operator()(const AddRule& o) const { return "ip rule add " + rule(o); }
  std::string operator()(const DeleteRule& o) const { return "ip rule delete " + rule(o); }
  std::string operator()(const SetNextHop& o) const {
    return "ip route replace " + next_hop(o) + " onlink";
  }
  std::string operator()(const DeleteNextHop& o) const { return "ip route delete " + next_hop(o); }

  std::string operator()(const AddOnLinkRule& o) const {
    return "ip -6 rule add " + on_link_rule(o);
  }
  std::string operator()(const DeleteOnLinkRule& o) const {
    return "ip -6 rule delete " + on_link_rule(o);
  }
  std::string operator()(const AddUnreachable& o) const {
    return "ip -6 route add " + unreachable(o.prefix);
  }
  std::string operator()(const DeleteUnreachable& o) const {
    return "ip -6 route delete " + unreachable(o.prefix);
  }

  std::string operator()(const AddFouPort& o) const {
    return "ip fou add port " + std::to_string(o.port.port) + " ipproto 41" + local(o.port);
  }
  std::string operator()(const DeleteFouPort& o) const {
    return "ip fou del port " + std::to_string(o.port.port) + local(o.port);
  }

  bool brief = false;
  const std::string table = std::string("table ip6 ") + firewall_table;

  template <typename Rule>
  static std::string on_link_rule(const Rule& o) {
    return "preference " + std::to_string(o.rule.preference) + " iif " + o.dev + " to " +
           o.rule.to.str() +
           (o.rule.longer_routes
                ? " lookup main suppress_prefixlength " + std::to_string(o.rule.to.length)
                : " unreachable");
  }
  static std::string local(const FouPort& port) {
    return port.local == Ipv4{} ? std::string() : " local " + port.local.str();
  }
  static std::string unreachable(const Ipv6Net& prefix) {
    return "unreachable " + prefix.str() + " metric " + std::to_string(unreachable_metric);
  }

  template <typename Rule>
  static std::string rule(const Rule& o) {
    return "preference " + std::to_string(o.preference) + " fwmark " + hex_mark(o.mark) +
           " lookup " + std::to_string(o.table);
  }
  template <typename Route>
  static std::string next_hop(const Route& o) {
    return "default via " + o.gateway.str() + " dev " + o.dev + " table " + std::to_string(o.table);
  }
};

SitDevice device_of(const LiveLink& link, const Live& live) {
  const LiveLink* underlay = live.link(link.sit->link);
  return {*link.sit, underlay == nullptr ? std::string() : underlay->name, link.mtu};
}

TunnelAddress as_it_was(const LiveAddress& address) {
  TunnelAddress result{address.net, std::nullopt};
  if (address.preferred != 0xffffffff) result.preferred_lifetime = address.preferred;
  return result;
}

/// The address that the kernel makes when the device comes up.
bool is_made_by_kernel(const LiveAddress& address, const Sit& sit) {
  if (!address.net.address.is_link_local() && !row_of(sit.kind).has_domain) return false;
  const auto embedded = row_of(sit.kind).embedded(address.net.address);
  return address.stable_privacy || (embedded && (sit.local == Ipv4{} || *embedded == sit.local));
}

std::vector<Operation> rebuild(const LiveLink& link, const Live& live) {
  std::vector<Operation> operations;
  operations.emplace_back(CreateLink{link.name, device_of(link, live), link.index});
  if (link.address_generation)
    operations.emplace_back(SetAddressGeneration{link.name, *link.address_generation});
  if (link.accept_ra.accept != live.default_accept_ra().accept)
    operations.emplace_back(SetAcceptRa{link.name, link.accept_ra.accept});
  for (const Router& router : live.routers(link.index))
    operations.emplace_back(AddRouter{link.name, router});
  if (link.up) operations.emplace_back(SetUp{link.name});
  bool has_kernel_s = false;
  for (const LiveAddress& address : live.addresses(link.index)) {
    if (is_made_by_kernel(address, *link.sit))
      has_kernel_s = true;
    else
      operations.emplace_back(AddAddress{link.name, as_it_was(address), false, address.nodad});
  }
  if (link.up && !has_kernel_s && row_of(link.sit->kind).has_domain)
    operations.emplace_back(DeleteAddress{link.name, {compatible_address(link.sit->local), 96}});
  for (const DefaultRoute& route : live.routes(link.index))
    operations.emplace_back(AddRoute{link.name, route});
  return operations;
}

struct Undo {
  const Live& before;

  const LiveLink& link(const std::string& name) const { return *before.link(name); }

  std::vector<Operation> operator()(const CreateLink& o) const { return {DeleteLink{o.name}}; }
  std::vector<Operation> operator()(const ChangeLink& o) const {
    return {ChangeLink{o.name, device_of(link(o.name), before)}};
  }
  std::vector<Operation> operator()(const DeleteLink& o) const {
    const LiveLink* was = before.link(o.name);
    if (was == nullptr || !was->sit) return {};
    return rebuild(*was, before);
  }
  std::vector<Operation> operator()(const SetMtu& o) const {
    return {SetMtu{o.name, link(o.name).mtu}};
  }
  std::vector<Operation> operator()(const SetAddressGeneration& o) const {
    const LiveLink* was = before.link(o.name);
    if (was == nullptr || !was->address_generation) return {};
    return {SetAddressGeneration{o.name, *was->address_generation}};
  }
  std::vector<Operation> operator()(const SetAcceptRa& o) const {
    const LiveLink* was = before.link(o.name);
    if (was == nullptr) return {};  // the kernel drops it with the device
    return {SetAcceptRa{o.name, was->accept_ra.accept}};
  }
  std::vector<Operation> operator()(const SetUp& o) const {
    std::vector<Operation> operations{SetUp{o.name, !o.up}};
    const LiveLink* was = before.link(o.name);
    if (was == nullptr || !o.up) return operations;
    // The kernel removes all addresses of a device that goes down.
    for (const LiveAddress& address : before.addresses(was->index))
      operations.emplace_back(AddAddress{o.name, as_it_was(address), false, address.nodad});
    return operations;
  }
  std::vector<Operation> operator()(const AddAddress& o) const {
    if (!o.replace) return {DeleteAddress{o.dev, o.address.net}};
    return address_again(o.dev, o.address.net, true);
  }
  std::vector<Operation> operator()(const DeleteAddress& o) const {
    return address_again(o.dev, o.net, false);
  }
  std::vector<Operation> operator()(const AddRoute& o) const {
    return {DeleteRoute{o.dev, o.route}};
  }
  std::vector<Operation> operator()(const DeleteRoute& o) const {
    return {AddRoute{o.dev, o.route}};
  }
  std::vector<Operation> operator()(const AddRouter& o) const {
    if (!o.change) return {DeleteRouter{o.dev, o.router.address}};
    return {AddRouter{o.dev, {o.router.address, !o.router.may_be_default}, true}};
  }
  std::vector<Operation> operator()(const DeleteRouter& o) const {
    const LiveLink* was = before.link(o.dev);
    if (was == nullptr) return {};
    for (const Router& router : before.routers(was->index))
      if (router.address == o.address) return {AddRouter{o.dev, router}};
    return {};
  }

  std::vector<Operation> operator()(const LoadFirewall& o) const {
    if (before.firewall(o.name) != nullptr) return {LoadFirewall{o.name, false, {}}};
    return {RemoveFirewall{o.name}};
  }
  std::vector<Operation> operator()(const RemoveFirewall& o) const {
    if (before.firewall(o.name) == nullptr) return {};
    return {LoadFirewall{o.name, false, {}}};
  }

  std::vector<Operation> operator()(const AddRule& o) const {
    return {DeleteRule{o.preference, o.mark, o.table}};
  }
  std::vector<Operation> operator()(const DeleteRule& o) const {
    return {AddRule{o.preference, o.mark, o.table}};
  }
  std::vector<Operation> operator()(const SetNextHop& o) const {
    if (auto was = next_hop_again(o.table); !was.empty()) return was;
    return {DeleteNextHop{o.table, o.gateway, o.dev}};
  }
  std::vector<Operation> operator()(const DeleteNextHop& o) const {
    return next_hop_again(o.table);
  }

  std::vector<Operation> operator()(const AddOnLinkRule& o) const {
    return {DeleteOnLinkRule{o.dev, o.rule}};
  }
  std::vector<Operation> operator()(const DeleteOnLinkRule& o) const {
    return {AddOnLinkRule{o.dev, o.rule}};
  }
  std::vector<Operation> operator()(const AddUnreachable& o) const {
    return {DeleteUnreachable{o.prefix}};
  }
  std::vector<Operation> operator()(const DeleteUnreachable& o) const {
    return {AddUnreachable{o.prefix}};
  }
  std::vector<Operation> operator()(const AddFouPort& o) const { return {DeleteFouPort{o.port}}; }
  std::vector<Operation> operator()(const DeleteFouPort& o) const { return {AddFouPort{o.port}}; }

  std::vector<Operation> next_hop_again(std::uint32_t table) const {
    const LiveRoute4* was = before.default4(table);
    const LiveLink* dev = was == nullptr ? nullptr : before.link(was->index);
    if (dev == nullptr) return {};
    return {SetNextHop{table, was->gateway, dev->name}};
  }

  std::vector<Operation> address_again(const std::string& dev, const Ipv6Net& net,
                                       bool replace) const {
    const LiveLink* was = before.link(dev);
    if (was == nullptr) return {};
    for (const LiveAddress& address : before.addresses(was->index))
      if (address.net == net) return {AddAddress{dev, as_it_was(address), replace, address.nodad}};
    return {};
  }
};

}  // namespace

std::string str(const DefaultRoute& route, const std::string& dev) {
  return (route.to ? route.to->str() : "default") +
         (route.from ? " from " + route.from->str() : std::string()) +
         (route.gateway.is_unspecified() ? std::string() : " via " + route.gateway.str()) +
         (dev.empty() ? std::string() : " dev " + dev) + " metric " + std::to_string(route.metric) +
         (route.table == main_table ? std::string() : " table " + std::to_string(route.table));
}

std::string as_ip_command(const Operation& operation) {
  return std::visit(Words{}, operation);
}

std::string in_brief(const Operation& operation) {
  Words words;
  words.brief = true;
  return std::visit(words, operation);
}

std::optional<Part> optional_part_of(const Operation& operation) {
  if (std::holds_alternative<AddRule>(operation) || std::holds_alternative<SetNextHop>(operation))
    return Part::next_hop;
  if (std::holds_alternative<AddOnLinkRule>(operation)) return Part::on_link_rules;
  return std::nullopt;
}

std::vector<Operation> undo_of(const Operation& operation, const Live& before) {
  return std::visit(Undo{before}, operation);
}

}  // namespace situp
