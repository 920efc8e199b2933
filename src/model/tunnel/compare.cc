// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/tunnel/compare.h"

#include <algorithm>
#include <utility>

#include "base/list.h"
#include "model/tunnel/firewall.h"

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

void remove_next_hop(const NextHop& hop, const Live& live, Plan& plan) {
  if (live.has_rule4(hop))
    plan.operations.emplace_back(DeleteRule{hop.preference, hop.mark, hop.table});
  const LiveRoute4* route = live.default4(hop.table);
  const LiveLink* dev = route == nullptr ? nullptr : live.link(route->index);
  if (dev != nullptr)
    plan.operations.emplace_back(DeleteNextHop{hop.table, route->gateway, dev->name});
}

void remove_on_link_rules(const std::vector<OnLinkRule>& rules, const std::string& iface,
                          const Live& live, Plan& plan) {
  // A person's route inside the prefix is never without its rule.
  for (auto rule = rules.rbegin(); rule != rules.rend(); ++rule)
    if (live.has_rule6(iface, *rule)) plan.operations.emplace_back(DeleteOnLinkRule{iface, *rule});
}

void remove_unreachable(const std::vector<Ipv6Net>& prefixes, const Live& live, Plan& plan) {
  for (const Ipv6Net& prefix : prefixes)
    if (live.has_unreachable(prefix)) plan.operations.emplace_back(DeleteUnreachable{prefix});
}

/// Removes those that no tunnel has a use for but `iface` and those in `gone`.
void remove_fou_ports(const std::vector<FouPort>& ports, const std::string& iface,
                      const std::set<std::string>& gone, const Live& live, Plan& plan) {
  for (const FouPort& port : ports) {
    bool is_used = false;
    live.for_each_link([&](const LiveLink& link) {
      is_used |=
          link.sit && link.name != iface && gone.count(link.name) == 0 &&
          link.sit->encap.port == port.port &&
          (link.sit->local == port.local || link.sit->local == Ipv4{} || port.local == Ipv4{});
    });
    if (live.receives(port) && !is_used) plan.operations.emplace_back(DeleteFouPort{port});
  }
}

/// The items of `all` that are not in `kept`.
template <typename T>
std::vector<T> without(const std::vector<T>& all, const std::vector<T>& kept) {
  std::vector<T> rest;
  for (const T& item : all)
    if (!contains(kept, item)) rest.push_back(item);
  return rest;
}

bool may_have_firewall(const Live& live, const std::string& iface) {
  return live.firewall(iface) != nullptr || live.firewalls_hidden();
}

/// The kernel holds only one of two such routes.
bool same_place(const DefaultRoute& a, const DefaultRoute& b) {
  return a.metric == b.metric && a.from == b.from && a.table == b.table && a.to == b.to;
}

/// `name`: an interface, or `default`, which applies to a new one.
Error ipv6_disabled(const std::string& name) {
  const std::string remedy = "sysctl net.ipv6.conf." + name + ".disable_ipv6=0";
  if (name == "default")
    return {Exit::system, "net.ipv6.conf.default.disable_ipv6",
            "IPv6 is disabled on every interface that is made: " + remedy +
                ", and see what sets it in /etc/sysctl.conf and /etc/sysctl.d"};
  return {Exit::system, name, "IPv6 is disabled on this interface: " + remedy};
}

class Comparison {
 public:
  Comparison(const Tunnel& wanted, const Owned& owned, const Live& live, const Scope& scope)
      : wanted_(wanted),
        owned_(owned),
        live_(live),
        scope_(scope),
        name_(wanted.iface.str()),
        link_(live.link(name_)) {}

