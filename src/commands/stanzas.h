// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "commands/commands.h"
#include "hosts/interfaces.h"
#include "reconcile/reconciler.h"

namespace situp {

/// A word of the command line: "he-ipv6" or "he-ipv6=home".
struct Named {
  std::string iface;
  std::string logical;
  bool chosen = false;  // the word has the stanza's name
};
Named split_name(const std::string& word);

/// What came up by the stanza of another name, `ifup he-ipv6=home`, is that stanza's, unless the
/// word chooses one.
void as_it_came_up(Named& named, const Records& records);

/// The stanza of that name that carries options of situp's, if there is one.
std::optional<Stanza> find_our_stanza(const Interfaces& interfaces, const Named& named);
/// The same; an Error (Exit::configuration) where there is none, several, or a mapping that
/// chooses.
Stanza our_stanza(const Interfaces& interfaces, const Named& named);
/// An Error (Exit::configuration) where several stanzas of that name carry options of situp's.
void refuse_several(const Interfaces& interfaces, const Named& named);

/// A word of the command line as an interface's name; else an Error (Exit::usage).
InterfaceName interface_named(const std::string& word);

/// Lets a running ifup or ifdown of the interface finish, and what cleans up after it.
void wait_for_others(const System& system, const InterfaceName& iface);

/// What `up` and `plan` are to work on: the named stanzas, or with --all every `auto` stanza of
/// situp's. `failed` gets the Errors of names that can't be worked on.
struct Wanted {
  std::vector<Job> jobs;
  std::vector<std::pair<std::string, Error>> failed;
};
Wanted wanted_jobs(const Arguments& arguments, const System& system);

/// What `down` and `plan --down` are to work on: the names given, or with --all every record but
/// no-auto-down ones.
struct WantedDown {
  std::vector<Departure> departures;
  std::vector<std::pair<std::string, Error>> failed;
  /// Names of which there is neither a record nor a stanza: the Error to be told if there is no
  /// device either.
  std::map<std::string, Error> unknown;
};
/// `wait`: first let a running ifup or ifdown of the interface finish.
WantedDown wanted_down(const Arguments& arguments, const System& system, bool wait);

/// The first failure's status of a run that goes on past failures.
class FirstFailure {
 public:
  void note(const Error& error) {
    if (status_ == Exit::done) status_ = error.status();
  }
  Exit status() const { return status_; }

 private:
  Exit status_ = Exit::done;
};

}  // namespace situp
