// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/tunnel/live.h"

#include <algorithm>

namespace situp {
namespace {

template <typename T>
const std::vector<T>& list_of(const std::unordered_map<int, std::vector<T>>& lists, int index) {
  static const std::vector<T> none;
  const auto found = lists.find(index);
  return found == lists.end() ? none : found->second;
}

}  // namespace

void Live::add(LiveLink link) {
  by_name_[link.name] = link.index;
  if (link.sit) by_endpoints_[{link.sit->local, link.sit->remote, link.sit->link}] = link.index;
  const int index = link.index;
  links_[index] = std::move(link);
}

const LiveLink* Live::link(int index) const {
  const auto found = links_.find(index);
  return found == links_.end() ? nullptr : &found->second;
}

std::string Live::name_of(int index) const {
  const LiveLink* found = link(index);
  return found == nullptr ? "interface " + std::to_string(index) : found->name;
}

const LiveLink* Live::link(std::string_view name) const {
  const auto found = by_name_.find(std::string(name));
  return found == by_name_.end() ? nullptr : link(found->second);
}

const LiveLink* Live::with_endpoints(Ipv4 local, Ipv4 remote, int underlay) const {
  const auto found = by_endpoints_.find({local, remote, underlay});
  return found == by_endpoints_.end() ? nullptr : link(found->second);
}

const std::vector<LiveAddress>& Live::addresses(int index) const {
  return list_of(addresses_, index);
}
const std::vector<DefaultRoute>& Live::routes(int index) const {
  return list_of(routes_, index);
}

void Live::forget_routes(std::uint32_t table) {
  if (table == main_table) unreachable_.clear();
  for (auto& [index, routes] : routes_)
    routes.erase(std::remove_if(routes.begin(), routes.end(),
                                [table](const DefaultRoute& r) { return r.table == table; }),
                 routes.end());
  defaults_.erase(std::remove_if(defaults_.begin(), defaults_.end(),
                                 [table](const LiveDefault& d) { return d.route.table == table; }),
                  defaults_.end());
}

const std::vector<Router>& Live::routers(int index) const {
  return list_of(routers_, index);
}

const LiveFilter* Live::firewall(const std::string& iface) const {
  const auto found = firewalls_.find(iface);
  return found == firewalls_.end() ? nullptr : &found->second;
}

const LiveLink* Live::holder(Ipv4 address) const {
  const auto same = [address](const LiveAddress4& known) { return known.address == address; };
  const auto found = std::find_if(addresses4_.begin(), addresses4_.end(), same);
  return found == addresses4_.end() ? nullptr : link(found->index);
}

const LiveLink* Live::expected_instead_of(int out, Ipv4 local) const {
  const LiveLink* leaves_by = link(out);
  const LiveLink* held_by = nullptr;
  for (const LiveAddress4& address : addresses4_) {
    const LiveLink* one = address.address == local ? link(address.index) : nullptr;
    if (one == nullptr) continue;
    if (leaves_by == nullptr || one == leaves_by || !one->leads_out ||
        one->master == leaves_by->index || leaves_by->master == one->index)
      return nullptr;
    held_by = one;
  }
  return held_by;
}

bool Live::has_rule4(const NextHop& hop) const {
  return std::any_of(rules4_.begin(), rules4_.end(), [&](const LiveRule4& rule) {
    return rule.preference == hop.preference && rule.table == hop.table && rule.mark == hop.mark &&
           rule.mask == 0xffffffff && rule.by_mark_only;
  });
}

bool LiveRule6::is(std::string_view tunnel, const OnLinkRule& rule) const {
  if (iif != tunnel || preference != rule.preference || to != rule.to || has_more) return false;
  return rule.longer_routes ? table == main_table && suppressed == rule.to.length
                            : unreachable && !suppressed;
}

const std::vector<LiveRule6>& Live::rules6(const std::string& iif) const {
  static const std::vector<LiveRule6> none;
  const auto found = rules6_.find(iif);
  return found == rules6_.end() ? none : found->second;
}

bool Live::has_rule6(const std::string& tunnel, const OnLinkRule& rule) const {
  const auto& rules = rules6(tunnel);
  return std::any_of(rules.begin(), rules.end(),
                     [&](const LiveRule6& known) { return known.is(tunnel, rule); });
}

bool Live::receives(const FouPort& port) const {
  return std::any_of(fou_ports_.begin(), fou_ports_.end(), [&](const LiveFouPort& known) {
    return known.is_for_tunnels && known.port.port == port.port &&
           (known.port.local == port.local || known.port.local == Ipv4{});
  });
}

bool Live::has_unreachable(const Ipv6Net& prefix) const {
  return std::find(unreachable_.begin(), unreachable_.end(), prefix) != unreachable_.end();
}

const LiveRoute4* Live::default4(std::uint32_t table) const {
  const auto found = std::find_if(routes4_.begin(), routes4_.end(), [&](const LiveRoute4& route) {
    return route.table == table && route.length == 0;
  });
  return found == routes4_.end() ? nullptr : &*found;
}

}  // namespace situp
