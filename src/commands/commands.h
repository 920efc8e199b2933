// SPDX-License-Identifier: GPL-2.0-or-later
// The commands of situp(8), each a function from its arguments to an exit status.
#pragma once
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "hosts/config.h"
#include "model/tunnel/plan.h"
#include "reconcile/system.h"

namespace situp {

/// The time to wait for an ifup or ifdown of the same interface.
constexpr std::chrono::minutes longest_ifup{2};

struct Arguments {
  std::vector<std::string> words;
  bool all = false;         // --all
  bool boot = false;        // --boot
  bool down = false;        // --down
  bool force = false;       // --force
  bool json = false;        // --json
  bool nagios = false;      // --nagios
  bool prometheus = false;  // --prometheus
  bool verbose = false;     // -v, --verbose
  bool watch = false;       // --watch
  bool write = false;       // --write
  std::string name;         // --name
  std::string local;        // --local: SOURCE…
  std::string interfaces = SITUP_SYSCONFDIR "/network/interfaces";
  std::string config;  // empty: the default file, which may be missing

  Config read_config() const { return Config::read_named(config); }
};

struct Verb {
  const char* name = nullptr;
  const char* synopsis = nullptr;
  const char* description = nullptr;
  const char* example = nullptr;
  /// Options besides the common ones, each between blanks: " --all ".
  const char* options = nullptr;
  Exit (*run)(const Arguments& arguments, const System& system) = nullptr;
  /// The command requires a word.
  bool needs_words = true;
};

Exit run_up(const Arguments& arguments, const System& system);
Exit run_down(const Arguments& arguments, const System& system);
Exit run_plan(const Arguments& arguments, const System& system);
Exit run_address(const Arguments& arguments, const System& system);
Exit run_broker(const Arguments& arguments, const System& system);
Exit run_import(const Arguments& arguments, const System& system);
Exit run_check(const Arguments& arguments, const System& system);
Exit run_status(const Arguments& arguments, const System& system);
Exit run_doctor(const Arguments& arguments, const System& system);
Exit run_hook(const Arguments& arguments, const System& system);
/// The hook's phases ifcfg-up and ifcfg-down.
Exit run_ifcfg(const Arguments& arguments, const System& system);

/// Prints "situp: SUBJECT: LINE" on stderr; SUBJECT may be empty.
void say(std::string_view subject, std::string_view line);
/// The same with an error's text.
void say(std::string_view subject, const Error& error);
/// True if a person reads stderr, or has asked for more: no remark goes to a boot's log or cron's
/// mail.
bool is_for_person(bool verbose);
/// Prints that a tunnel is up and open to the Internet, if stderr is a terminal. `verbose` adds all
/// operations.
void say_done(std::string_view iface, const Plan& plan, bool verbose);
/// Prints one line on stdout.
void print(std::string_view line);

}  // namespace situp
