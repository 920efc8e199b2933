// SPDX-License-Identifier: GPL-2.0-or-later
// The hook phases of Red Hat's network-scripts: network-scripts/.
#include "hosts/ifcfg.h"

#include "commands/commands.h"
#include "commands/stanzas.h"
#include "reconcile/patience.h"
#include "reconcile/reconciler.h"

namespace situp {
namespace {

/// The stanza of the interfaces file, for an ifcfg file that only names the device.
Stanza from_interfaces(const Arguments& arguments, const Ifcfg& ifcfg) {
  const std::string name = ifcfg.device.str();
  Stanza stanza;
  try {
    stanza = our_stanza(Interfaces::read(arguments.interfaces), {name, name});
  } catch (const Error& error) {
    throw Error(error.status(), ifcfg.file,
                std::string("has no key of a tunnel, and instead: ") + error.what());
  }
  const TunnelSpec spec = understand(stanza, hosts::network_scripts);
  const KindRow& kind = spec.kind();
  if (ifcfg.kind != kind.kind)
    throw Error(Exit::configuration, ifcfg.file,
                "has no key of a tunnel, and the stanza at " + str(stanza.place) +
                    " is for another kind: write DEVICETYPE=" + kind.family);
  return stanza;
}

Stanza stanza_of(const Arguments& arguments, const Ifcfg& ifcfg) {
  if (!ifcfg.says_something()) {
    Stanza stanza = from_interfaces(arguments, ifcfg);
    for (const std::string& option : left_to_ifup(stanza))
      say(stanza.iface, option + ": only Debian's ifup carries this out, network-scripts do not");
    return stanza;
  }
  IfcfgStanza result = as_stanza(ifcfg);
  for (const std::string& remark : result.remarks) say(ifcfg.device.str(), remark);
  return std::move(result.stanza);
}

void bring_up(const Arguments& arguments, const System& system, const Ifcfg& ifcfg) {
  const Stanza stanza = stanza_of(arguments, ifcfg);
  const Config config = arguments.read_config();
  const Patience patience(config, ifcfg.automatic, system.run_directory());
  Reconciler reconciler(config, patience.wait(), system.kernel, system.ask, system.run_directory());
  const auto results = reconciler.up({Job{stanza, &hosts::network_scripts, false}});
  patience.used(reconciler.waited());
  if (results[0].error)
    throw ifcfg.says_something() ? in_ifcfg_words(*results[0].error) : Error(*results[0].error);
  say_done(results[0].iface, results[0].plan, false);
}

/// Needs neither a source nor a file without mistakes; the stanza helps if the record is lost.
void take_down(const Arguments& arguments, const System& system, const Ifcfg& ifcfg) {
  const Config config;
  Reconciler reconciler(config, std::chrono::milliseconds(0), system.kernel, system.ask,
                        system.run_directory());
  std::optional<Stanza> stanza;
  try {
    stanza = ifcfg.says_something() ? as_stanza(ifcfg).stanza : from_interfaces(arguments, ifcfg);
    understand(*stanza, hosts::network_scripts);
  } catch (const Error&) {
    stanza.reset();
  }
  const auto results = reconciler.down({{ifcfg.device, stanza}});
  if (results[0].error) throw Error(*results[0].error);
}

}  // namespace

Exit run_ifcfg(const Arguments& arguments, const System& system) {
  std::string device;
  try {
    const Ifcfg ifcfg = read_ifcfg(system.environment);
    device = ifcfg.device.str();
    if (arguments.words[0] == "ifcfg-up")
      bring_up(arguments, system, ifcfg);
    else
      take_down(arguments, system, ifcfg);
  } catch (const Error& error) {
    say(device, error);
    return error.status();
  }
  return Exit::done;
}

}  // namespace situp
