// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconcile/standing.h"

#include "hosts/ifstate.h"
#include "model/stanza/edits.h"
#include "model/stanza/words.h"
#include "model/tunnel/choose_routes.h"
#include "model/tunnel/compare.h"
#include "reconcile/ifup_watch.h"
#include "reconcile/next_hop_wanted.h"
#include "reconcile/ownership.h"
#include "reconcile/withdrawn.h"
#include "reconcile/work.h"

namespace situp {
namespace {

void compare_with(const Live& live, Withdrawn& withdrawn, const Config& config, Kernel& kernel,
                  std::set<std::uint32_t>& marks, Standing& standing) {
  const Record& record = *standing.record;
  Tunnel tunnel = make_tunnel(*standing.spec, record.resolved);
  const LiveLink* link = live.link(standing.iface.str());
  if (link == nullptr)
    throw Error(Exit::system, standing.iface.str(),
                "somebody has deleted the device: " + how_to_make_anew(record));
  if (!is_ours(*link, record, ends_of(tunnel), live)) throw foreign(*link);
  choose_routes(*standing.spec, live, withdrawn.beside(*standing.spec, live), tunnel);
  Owned owned = record.owned;
  accept_metric_of_host(record, *standing.spec, live, tunnel, owned);
  const auto target = keepalive_target(*standing.spec, record.resolved);
  if (standing.spec->withdraws && target && !record.withdrawn.empty())
    withdraw_routes(*standing.spec, *target, tunnel);
  if (!record.no_next_hop && wants_next_hop(config, *standing.spec, record.resolved, kernel))
    tunnel.next_hop = choose_next_hop(tunnel, config.next_hop, owned, live, marks);
  if (!record.no_on_link_rules) tunnel.on_link_rules = choose_on_link_rules(tunnel, owned, live);
  standing.plan = compare(tunnel, owned, live, {});
}

/// ifupdown's state tells it from the two others, which read stanzas alike.
const HostProgram& host_of(const Record& record) {
  const bool is_other =
      record.by_ifup && !is_up_for_debians_ifupdown(*InterfaceName::parse(record.stanza.iface));
  return is_other ? hosts::ifupdown_ng : record.host();
}

}  // namespace

std::vector<std::string> edits_since(const Record& record, const Stanza& stanza) {
  return edits(record.stanza, stanza, host_of(record));
}

void accept_metric_of_host(const Record& record, const TunnelSpec& spec, const Live& live,
                           Tunnel& tunnel, Owned& owned) {
  const LiveLink* link = live.link(record.stanza.iface);
  if (link == nullptr || !record.by_ifup || spec.manual || spec.metric ||
      Options(record.stanza).find("metric") != nullptr)
    return;
  std::vector<DefaultRoute> routes = live.routes(link->index);
  routes.insert(routes.end(), record.withdrawn.begin(), record.withdrawn.end());
  for (const DefaultRoute& route : routes) {
    if (route.from || route.to || route.table != main_table) continue;
    const auto same_gateway = [&](const DefaultRoute& other) {
      return other.gateway == route.gateway && !other.from && other.table == main_table;
    };
    if (tunnel.route && same_gateway(*tunnel.route)) tunnel.route = route;
    for (DefaultRoute& old : owned.routes)
      if (same_gateway(old)) old = route;
  }
}

std::vector<Standing> standing_of(const std::vector<InterfaceName>& ifaces, const Records& records,
                                  const Config& config, Kernel& kernel, Live& live) {
  std::vector<Standing> all;
  Extent extent;
  extent.counters = true;
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
      wait_for_cleanup(iface);
      standing.record = records.read(iface);
      if (!standing.record) return;
      standing.spec = understand(standing.record->stanza, standing.record->host());
      widen(extent, *standing.spec);
      widen(extent, standing.record);
    });
  }
  live = kernel.snapshot(extent);
  std::set<std::uint32_t> marks;
  Withdrawn withdrawn(records);
  for (Standing& standing : all)
    if (standing.spec && !standing.error)
      attempt(standing, [&] { compare_with(live, withdrawn, config, kernel, marks, standing); });
  return all;
}

bool needs_daemon(const Record& record, const TunnelSpec& spec) {
  return record.wants_daemon() && (needs_upkeep(spec) || !record.owned.next_hops.empty());
}

}  // namespace situp
