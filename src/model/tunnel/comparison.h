// SPDX-License-Identifier: GPL-2.0-or-later
// For the parts of compare() only.
#pragma once
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/list.h"
#include "model/tunnel/compare.h"

namespace situp {

/// One tunnel's way from the objects that are there to those that are wanted.
class Comparison {
 public:
  Comparison(const Tunnel& wanted, const Owned& owned, const Live& live, const Scope& scope)
      : wanted_(wanted),
        owned_(owned),
        live_(live),
        scope_(scope),
        name_(wanted.iface.str()),
        link_(live.link(name_)) {}

  Plan make();

 private:
  void add(Operation operation) { plan_.operations.push_back(std::move(operation)); }

  SitDevice wanted_device();
  void fou_port();
  std::vector<FouPort> stale_fou_ports() const;
  std::string wrong_dev(const LiveLink& underlay, const LiveLink& held_by) const;
  std::string next_hop_reason() const;
  void next_hop();
  void stale_next_hops();
  void device(const SitDevice& wanted);
  bool can_change(const Sit& wanted);
  void relay();
  void come_up();
  void routers();
  void accept_ra();
  std::vector<TunnelAddress> wanted_addresses() const;
  bool is_said(const Ipv6Net& net) const;
  bool is_stale(const LiveAddress& address) const;
  void addresses();
  void routes();
  void check_place(const DefaultRoute& route, const std::vector<DefaultRoute>& stale) const;
  Error place_taken(const DefaultRoute& route, const LiveDefault& other) const;
  std::uint32_t free_metric(DefaultRoute route) const;
  void unreachable();
  void on_link_rules();
  void lan();
  void lan_address(const LanAddress& lan, const LiveLink& link);

  const Tunnel& wanted_;
  const Owned& owned_;
  const Live& live_;
  const Scope& scope_;
  std::string name_;
  const LiveLink* link_;  // the current device, until the plan deletes it
  Plan plan_;
};

/// The items of `all` that are not in `kept`.
template <typename T>
std::vector<T> without(const std::vector<T>& all, const std::vector<T>& kept) {
  std::vector<T> rest;
  for (const T& item : all)
    if (!contains(kept, item)) rest.push_back(item);
  return rest;
}

// What compare_down() removes, too.
void remove_next_hop(const NextHop& hop, const Live& live, Plan& plan);
void remove_on_link_rules(const std::vector<OnLinkRule>& rules, const std::string& iface,
                          const Live& live, Plan& plan);
void remove_unreachable(const std::vector<Ipv6Net>& prefixes, const Live& live, Plan& plan);
/// Removes those that no tunnel has a use for but `iface` and those in `gone`.
void remove_fou_ports(const std::vector<FouPort>& ports, const std::string& iface,
                      const std::set<std::string>& gone, const Live& live, Plan& plan);
bool may_have_firewall(const Live& live, const std::string& iface);

/// `name`: an interface, or `default`, which applies to a new one.
Error ipv6_disabled(const std::string& name);

}  // namespace situp
