// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "commands/commands.h"
#include "hosts/ifcfg.h"
#include "hosts/interfaces.h"
#include "reconcile/reconciler.h"

namespace situp {

/// Said of a name that has no stanza in the parts of the file that could be read.
constexpr const char* may_be_hidden = "a mistake in the file may hide its stanza: correct it first";

/// A word of the command line: "he-ipv6" or "he-ipv6=home".
struct Named {
  std::string iface;
  std::string logical;
  bool chosen = false;  // the word has the stanza's name
};
Named split_name(const std::string& word);
/// The broker and its number for a tunnel, the first two words. Throws an Error (Exit::usage).
Broker broker_of(const Arguments& arguments);

/// Takes the logical name from the record after `ifup he-ipv6=home`, unless the word has one.
void as_it_came_up(Named& named, const Records& records);

/// The stanza of that name with situp's options, if there is one; the first of several.
std::optional<Stanza> find_our_stanza(const Interfaces& interfaces, const Named& named);
/// The same; throws an Error (Exit::configuration) if there are several.
std::optional<Stanza> our_only_stanza(const Interfaces& interfaces, const Named& named);
/// The same; throws an Error (Exit::configuration) if there is none, if there are several, or if a
/// mapping chooses.
Stanza our_stanza(const Interfaces& interfaces, const Named& named);

/// A word of the command line as an interface's name; else throws an Error (Exit::usage).
InterfaceName interface_named(const std::string& word);

/// Waits for a running ifup or ifdown of the interface, and for the watch that cleans up after it.
void wait_for_others(const System& system, const InterfaceName& iface);

/// The file of stanzas; an empty one where there is none, as on hosts that have ifcfg files
/// instead.
Interfaces read_interfaces(const Arguments& arguments, const System& system,
                           const std::vector<IfcfgFile>& ifcfgs);
/// The stanza of such a file; empty if the file leaves its device to the file of stanzas, or to a
/// shell. An Error in its words.
std::optional<Stanza> stanza_of(const IfcfgFile& file);

/// The jobs of `up` and `plan`: the named stanzas, or with --all every `auto` stanza of situp's.
/// `failed` has the Errors of names without a job.
struct Wanted {
  std::vector<Job> jobs;
  std::vector<std::pair<std::string, Error>> failed;
};
Wanted wanted_jobs(const Arguments& arguments, const System& system);

/// The jobs of `down` and `plan --down`: the given names, or with --all every record except the
/// no-auto-down ones.
struct WantedDown {
  std::vector<Departure> departures;
  std::vector<std::pair<std::string, Error>> failed;
  /// Names with neither a record nor a stanza: the Error to report if there is no device either.
  std::map<std::string, Error> unknown;
};
/// `wait`: first waits for a running ifup or ifdown of the interface.
WantedDown wanted_down(const Arguments& arguments, const System& system, bool wait);

/// The status of the first failure, in a run that goes on past failures.
class FirstFailure {
 public:
  /// Says the failure.
  void report(const std::string& iface, const Error& error) {
    say(iface, error);
    if (status_ == Exit::done) status_ = error.status();
  }
  Exit status() const { return status_; }

 private:
  Exit status_ = Exit::done;
};

}  // namespace situp
