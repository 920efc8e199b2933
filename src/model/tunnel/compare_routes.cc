// SPDX-License-Identifier: GPL-2.0-or-later
// The default routes of the tunnel, and what is in their places.
#include <algorithm>

#include "model/tunnel/comparison.h"

namespace situp {
namespace {

/// The kernel holds only one of two such routes.
bool same_place(const DefaultRoute& a, const DefaultRoute& b) {
  return a.metric == b.metric && a.from == b.from && a.table == b.table && a.to == b.to;
}

}  // namespace

void Comparison::routes() {
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
void Comparison::check_place(const DefaultRoute& route,
                             const std::vector<DefaultRoute>& stale) const {
  for (const LiveDefault& other : live_.defaults()) {
    if (!same_place(other.route, route)) continue;
    const LiveLink* own = live_.link(name_);
    const bool is_own = own != nullptr && other.index == own->index;
    // The kernel deletes the old device's routes with it.
    if (is_own && (link_ == nullptr || contains(stale, other.route))) continue;
    throw place_taken(route, other);
  }
}

Error Comparison::place_taken(const DefaultRoute& route, const LiveDefault& other) const {
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
std::uint32_t Comparison::free_metric(DefaultRoute route) const {
  const auto taken = [&](const LiveDefault& other) { return same_place(other.route, route); };
  const auto& all = live_.defaults();
  route.metric = std::max<std::uint32_t>(route.metric, 1024);
  do {
    route.metric *= 2;
  } while (route.metric != 0 && std::any_of(all.begin(), all.end(), taken));
  return route.metric == 0 ? 512 : route.metric;
}

}  // namespace situp
