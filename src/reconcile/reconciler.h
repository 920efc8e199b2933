// SPDX-License-Identifier: GPL-2.0-or-later
// The one way from a stanza to the kernel: understand, resolve, compare, apply, read back. Hooks
// and commands all begin it.
#pragma once
#include <chrono>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "hosts/config.h"
#include "hosts/ifstate.h"
#include "kernel/kernel.h"
#include "model/stanza/spec.h"
#include "model/tunnel/compare.h"
#include "reconcile/lock.h"
#include "reconcile/record.h"
#include "reconcile/resolve.h"
#include "reconcile/withdrawn.h"

namespace situp {

/// A tunnel to be brought up, and who asks for it.
struct Job {
  Stanza stanza;
  const HostProgram* host = &hosts::situp_up;
  bool no_auto_down = false;
  /// ifup's method has run since the device was made: situp restores only the settings that the
  /// method may have undone.
  bool after_method = false;
};

/// A tunnel to be taken down.
struct Departure {
  InterfaceName iface;
  std::optional<Stanza> stanza;  // tells the tunnel where there is no record
};

/// The result of one of them.
struct Result {
  std::string iface;
  Plan plan;                   // done, or to be done
  std::optional<Error> error;  // why it wasn't
  bool changed = false;        // up has changed the kernel, or situp's record
};

/// A tunnel that is up, for the daemon to repair.
struct Upkeep {
  InterfaceName iface;
  /// Resolves sources and names anew; else the record has the addresses.
  bool renew = true;
  /// The far end is dead, and the stanza withdraws: there are no default routes. False: there
  /// are, and withdrawn ones come back.
  bool withdraws = false;
};

/// The result of the repair of one tunnel.
struct Repaired {
  Result result;
  bool busy = false;                       // another process works on it: try again
  bool up = true;                          // false: there is no record, or it doesn't say up
  std::optional<Question> question;        // has to be answered first
  Resolved resolved;                       // as it is now, where neither of these nor an error
  std::optional<std::string> not_renewed;  // the reason why a part of that is unchanged
  bool renewed = true;                     // Upkeep::renew
  bool withdrawn = false;                  // its default routes are
};

class Reconciler {
 public:
  /// `wait` is how long sources may take, all together; `directory` is where records and locks are.
  Reconciler(const Config& config, std::chrono::milliseconds wait, Kernel& kernel,
             Asker asker = helper_asker(),
             const std::string& directory = Records::default_directory)
      : config_(config),
        wait_(wait),
        kernel_(kernel),
        asker_(std::move(asker)),
        records_(directory),
        locks_(directory) {}

  /// Makes tunnels match their stanzas. If one fails, situp undoes it and goes on with the others.
  std::vector<Result> up(const std::vector<Job>& jobs);
  /// The plan of up(); changes no object and takes no lock.
  std::vector<Result> plan_up(const std::vector<Job>& jobs);

  /// Makes tunnels that are up match their records: for the daemon. Reads no stanza, creates and
  /// recreates no device, and skips tunnels that another process works on.
  std::vector<Repaired> repair(const std::vector<Upkeep>& tunnels);

  /// The stock v4tunnel method, before ifup makes the device: resolve, check, delete a leftover,
  /// note the intent.
  Plan before_stock_method(const Job& job);
  /// The same, after ifup has made it: put right all that the method couldn't say. On failure the
  /// device goes.
  Plan after_stock_method(const Job& job);

  /// ifup has ended after before_stock_method() or up(). If it has not done all of its work, situp
  /// removes the objects of the tunnel, and the record says that bringing it up was begun.
  void after_ifup(const InterfaceName& iface, RunningIfup::End end);

  /// The plan of down(); changes no object and takes no lock.
  std::vector<Result> plan_down(const std::vector<Departure>& departures);
  /// Removes the objects that situp added, only those, and their records. Goes on after a refusal
  /// of the kernel, and reports the first one; then the record stays, so that the next try knows.
  std::vector<Result> down(const std::vector<Departure>& departures);
  /// ifdown has begun: removes everything but the device and the objects on it. Afterwards, the
  /// stock method has deleted the device, and only a record would tell which other objects there
  /// were.
  void begin_down(const Departure& departure);

  /// How long the sources have been waited for.
  std::chrono::milliseconds waited() const {
    return resolver_ ? resolver_->waited() : std::chrono::milliseconds(0);
  }

 private:
  struct Work;  // one job on its way through the steps
  struct Leaving;
  Resolver& resolver();
  void take_snapshot();
  static std::deque<Work> works_for(const std::vector<Job>& jobs);
  static std::vector<Result> results_of(std::deque<Work>& works);
  Deadline lock_deadline() const;
  std::optional<Record> read_record_of(const InterfaceName& iface) const;
  void take(Work& work, bool lock);
  void bring_up(std::deque<Work>& works);
  void ask_ahead(std::deque<Work>& works);
  void resolve(Work& work);
  static void take_resolved(Work& work);
  bool is_foreign(const std::optional<FouPort>& port, const Owned& had, const Live& live) const;
  void compare_with(const Live& live, Work& work);
  void choose_parts_for(Work& work, const Live& live);
  void note_record(Work& work, bool has_device) const;
  enum class Phase { devices, rest };
  void apply(Work& work, const Live& live, Phase phase);
  void begin(Work& work, const Live& live);
  std::optional<Part> apply_plan(Work& work, const Live& live, Phase phase);
  static void say_refused(Work& work, Part part);
  void without(Work& work, Part part, const Live& now);
  void read_back(Work& work, const Live& now);
  void give_up(Work& work);
  void finish(Work& work, const Live& now);
  void begin_repair(Work& work, const InterfaceName& iface, Repaired& repaired);
  void resolve_again(Work& work, bool renew, Repaired& repaired);
  void compare_again(Work& work);
  void widen_for(const Departure& departure);
  void load_firewalls(const std::vector<Work*>& works, const Live& live);
  std::vector<Operation> filter_first(Work& work, const Owned& had, const Live& live);
  Plan leave(const InterfaceName& iface, const Leaving& leaving, const Live& live, bool deleted,
             const std::set<std::string>& gone);
  void leave(const Departure& departure);
  bool delete_together(const std::vector<Leaving>& all);
  Leaving leaving(const Departure& departure, const Live& live) const;
  void remove_each(const Plan& plan, const Live& live);

  const Config& config_;
  std::chrono::milliseconds wait_;
  Kernel& kernel_;
  Asker asker_;
  Extent extent_;       // the parts that the tunnels of this run need
  bool whole_ = false;  // all interfaces are read, also for one tunnel
  std::optional<Resolver> resolver_;
  Records records_;
  Withdrawn withdrawn_{records_};
  Locks locks_;
  std::set<std::uint32_t> marks_;  // that this run has given to tunnels
};

}  // namespace situp