  Plan make() {
    if (live_.ipv6_off())
      throw Error(Exit::system, name_,
                  "IPv6 is switched off in this kernel: take ipv6.disable=1 off the kernel's "
                  "command line");
    const SitDevice wanted = wanted_device();
    plan_.operations = load_firewall(wanted_, owned_, live_);
    fou_port();
    next_hop();
    device(wanted);
    if (link_ != nullptr ? link_->ipv6_disabled : live_.ipv6_disabled_by_default())
      throw ipv6_disabled(link_ != nullptr ? name_ : "default");
    if (wanted_.is_relay) relay();
    if (wanted_.kind().has_routers) routers();
    accept_ra();
    if (link_ == nullptr || !link_->up) come_up();
    addresses();
    routes();
    lan();
    unreachable();
    on_link_rules();
    stale_next_hops();
    remove_fou_ports(stale_fou_ports(), name_, {}, live_, plan_);
    if (!wanted_.has_filter() && owned_.firewall && may_have_firewall(live_, name_))
      add(RemoveFirewall{name_, firewall_removal(name_, live_)});
    return std::move(plan_);
  }

 private:
  void add(Operation operation) { plan_.operations.push_back(std::move(operation)); }

  SitDevice wanted_device() {
    SitDevice device{wanted_.sit, "", wanted_.mtu};
    Sit& sit = device.sit;
    if (wanted_.next_hop) sit.mark = wanted_.next_hop->mark;
    if (wanted_.dev) {
      const LiveLink* underlay = live_.link(wanted_.dev->str());
      if (underlay == nullptr)
        throw Error(Exit::system, wanted_.dev->str(),
                    "no interface has this name, and the tunnel's packets are to leave there: "
                    "bring it up first");
      sit.link = underlay->index;
      device.underlay = underlay->name;
      if (const LiveLink* held_by = live_.expected_instead_of(underlay->index, sit.local))
        plan_.doubts.push_back(wrong_dev(*underlay, *held_by));
    }
    const LiveLink* other = live_.with_endpoints(sit.local, sit.remote, sit.link);
    if (other != nullptr && other->name != name_)
      throw endpoints_taken_by(other->name, sit.local, sit.remote);
    return device;
  }

  /// Before the device, so that no packet finds it shut.
  void fou_port() {
    if (!wanted_.fou_port) return;
    if (live_.no_fou())
      throw Error(Exit::system, wanted_.kind().option("encap"),
                  "the kernel's module fou is not loaded, and situp loads no modules but sit: "
                  "modprobe fou, and for each boot: echo fou >/etc/modules-load.d/fou.conf");
    if (!live_.receives(*wanted_.fou_port)) add(AddFouPort{*wanted_.fou_port});
  }

  std::vector<FouPort> stale_fou_ports() const {
    std::vector<FouPort> stale = owned_.fou_ports;
    // The same port of each address serves, too.
    std::erase_if(stale, [&](const FouPort& owned) {
      return wanted_.fou_port && owned.port == wanted_.fou_port->port &&
             (owned.local == wanted_.fou_port->local || owned.local == Ipv4{});
    });
    return stale;
  }

  std::string wrong_dev(const LiveLink& underlay, const LiveLink& held_by) const {
    const std::string dev = wanted_.kind().option("dev");
    return "packets leave by " + underlay.name + " (" + dev + "), and their source address, " +
           wanted_.sit.local.str() + ", is " + held_by.name + "'s, so that the network there may " +
           "drop them: write " + dev + " " + held_by.name + ", or " +
           wanted_.kind().option("local") + " interface:" + underlay.name;
  }

  /// The reason, for readers of the plan.
  std::string next_hop_reason() const {
    return "all packets of " + name_ + " go by " + wanted_.next_hop->gateway.str() +
           ": the kernel keeps one next hop for all of its destinations";
  }

  /// The rule first: the kernel allows it once, which reserves the numbers. Until the device has
  /// the mark, no packet takes this way.
  void next_hop() {
    if (!wanted_.next_hop) return;
    const NextHop& hop = *wanted_.next_hop;
    if (!live_.has_rule4(hop)) add(AddRule{hop.preference, hop.mark, hop.table});
    const LiveRoute4* route = live_.default4(hop.table);
    const LiveLink* dev = route == nullptr ? nullptr : live_.link(route->index);
    if (dev == nullptr || dev->name != hop.dev.str() || route->gateway != hop.gateway)
      add(SetNextHop{hop.table, hop.gateway, hop.dev.str()});
    if (!plan_.operations.empty() && optional_part_of(plan_.operations.back()) == Part::next_hop)
      plan_.notes.push_back(next_hop_reason());
  }

