// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/commands.h"
#include "commands/stanzas.h"
#include "hosts/environment.h"
#include "hosts/find_host.h"
#include "model/tunnel/firewall.h"
#include "reconcile/patience.h"
#include "reconcile/reconciler.h"

namespace situp {
namespace {

/// Reports the options that only ifup carries out, so that no user waits for their effect.
void mention_what_is_left(const Stanza& stanza) {
  std::string names;
  for (const std::string& name : left_to_ifup(stanza)) names += (names.empty() ? "" : ", ") + name;
  if (!names.empty()) say(stanza.iface, names + ": only ifup carries this out, situp up does not");
}

/// ifdown takes down only interfaces that ifup has brought up.
void mention_ifdown(const System& system, const std::vector<std::string>& names) {
  const HostProgram& host = find_host(system.root);
  if (!host.runs_methods) return;
  const Records records(system.run_directory());
  for (const std::string& name : names) {
    const auto record = records.read(interface_named(name));
    if (record && !record->by_ifup)
      say(name, std::string(host.name) +
                    " does not know that it is up, and ifdown leaves it alone: situp down " + name +
                    " takes it down");
  }
}

/// The jobs on which no ifup is at work. A device that appears between ifup's hooks would make
/// ifup's next step fail.
std::vector<Job> wait_for_ifup(std::vector<Job> wanted, const System& system,
                               FirstFailure& status) {
  std::vector<Job> jobs;
  for (Job& job : wanted) {
    try {
      wait_for_others(system, interface_named(job.stanza.iface));
      jobs.push_back(std::move(job));
    } catch (const Error& error) {
      status.report(job.stanza.iface, error);
    }
  }
  return jobs;
}

}  // namespace

Exit run_up(const Arguments& arguments, const System& system) {
  Wanted wanted = wanted_jobs(arguments, system);
  FirstFailure status;
  for (const auto& [iface, error] : wanted.failed) {
    status.report(iface, error);
  }
  const Config config = arguments.read_config();
  const Patience patience(config, arguments.all, system.run_directory());
  Reconciler reconciler(config, patience.wait(), system.kernel, system.ask, system.run_directory());
  for (const Job& job : wanted.jobs) mention_what_is_left(job.stanza);
  const std::vector<Job> jobs = wait_for_ifup(std::move(wanted.jobs), system, status);
  std::vector<std::string> done;
  for (const Result& result : reconciler.up(jobs)) {
    if (result.error) {
      status.report(result.iface, *result.error);
    } else {
      say_done(result.iface, result.plan, arguments.verbose);
      done.push_back(result.iface);
    }
  }
  if (is_for_person(arguments.verbose)) mention_ifdown(system, done);
  patience.used(reconciler.waited());
  return status.status();
}

Exit run_plan(const Arguments& arguments, const System& system) {
  FirstFailure status;
  const Config config = arguments.read_config();
  const Patience patience(config, false, system.run_directory());
  Reconciler reconciler(config, patience.wait(), system.kernel, system.ask, system.run_directory());
  const auto show = [](const std::string& iface, const Plan& plan) {
    for (const std::string& note : plan.notes) print("# " + note);
    for (const auto* lines : {&plan.warnings, &plan.doubts})
      for (const std::string& line : *lines) print("# " + line);
    if (plan.opens) print(std::string("# ") + open_text);
    for (const Operation& operation : plan.operations) print(as_ip_command(operation));
    if (plan.operations.empty() && plan.notes.empty()) say(iface, "nothing to do");
  };
  if (arguments.down) {
    const WantedDown wanted = wanted_down(arguments, system, false);
    for (const auto& [iface, error] : wanted.failed) status.report(iface, error);
    for (const Result& result : reconciler.plan_down(wanted.departures)) {
      const auto unknown = wanted.unknown.find(result.iface);
      if (result.error)
        status.report(result.iface, *result.error);
      else if (result.plan.operations.empty() && unknown != wanted.unknown.end())
        status.report(result.iface, unknown->second);
      else
        show(result.iface, result.plan);
    }
    return status.status();
  }
  const Wanted wanted = wanted_jobs(arguments, system);
  for (const auto& [iface, error] : wanted.failed) status.report(iface, error);
  for (const Result& result : reconciler.plan_up(wanted.jobs)) {
    if (result.error)
      status.report(result.iface, *result.error);
    else
      show(result.iface, result.plan);
  }
  return status.status();
}

Exit run_address(const Arguments& arguments, const System& system) {
  std::vector<Source> chain;
  for (const std::string& word : arguments.words) {
    const auto source = parse_source(word);
    if (!source) throw Error(Exit::usage, word, "is not a source of an address: " + source_words());
    if (std::holds_alternative<FromRoute>(*source) || std::holds_alternative<AnyLocal>(*source))
      throw Error(Exit::usage, word,
                  "has a meaning in a stanza only: here, name ec2 or interface:INTERFACE");
    chain.push_back(*source);
  }
  const Config config = arguments.read_config();
  // `local $(situp address ec2)` runs inside ifup, and so possibly at boot.
  const Patience patience(config, is_automatic(system.environment), system.run_directory());
  const Extent extent;
  Resolver resolver(system.kernel, extent, config, patience.wait(), system.ask);
  try {
    print(resolver.address(chain, std::nullopt, std::nullopt).str());
  } catch (const Error&) {
    patience.used(resolver.waited());
    throw;
  }
  patience.used(resolver.waited());
  return Exit::done;
}

}  // namespace situp
