// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/commands.h"
#include "commands/plan_report.h"
#include "commands/stanzas.h"
#include "reconcile/reconciler.h"

namespace situp {

Exit run_down(const Arguments& arguments, const System& system) {
  // down asks no source, so a mistake in the file must not keep a tunnel up.
  const Config config;
  Reconciler reconciler(config, std::chrono::milliseconds(0), system.kernel, system.ask,
                        system.run_directory());
  PlanReport report(arguments.json);
  const WantedDown wanted = wanted_down(arguments, system, true);
  for (const auto& [iface, error] : wanted.failed) report.fail(iface, error);
  for (const Result& result : reconciler.down(wanted.departures)) {
    const auto unknown = wanted.unknown.find(result.iface);
    const bool changed = !result.plan.operations.empty();
    if (result.error) {
      report.fail(result.iface, *result.error);
    } else if (!changed && unknown != wanted.unknown.end()) {
      report.fail(result.iface, unknown->second);
    } else {
      report.add(result.iface, result.plan, changed);
      if (changed)
        say_done(result.iface, result.plan, arguments.verbose);
      else
        say(result.iface, "nothing to do: it is not up");
    }
  }
  return report.end();
}

}  // namespace situp