  void stale_next_hops() {
    for (const NextHop& old : owned_.next_hops)
      if (!wanted_.next_hop || !wanted_.next_hop->has_numbers_of(old))
        remove_next_hop(old, live_, plan_);
  }

  void device(const SitDevice& wanted) {
    if (link_ != nullptr && (scope_.anew || !can_change(wanted.sit))) {
      if (!scope_.recreate)
        throw Error(Exit::system, name_,
                    "the device is of another kind than the stanza says, and the kernel can't "
                    "change that in place: ifdown and ifup it");
      add(DeleteLink{name_});
      link_ = nullptr;
    }
    if (link_ == nullptr) {
      add(CreateLink{name_, wanted});
      // With an inherited stable-privacy mode, ISATAP peers would drop the link-local address; with
      // an inherited "none" there would be none.
      if (wanted_.kind().holds_local || live_.default_address_generation() != generate_eui64)
        add(SetAddressGeneration{name_, generate_eui64});
      return;
    }
    // A full change unlinks the tunnel for a moment; a change of the MTU alone doesn't.
    if (*link_->sit != wanted.sit)
      add(ChangeLink{name_, wanted});
    else if (link_->mtu != wanted.mtu)
      add(SetMtu{name_, wanted.mtu});
    if (wanted_.kind().holds_local && link_->address_generation != generate_eui64)
      add(SetAddressGeneration{name_, generate_eui64});
  }

  bool can_change(const Sit& wanted) {
    if (!link_->sit) return false;
    const Sit& sit = *link_->sit;
    std::string reason;
    if (sit.kind != wanted.kind)
      reason = wanted.kind == Sit{}.kind ? std::string("it is ") + row_of(sit.kind).device
                                         : std::string("it is not ") + row_of(wanted.kind).device;
    else if ((sit.remote == Ipv4{}) != (wanted.remote == Ipv4{}))
      reason = "it changes between one endpoint and any";
    else if (sit.protocol != 41)
      reason = "it carries another protocol than IPv6";
    else if (sit.has_other_sets)
      reason = "it has GUE or mark settings";
    if (reason.empty()) return true;
    plan_.notes.push_back(name_ + " is taken down and made anew: " + reason +
                          ", which the kernel can't change in place");
    return false;
  }

  void relay() {
    if (!live_.forwards())
      throw Error(Exit::system, "net.ipv6.conf.all.forwarding",
                  "this host is the relay of the 6rd domain (" + wanted_.sit.local.str() +
                      "), and it forwards no IPv6 packets: sysctl net.ipv6.conf.all.forwarding=1, "
                      "and the same line in /etc/sysctl.d/");
    const Ipv6Net& domain = wanted_.sit.domain.prefix;
    const auto takes_all = [&](const LiveDefault& other) {
      const auto& from = other.route.from;
      return !other.rejects &&
             (!from || (from->length <= domain.length && from->contains(domain.address)));
    };
    if (std::none_of(live_.defaults().begin(), live_.defaults().end(), takes_all))
      plan_.doubts.push_back(
          "this host is the relay of the 6rd domain, and no default route takes packets from " +
          domain.str() +
          " to the Internet: bring up the tunnel that leads there, with gateway, or "
          "with v4tunnel-route default from " +
          domain.str());
  }

  void come_up() {
    add(SetUp{name_});
    // The kernel forms an address for automatic tunnelling (RFC 4213 §3 has none any more), with
    // which all hosts of the network get answers from here.
    if (wanted_.kind().has_domain)
      add(DeleteAddress{name_, {compatible_address(wanted_.sit.local), 96}});
  }

