// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/json.h"
#include "commands/commands.h"
#include "commands/plan_report.h"
#include "commands/stanzas.h"
#include "hosts/environment.h"
#include "hosts/find_host.h"
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
std::vector<Job> wait_for_ifup(std::vector<Job> wanted, const System& system, PlanReport& report) {
  std::vector<Job> jobs;
  for (Job& job : wanted) {
    try {
      wait_for_others(system, interface_named(job.stanza.iface));
      jobs.push_back(std::move(job));
    } catch (const Error& error) {
      report.fail(job.stanza.iface, error);
    }
  }
  return jobs;
}

}  // namespace

Exit run_up(const Arguments& arguments, const System& system) {
  Wanted wanted = wanted_jobs(arguments, system);
  PlanReport report(arguments.json);
  for (const auto& [iface, error] : wanted.failed) report.fail(iface, error);
  const Config config = arguments.read_config();
  const Patience patience(config, arguments.all || arguments.boot, system.run_directory());
  Reconciler reconciler(config, patience.wait(), system.kernel, system.ask, system.run_directory());
  for (const Job& job : wanted.jobs) mention_what_is_left(job.stanza);
  const std::vector<Job> jobs = wait_for_ifup(std::move(wanted.jobs), system, report);
  std::vector<std::string> done;
  for (const Result& result : reconciler.up(jobs)) {
    if (result.error) {
      report.fail(result.iface, *result.error);
    } else {
      report.add(result.iface, result.plan, result.changed);
      say_done(result.iface, result.plan, arguments.verbose);
      done.push_back(result.iface);
    }
  }
  if (is_for_person(arguments.verbose)) mention_ifdown(system, done);
  patience.used(reconciler.waited());
  return report.end();
}

namespace {

void print_plan(const std::string& iface, const Plan& plan) {
  for (const std::string& note : notes_of(plan)) print("# " + note);
  for (const std::string& command : commands_of(plan)) print(command);
  if (plan.operations.empty() && plan.notes.empty()) say(iface, "nothing to do");
}

}  // namespace

Exit run_plan(const Arguments& arguments, const System& system) {
  PlanReport report(arguments.json);
  const auto show = [&](const Result& result) {
    report.add(result.iface, result.plan);
    if (!arguments.json) print_plan(result.iface, result.plan);
  };
  const Config config = arguments.read_config();
  const Patience patience(config, false, system.run_directory());
  Reconciler reconciler(config, patience.wait(), system.kernel, system.ask, system.run_directory());
  if (arguments.down) {
    const WantedDown wanted = wanted_down(arguments, system, false);
    for (const auto& [iface, error] : wanted.failed) report.fail(iface, error);
    for (const Result& result : reconciler.plan_down(wanted.departures)) {
      const auto unknown = wanted.unknown.find(result.iface);
      if (result.error)
        report.fail(result.iface, *result.error);
      else if (result.plan.operations.empty() && unknown != wanted.unknown.end())
        report.fail(result.iface, unknown->second);
      else
        show(result);
    }
    return report.end();
  }
  const Wanted wanted = wanted_jobs(arguments, system);
  for (const auto& [iface, error] : wanted.failed) report.fail(iface, error);
  for (const Result& result : reconciler.plan_up(wanted.jobs)) {
    if (result.error)
      report.fail(result.iface, *result.error);
    else
      show(result);
  }
  return report.end();
}

Exit run_address(const Arguments& arguments, const System& system) {
  std::vector<Source> chain;
  for (const std::string& word : arguments.words) {
    const auto source = parse_source(word);
    if (!source) throw Error(Exit::usage, word, why_no_source(word));
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
    Resolver::Way way;
    const Ipv4 address = resolver.address(chain, std::nullopt, std::nullopt, &way);
    if (arguments.json) {
      Json json;
      json.begin_object();
      json.member("address", address.str());
      json.member("source", way.answered);
      json.end_object();
      print(json.text());
    } else {
      print(address.str());
    }
  } catch (const Error&) {
    patience.used(resolver.waited());
    throw;
  }
  patience.used(resolver.waited());
  return Exit::done;
}

}  // namespace situp
