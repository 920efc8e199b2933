// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/tunnel/compare.h"

#include <algorithm>
#include <utility>

#include "model/tunnel/comparison.h"
#include "model/tunnel/firewall.h"

namespace situp {

Error ipv6_disabled(const std::string& name) {
  const std::string remedy = "sysctl net.ipv6.conf." + name + ".disable_ipv6=0";
  if (name == "default")
    return {Exit::system, "net.ipv6.conf.default.disable_ipv6",
            "IPv6 is disabled on every interface that is made: " + remedy +
                ", and see what sets it in /etc/sysctl.conf and /etc/sysctl.d"};
  return {Exit::system, name, "IPv6 is disabled on this interface: " + remedy};
}

Plan Comparison::make() {
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

SitDevice Comparison::wanted_device() {
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

std::string Comparison::wrong_dev(const LiveLink& underlay, const LiveLink& held_by) const {
  const std::string dev = wanted_.kind().option("dev");
  return "packets leave by " + underlay.name + " (" + dev + "), and their source address, " +
         wanted_.sit.local.str() + ", is " + held_by.name + "'s, so that the network there may " +
         "drop them: write " + dev + " " + held_by.name + ", or " + wanted_.kind().option("local") +
         " interface:" + underlay.name;
}

void Comparison::device(const SitDevice& wanted) {
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
    // With an inherited stable-privacy mode, peers of such a kind would drop the link-local
    // address; with an inherited "none" there would be none.
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

bool Comparison::can_change(const Sit& wanted) {
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

void Comparison::relay() {
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

void Comparison::come_up() {
  add(SetUp{name_});
  // The kernel forms an address for automatic tunnelling (RFC 4213 §3 has none any more), with
  // which all hosts of the network get answers from here.
  if (wanted_.kind().has_domain)
    add(DeleteAddress{name_, {compatible_address(wanted_.sit.local), 96}});
}

void Comparison::routers() {
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

void Comparison::accept_ra() {
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

std::string deletion_of(const std::string& name, bool may_have_routers) {
  return "ip link delete " + name +
         (may_have_routers
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

}  // namespace situp