  void routers() {
    static const std::vector<Router> none;
    const auto& have = link_ == nullptr ? none : live_.routers(link_->index);
    for (const Router& router : have) {
      const auto same = [&](const Router& other) { return other.address == router.address; };
      if (std::none_of(wanted_.routers.begin(), wanted_.routers.end(), same))
        add(DeleteRouter{name_, router.address});
    }
    for (const Router& router : wanted_.routers) {
      const auto same = [&](const Router& other) { return other.address == router.address; };
      const auto found = std::find_if(have.begin(), have.end(), same);
      if (found == have.end())
        add(AddRouter{name_, router});
      else if (*found != router)
        add(AddRouter{name_, router, true});
    }
  }

  void accept_ra() {
    const AcceptRa has = link_ == nullptr ? live_.default_accept_ra() : link_->accept_ra;
    if (wanted_.own_accept_ra) {
      if (has.accept != *wanted_.own_accept_ra) add(SetAcceptRa{name_, *wanted_.own_accept_ra});
    } else if (wanted_.accept_ra && !has.is_on()) {
      // The router list needs it. The finer settings (autoconf, accept_ra_defrtr, accept_ra_pinfo,
      // …) are the user's own choice.
      add(SetAcceptRa{name_, has.needed()});
    }
    const bool is_users_choice =
        wanted_.own_accept_ra || (!wanted_.accept_ra && !wanted_.routers.empty());
    const AcceptRa will{wanted_.own_accept_ra.value_or(has.accept), has.forwarding};
    if (is_users_choice && will.accept != 0 && !will.is_on())
      plan_.warnings.push_back(
          "net.ipv6.conf." + name_ +
          ".forwarding is 1, so that with accept_ra 1 the kernel "
          "ignores router advertisements there: write accept_ra 2 into the stanza");
  }

  /// The addresses that the tunnel must have after this run.
  std::vector<TunnelAddress> wanted_addresses() const {
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
  bool is_said(const Ipv6Net& net) const {
    return std::any_of(wanted_.addresses.begin(), wanted_.addresses.end(),
                       [&](const TunnelAddress& address) { return address.net == net; });
  }

  bool is_stale(const LiveAddress& address) const {
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
    } else if (embedded && *embedded != wanted_.sit.local) {
      // The kernel makes these: for the old local address, or, with local any, for each address of
      // the host. The user made any other.
      const Ipv4 local = link_->sit->local;
      if (local == Ipv4{} ? live_.holder(*embedded) != nullptr : *embedded == local) return true;
    }
    return contains(owned_.addresses, address.net);
  }

