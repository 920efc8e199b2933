// SPDX-License-Identifier: GPL-2.0-or-later
#include "upkeep/put_routes_back.h"

#include <poll.h>

#include "base/deadline.h"
#include "kernel/netlink_kernel.h"
#include "reconcile/reconciler.h"
#include "upkeep/journal.h"

namespace situp {
namespace {

constexpr int between_tries = 200;  // milliseconds

}  // namespace

void put_routes_back(const Config& config) {
  const Records records;
  std::vector<Upkeep> tunnels;
  for (const InterfaceName& iface : records.list()) {
    const auto record = records.read(iface);
    if (record && !record->withdrawn.empty()) tunnels.push_back({iface, false, false});
  }
  if (tunnels.empty()) return;
  // Another process that works on a tunnel may fail, and leave it as it is.
  const Deadline deadline = Deadline::in(std::chrono::seconds(30));
  for (;;) {
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

}  // namespace situp
