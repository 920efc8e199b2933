// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/commands.h"
#include "commands/stanzas.h"
#include "hosts/ifstate.h"
#include "reconcile/reconciler.h"

namespace situp {
namespace {

/// The stanza helps where the record is lost; a file that can't be read must not keep a tunnel up.
std::optional<Stanza> stanza_of(const Arguments& arguments, const Named& named) {
  try {
    return find_our_stanza(Interfaces::read(arguments.interfaces), named);
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

Exit run_down(const Arguments& arguments) {
  // No source is asked, so a mistake in the file must not keep a tunnel up.
  const Config config;
  Reconciler reconciler(config, std::chrono::milliseconds(0));
  FirstFailure status;
  for (const std::string& word : wanted_down(arguments)) {
    const Named named = split_name(word);
    try {
      const auto iface = InterfaceName::parse(named.iface);
      if (!iface) throw Error(Exit::usage, named.iface, "is not an interface's name");
      wait_for_ifupdown(iface->str(), Deadline::in(longest_ifup));
      if (is_up_for_ifupdown(*iface))
        throw Error(Exit::system, named.iface,
                    "ifupdown holds it as up: take it down with ifdown " + named.iface);
      const Plan plan = reconciler.down(*iface, stanza_of(arguments, named));
      if (plan.operations.empty())
        say(named.iface, "nothing to do: it is not up");
      else if (arguments.verbose)
        for (const Operation& operation : plan.operations)
          say(named.iface, as_ip_command(operation));
    } catch (const Error& error) {
      say(named.iface, error);
      status.note(error);
    }
  }
  return status.status();
}

}  // namespace situp