  void addresses() {
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
      const auto found = std::find_if(have.begin(), have.end(), [&](const LiveAddress& live) {
        return live.net == wanted.net;
      });
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

  void routes() {
    static const std::vector<DefaultRoute> none;
    const auto& have = link_ == nullptr ? none : live_.routes(link_->index);
    std::vector<DefaultRoute> missing;
    for (const DefaultRoute& route : wanted_.routes)
      if (!contains(have, route)) missing.push_back(route);
    if (scope_.inner && wanted_.route && !contains(have, *wanted_.route))
      missing.push_back(*wanted_.route);
    std::vector<DefaultRoute> stale;
    for (const DefaultRoute& old : owned_.routes)
      if (old != wanted_.route && !contains(wanted_.routes, old) && contains(have, old))
        stale.push_back(old);
    // The kernel has one default route per metric, with any gateway: an old one in that place is
    // deleted first. Others go last, so that there is always a route.
    const auto in_the_way = [&](const DefaultRoute& old) {
      return std::any_of(missing.begin(), missing.end(),
                         [&](const DefaultRoute& route) { return same_place(old, route); });
    };
    for (const DefaultRoute& old : stale)
      if (in_the_way(old)) add(DeleteRoute{name_, old});
    for (const DefaultRoute& route : missing) check_place(route, stale);
    if (scope_.coming) check_place(*scope_.coming, stale);
    for (const DefaultRoute& route : missing) add(AddRoute{name_, route});
    for (const DefaultRoute& old : stale)
      if (!in_the_way(old)) add(DeleteRoute{name_, old});
    if (!missing.empty() || !stale.empty())
      plan_.notes.insert(plan_.notes.end(), wanted_.route_notes.begin(), wanted_.route_notes.end());
  }

  /// Throws unless the kernel would take the route once the stale ones are gone.
  void check_place(const DefaultRoute& route, const std::vector<DefaultRoute>& stale) const {
    for (const LiveDefault& other : live_.defaults()) {
      if (!same_place(other.route, route)) continue;
      const LiveLink* own = live_.link(name_);
      const bool is_own = own != nullptr && other.index == own->index;
      // The kernel deletes the old device's routes with it.
      if (is_own && (link_ == nullptr || contains(stale, other.route))) continue;
      throw place_taken(route, other);
    }
  }

  Error place_taken(const DefaultRoute& route, const LiveDefault& other) const {
    const LiveLink* link = live_.link(other.index);
    std::string text = other.rejects ? "unreachable default" : "default";
    if (other.route.from) text += " from " + other.route.from->str();
    if (!other.route.gateway.is_unspecified()) text += " via " + other.route.gateway.str();
    if (link != nullptr) text += " dev " + link->name;
    if (other.route.table != main_table) text += " table " + std::to_string(other.route.table);
    if (other.advertised) text += " proto ra";
    text += " metric " + std::to_string(other.route.metric);
    const bool is_chosen = contains(wanted_.routes, route);
    const bool by_gateway = wanted_.kind().has_endpoint && !is_chosen;
    const std::string option = wanted_.kind().option("route");
    return {Exit::system, in_brief(AddRoute{name_, route}),
            "another default route has this metric already (" + text +
                "), and the kernel takes one of each: write metric " +
                std::to_string(free_metric(route)) +
                (by_gateway  ? " in the stanza, or " + option + " default in place of gateway"
                 : is_chosen ? " in " + option
                             : std::string(" in the stanza"))};
  }

  /// The next metric that no default route has; a greater one makes the route less preferred.
  std::uint32_t free_metric(DefaultRoute route) const {
    const auto taken = [&](const LiveDefault& other) { return same_place(other.route, route); };
    const auto& all = live_.defaults();
    route.metric = std::max<std::uint32_t>(route.metric, 1024);
    do {
      route.metric *= 2;
    } while (route.metric != 0 && std::any_of(all.begin(), all.end(), taken));
    return route.metric == 0 ? 512 : route.metric;
  }

  void unreachable() {
    for (const Ipv6Net& prefix : wanted_.routed)
      if (!live_.has_unreachable(prefix)) add(AddUnreachable{prefix});
    remove_unreachable(without(owned_.routed, wanted_.routed), live_, plan_);
  }

  void on_link_rules() {
    for (const OnLinkRule& rule : wanted_.on_link_rules)
      if (!live_.has_rule6(name_, rule)) add(AddOnLinkRule{name_, rule});
    remove_on_link_rules(without(owned_.on_link_rules, wanted_.on_link_rules), name_, live_, plan_);
  }

  void lan() {
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
                                 lan.address.str() +
                                 " when there is one; without situpd, situp up " + name_ + " does");
    }
  }

  void lan_address(const LanAddress& lan, const LiveLink& link) {
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

  const Tunnel& wanted_;
  const Owned& owned_;
  const Live& live_;
  const Scope& scope_;
  std::string name_;
  const LiveLink* link_;  // the current device, until the plan deletes it
  Plan plan_;
};

}  // namespace

std::string deletion_of(const std::string& name, bool may_be_isatap) {
  return "ip link delete " + name +
         (may_be_isatap
              ? " (where isatapd has made it, stop isatapd first: it makes its device again)"
              : "");
}

