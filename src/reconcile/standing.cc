// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconcile/standing.h"

#include "model/choose_routes.h"
#include "model/compare.h"
#include "reconcile/next_hop_wanted.h"
#include "reconcile/ownership.h"
#include "reconcile/work.h"

namespace situp {
namespace {

void compare_with(const Live& live, const Config& config, std::set<std::uint32_t>& marks,
                  Standing& standing) {
  const Record& record = *standing.record;
  Tunnel tunnel = make_tunnel(*standing.spec, record.resolved);
  const LiveLink* link = live.link(standing.iface.str());
  if (link == nullptr)
    throw Error(Exit::system, standing.iface.str(),
                "somebody has deleted the device: " + how_to_make_anew(record));
  if (!is_ours(*link, record, ends_of(tunnel), live)) throw foreign(*link);
  choose_routes(*standing.spec, live, tunnel);
  // Some programs give the default route that they make a metric of their own.
  if (record.by_ifup && !standing.spec->manual && !standing.spec->metric && tunnel.route)
    for (const DefaultRoute& route : live.routes(link->index))
      if (route.gateway == tunnel.route->gateway && !route.from) tunnel.route = route;
  if (!record.no_next_hop && wants_next_hop(config, *standing.spec, record.resolved))
    tunnel.next_hop = choose_next_hop(tunnel, config.next_hop, record.owned, live, marks);
  standing.plan = compare(tunnel, record.owned, live, {});
}

}  // namespace

std::vector<Standing> standing_of(const std::vector<InterfaceName>& ifaces, const Records& records,
                                  const Config& config, Kernel& kernel, Live& live) {
  std::vector<Standing> all;
  Extent extent;
  const auto attempt = [](Standing& standing, const auto& step) {
    try {
      step();
    } catch (const Error& error) {
      standing.error = error;
    }
  };
  for (const InterfaceName& iface : ifaces) {
    Standing& standing = all.emplace_back();
    standing.iface = iface;
    attempt(standing, [&] {
      standing.record = records.read(iface);
      if (!standing.record) return;
      standing.spec = understand(standing.record->stanza, standing.record->door());
      widen(extent, *standing.spec);
      widen(extent, standing.record);
    });
  }
  live = kernel.snapshot(extent);
  std::set<std::uint32_t> marks;
  for (Standing& standing : all)
    if (standing.spec && !standing.error)
      attempt(standing, [&] { compare_with(live, config, marks, standing); });
  return all;
}

}  // namespace situp
