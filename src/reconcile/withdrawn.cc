// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconcile/withdrawn.h"

#include <algorithm>

namespace situp {

std::vector<LiveDefault> Withdrawn::beside(const TunnelSpec& spec, const Live& live) {
  const auto is_for_all = [](const DefaultRoute& route) { return !route.from; };
  if (std::none_of(spec.routes.begin(), spec.routes.end(), is_for_all)) return {};
  if (!all_) {
    all_.emplace();
    for (const InterfaceName& iface : records_.list())
      if (const auto record = records_.read(iface))
        for (const DefaultRoute& route : record->withdrawn) all_->emplace_back(iface, route);
  }
  std::vector<LiveDefault> routes;
  for (const auto& [iface, route] : *all_)
    if (const LiveLink* link = live.link(iface.str()); link != nullptr && iface != spec.iface)
      routes.push_back({link->index, route, false, false});
  return routes;
}

}  // namespace situp