Error endpoints_taken_by(const std::string& other, Ipv4 local, Ipv4 remote) {
  const std::string ends =
      (remote == Ipv4{}
           ? std::string("local ") + (local == Ipv4{} ? "any" : local.str()) + ", any remote"
           : local.str() + " to " + remote.str());
  const std::string remedy =
      other == "sit0"
          ? "sit0 is the kernel's own fallback device and can't be removed: write a local address"
          : "the kernel allows one device for each pair of ends: ifdown " + other + " or " +
                deletion_of(other, remote == Ipv4{}) + ", or use other ends";
  return {Exit::system, other,
          "this device already has the tunnel's ends (" + ends + "); " + remedy};
}

Owned owned_by(const Tunnel& wanted) {
  Owned owned;
  for (const TunnelAddress& address : wanted.addresses) {
    owned.addresses.push_back(address.net);
    owned.preferred_lifetime = address.preferred_lifetime;  // one for all of a stanza's
  }
  if (wanted.link_local) owned.addresses.push_back({*wanted.link_local, 64});
  owned.addresses.insert(owned.addresses.end(), wanted.formed.begin(), wanted.formed.end());
  owned.routes = wanted.routes;
  if (wanted.route) owned.routes.push_back(*wanted.route);
  if (wanted.next_hop) owned.next_hops.push_back(*wanted.next_hop);
  owned.on_link_rules = wanted.on_link_rules;
  owned.routed = wanted.routed;
  if (wanted.fou_port && !wanted.fou_port_is_foreign) owned.fou_ports.push_back(*wanted.fou_port);
  if (wanted.has_filter()) owned.firewall = {fingerprint(firewall_input({firewall_of(wanted)})), 0};
  return owned;
}

Plan compare(const Tunnel& wanted, const Owned& owned, const Live& live, const Scope& scope) {
  return Comparison(wanted, owned, live, scope).make();
}

std::vector<Operation> load_firewall(const Tunnel& wanted, const Owned& owned, const Live& live) {
  if (!wanted.has_filter()) return {};
  LoadFirewall load = firewall_of(wanted);
  const std::uint64_t print = fingerprint(firewall_input({load}));
  const LiveFilter* part = live.firewall(load.name);
  if (part != nullptr && owned.firewall == LoadedFilter{print, part->content}) return {};
  if (live.firewalls_hidden() && owned.firewall && owned.firewall->ruleset == print) return {};
  if (part != nullptr) load.removal = firewall_removal(load.name, *part);
  return {std::move(load)};
}

void note_firewall(const Tunnel& wanted, const Live& now, Owned& owned) {
  owned.firewall = owned_by(wanted).firewall;
  const LiveFilter* part = now.firewall(wanted.iface.str());
  if (owned.firewall && part != nullptr) owned.firewall->content = part->content;
}

Plan compare_down(const InterfaceName& iface, const Owned& owned, const Live& live, bool device,
                  bool firewall, const std::set<std::string>& gone) {
  Plan plan;
  for (const LanAddress& lan : owned.lan) {
    const LiveLink* link = live.link(lan.iface.str());
    if (link == nullptr) continue;
    for (const LiveAddress& address : live.addresses(link->index))
      if (address.net == lan.address)
        plan.operations.emplace_back(DeleteAddress{link->name, lan.address});
  }
  if (device && live.link(iface.str()) != nullptr)
    plan.operations.emplace_back(DeleteLink{iface.str()});
  for (const NextHop& hop : owned.next_hops) remove_next_hop(hop, live, plan);
  remove_on_link_rules(owned.on_link_rules, iface.str(), live, plan);
  remove_unreachable(owned.routed, live, plan);
  remove_fou_ports(owned.fou_ports, iface.str(), gone, live, plan);
  if (firewall && owned.firewall && may_have_firewall(live, iface.str()))
    plan.operations.emplace_back(RemoveFirewall{iface.str(), firewall_removal(iface.str(), live)});
  return plan;
}

}  // namespace situp
