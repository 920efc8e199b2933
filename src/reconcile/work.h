// SPDX-License-Identifier: GPL-2.0-or-later
// For the parts of the reconciler only.
#pragma once
#include <map>
#include <set>
#include <string>

#include "kernel/transaction.h"
#include "reconcile/reconciler.h"

namespace situp {

/// For a change that the kernel took but that isn't there when it is read back.
Error not_kept(const Operation& operation, const std::string& iface);

/// The default route that ifup's method is going to make for the stanza's gateway.
std::optional<DefaultRoute> coming_route(const Job& job, const TunnelSpec& spec);

/// Adds the parts of snapshot() that a tunnel needs, both the new one and the old one.
void widen(Extent& extent, const TunnelSpec& spec);
void widen(Extent& extent, const std::optional<Record>& record);

/// The interfaces of which the plan for taking the tunnel down has to know; empty: all.
std::set<std::string> interfaces_of(const Record& record);

/// One snapshot for several tunnels. If the kernel can't be read, each of them fails by itself.
class SharedSnapshot {
 public:
  SharedSnapshot(Kernel& kernel, const Extent& extent);
  /// Throws an Error if there is none.
  const Live& live() const;
  /// The same; but `before` for a tunnel that was not changed, if there is none.
  const Live& live(bool changed, const Live& before) const;

 private:
  Live live_;
  std::optional<Error> unseen_;
};

struct Reconciler::Work {
  const Job* job = nullptr;
  std::optional<Job> own_job;  // if the caller brought none
  Result result;
  std::optional<TunnelSpec> spec;
  Scope scope;
  Resolved resolved;
  std::optional<std::string> not_renewed;  // the reason why a part of it is unchanged
  std::optional<Tunnel> tunnel;
  std::optional<Record> before;  // the record as it was
  bool has_bad_record = false;   // a file that is none
  Owned had;                     // the objects of the stanza before this run
  Record record;                 // as it is going to be
  /// The parts that the kernel can't have, and the reasons; the tunnel comes up without them.
  std::map<Part, std::string> refused;
  std::deque<Live> later;  // snapshots that this piece of work alone uses
  /// The record's state while situp changes the kernel.
  Record::State meanwhile = Record::State::intent;
  bool withdraws = false;  // Upkeep::withdraws
  std::optional<Transaction> transaction;
  bool begun = false;       // the record names the objects that the plan's operations change
  std::size_t applied = 0;  // of the plan's operations, by `transaction`
};

}  // namespace situp
