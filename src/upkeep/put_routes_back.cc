// SPDX-License-Identifier: GPL-2.0-or-later
#include "upkeep/put_routes_back.h"

#include "kernel/netlink_kernel.h"
#include "reconcile/reconciler.h"
#include "upkeep/journal.h"

namespace situp {

void put_routes_back(const Config& config) {
  const Records records;
  std::vector<Upkeep> tunnels;
  for (const InterfaceName& iface : records.list()) {
    const auto record = records.read(iface);
    if (record && !record->withdrawn.empty()) tunnels.push_back({iface, false, false});
  }
  if (tunnels.empty()) return;
  NetlinkKernel kernel;
  Reconciler reconciler(config, std::chrono::milliseconds(0), kernel);
  for (const Repaired& repaired : reconciler.repair(tunnels)) {
    const Result& result = repaired.result;
    if (result.error) tell(Severity::warning, result.iface, "trouble", result.error->what());
    // Another process that works on the tunnel puts the routes back, or takes the tunnel down.
    else if (!repaired.busy && repaired.up)
      tell(Severity::notice, result.iface, "repaired", "the default route is back, as situpd ends");
  }
}

}  // namespace situp
