// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/commands.h"
#include "commands/stanzas.h"
#include "reconcile/reconciler.h"

namespace situp {

Exit run_down(const Arguments& arguments, const System& system) {
  // down asks no source, so a mistake in the file must not keep a tunnel up.
  const Config config;
  Reconciler reconciler(config, std::chrono::milliseconds(0), system.kernel, system.ask,
                        system.run_directory());
  FirstFailure status;
  const WantedDown wanted = wanted_down(arguments, system, true);
  for (const auto& [iface, error] : wanted.failed) status.report(iface, error);
  for (const Result& result : reconciler.down(wanted.departures)) {
    const auto unknown = wanted.unknown.find(result.iface);
    if (result.error)
      status.report(result.iface, *result.error);
    else if (result.plan.operations.empty() && unknown != wanted.unknown.end())
      status.report(result.iface, unknown->second);
    else if (result.plan.operations.empty())
      say(result.iface, "nothing to do: it is not up");
    else
      say_done(result.iface, result.plan, arguments.verbose);
  }
  return status.status();
}

}  // namespace situp
