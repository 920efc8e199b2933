// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/json.h"
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

namespace {

/// Prints plans: for a person at once, as JSON at the end.
class PlanPrinter {
 public:
  explicit PlanPrinter(bool json) : is_json_(json) { json_.begin_array(); }

  void show(const std::string& iface, const Plan& plan) {
    Lines notes = plan.notes;
    for (const auto* lines : {&plan.warnings, &plan.doubts})
      notes.insert(notes.end(), lines->begin(), lines->end());
    if (!plan.opens.empty()) notes.push_back(plan.opens);
    Lines commands;
    for (const Operation& operation : plan.operations) commands.push_back(as_ip_command(operation));
    if (!is_json_) {
      for (const std::string& note : notes) print("# " + note);
      for (const std::string& command : commands) print(command);
      if (commands.empty() && plan.notes.empty()) say(iface, "nothing to do");
      return;
    }
    begin(iface);
    json_.list("commands", commands);
    json_.list("notes", notes);
    json_.end_object();
  }

  /// stderr has the error, too.
  void failed(const std::string& iface, const Error& error) {
    if (!is_json_) return;
    begin(iface);
    json_.member("error", error.what());
    json_.end_object();
  }

  void end() {
    if (!is_json_) return;
    json_.end_array();
    print(json_.text());
  }

 private:
  using Lines = std::vector<std::string>;

  void begin(const std::string& iface) {
    json_.begin_object();
    json_.member("name", iface);
  }

  bool is_json_;
  Json json_;
};

}  // namespace

Exit run_plan(const Arguments& arguments, const System& system) {
  FirstFailure status;
  PlanPrinter printer(arguments.json);
  const auto fail = [&](const std::string& iface, const Error& error) {
    status.report(iface, error);
    printer.failed(iface, error);
  };
  const Config config = arguments.read_config();
  const Patience patience(config, false, system.run_directory());
  Reconciler reconciler(config, patience.wait(), system.kernel, system.ask, system.run_directory());
  if (arguments.down) {
    const WantedDown wanted = wanted_down(arguments, system, false);
    for (const auto& [iface, error] : wanted.failed) fail(iface, error);
    for (const Result& result : reconciler.plan_down(wanted.departures)) {
      const auto unknown = wanted.unknown.find(result.iface);
      if (result.error)
        fail(result.iface, *result.error);
      else if (result.plan.operations.empty() && unknown != wanted.unknown.end())
        fail(result.iface, unknown->second);
      else
        printer.show(result.iface, result.plan);
    }
    printer.end();
    return status.status();
  }
  const Wanted wanted = wanted_jobs(arguments, system);
  for (const auto& [iface, error] : wanted.failed) fail(iface, error);
  for (const Result& result : reconciler.plan_up(wanted.jobs)) {
    if (result.error)
      fail(result.iface, *result.error);
    else
      printer.show(result.iface, result.plan);
  }
  printer.end();
  return status.status();
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
