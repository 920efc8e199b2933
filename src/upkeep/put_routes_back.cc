// SPDX-License-Identifier: GPL-2.0-or-later
#include "upkeep/put_routes_back.h"

#include <poll.h>

#include <algorithm>
#include <utility>

#include "base/deadline.h"
#include "kernel/netlink_kernel.h"
#include "kernel/rs_socket.h"
#include "model/status/vitals.h"
#include "reconcile/reconciler.h"
#include "upkeep/journal.h"

namespace situp {
namespace {

constexpr int between_tries = 200;  // milliseconds

struct Silent {
  InterfaceName iface;
  int ifindex;
  Ipv4 local, router;
};

/// The routers whose advertised default routes are withdrawn; forgets that they are.
std::vector<Silent> take_withdrawn(const Records& records) {
  std::vector<Silent> routers;
  for (const InterfaceName& iface : records.list_vitals()) {
    const auto record = records.read(iface);
    const auto text = records.read_vitals(iface);
    auto vitals = text ? read_vitals(*text) : std::nullopt;
    if (!vitals || !record || record->state != Record::State::up) continue;
    const std::size_t before = routers.size();
    for (Vitals::RouterHealth& router : vitals->routers)
      if (std::exchange(router.withdrawn, false))
        routers.push_back({iface, record->ifindex, record->resolved.local, router.router});
    if (routers.size() != before) records.write_vitals(iface, write_vitals(*vitals));
  }
  return routers;
}

/// The kernel carries out the advertisements that come. Packets may be lost, so each router has
/// three tries, within 3 s; a dead one gives no answer.
void solicit(std::vector<Silent> routers) {
  if (routers.empty()) return;
  constexpr int tries = 3;
  constexpr std::chrono::seconds for_answers{1};
  const RsSocket socket;
  for (int i = 0; i < tries && !routers.empty(); ++i) {
    for (const Silent& one : routers) socket.solicit(one.ifindex, one.local, one.router);
    const Deadline deadline = Deadline::in(for_answers);
    while (!routers.empty() && !deadline.over()) {
      pollfd arrival{socket.descriptor(), POLLIN, 0};
      poll(&arrival, 1, static_cast<int>(deadline.left().count()));
      while (const auto heard = socket.next())
        routers.erase(
            std::remove_if(routers.begin(), routers.end(),
                           [&](const Silent& one) {
                             if (one.ifindex != heard->ifindex || one.router != heard->router)
                               return false;
                             tell(Severity::notice, one.iface.str(), "repaired",
                                  "the default route by router " + one.router.str() +
                                      " is back, as situpd ends");
                             return true;
                           }),
            routers.end());
    }
  }
}

/// Puts back those of the records.
void repair(const Config& config, std::vector<Upkeep> tunnels) {
  // Another process that works on a tunnel may fail, and leave it as it is.
  const Deadline deadline = Deadline::in(std::chrono::seconds(30));
  while (!tunnels.empty()) {
    NetlinkKernel kernel;
    Reconciler reconciler(config, std::chrono::milliseconds(0), kernel);
    std::vector<Upkeep> busy;
    const std::vector<Repaired> results = reconciler.repair(tunnels);
    for (std::size_t i = 0; i < tunnels.size(); ++i) {
      const Repaired& repaired = results[i];
      const std::string& iface = tunnels[i].iface.str();
      if (repaired.busy)
        busy.push_back(tunnels[i]);
      else if (repaired.result.error)
        tell(Severity::warning, iface, "trouble", repaired.result.error->what());
      else if (repaired.up && !repaired.result.plan.operations.empty())
        tell(Severity::notice, iface, "repaired", "the default route is back, as situpd ends");
    }
    if (busy.empty() || deadline.over()) return;
    tunnels = std::move(busy);
    poll(nullptr, 0, between_tries);
  }
}

}  // namespace

void put_routes_back(const Config& config) {
  const Records records;
  std::vector<Upkeep> tunnels;
  for (const InterfaceName& iface : records.list()) {
    const auto record = records.read(iface);
    if (record && !record->withdrawn.empty()) tunnels.push_back({iface, false, false});
  }
  repair(config, std::move(tunnels));
  solicit(take_withdrawn(records));
}

}  // namespace situp
