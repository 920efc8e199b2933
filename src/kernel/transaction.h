// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/error.h"
#include "kernel/kernel.h"

namespace situp {

/// The kernel has refused an optional part (optional_part_of()); the whole plan is undone.
class PartRefused : public Error {
 public:
  PartRefused(const Error& error, Part part, bool taken)
      : Error(error), part_(part), taken_(taken) {}
  Part part() const { return part_; }
  /// Another process has taken the same numbers since the snapshot: others may be free.
  bool taken() const { return taken_; }

 private:
  Part part_;
  bool taken_;
};

/// Executes operations, and can undo them.
class Transaction {
 public:
  /// `before`: the kernel's state before the first operation. `keeps_filters` false: undo()
  /// puts back no filter, so that nft need not list it before.
  Transaction(Kernel& kernel, const Live& before, bool keeps_filters = true)
      : kernel_(kernel), before_(before), devices_(before), keeps_filters_(keeps_filters) {}

  /// Applies the whole plan or none of it. If the kernel refuses an operation, the earlier ones are
  /// undone. The Error (Exit::system or not_permitted) names the operation, the kernel's reason,
  /// and the objects that could not be put back.
  void apply(std::span<const Operation> operations);
  /// Begins several transactions: loads the filters of all in one step, so that apply() of each
  /// passes over its own. Where that is refused, each loads its own, and only that of the tunnel at
  /// fault is refused.
  static void load_firewalls(Kernel& kernel,
                             const std::vector<std::pair<Transaction*, LoadFirewall>>& all);
  /// Undoes all of apply(); returns `ip` commands for the rest that could not be put back. For a
  /// caller that fails afterwards.
  std::vector<std::string> undo();
  /// True if undo(), or a failed apply(), could not put an object back.
  bool lost_something() const { return lost_something_; }
  /// True if the kernel has refused a route, since another one is in its place.
  bool place_is_taken() const { return place_is_taken_; }

 private:
  Refusal execute(const Operation& operation);
  bool has_changed_encap(const Operation& operation, const Refusal& refusal) const;
  /// Saves the filter for undo().
  Refusal keep_firewall(const std::string& name);
  Error refused(const Operation& operation, const Refusal& refusal);
  Error in_the_way(const std::string& name, const Sit& sit);
  /// Undoes all, and returns a text about the objects that could not be put back.
  std::string taken_back();

  Kernel& kernel_;
  const Live& before_;
  Devices devices_;
  bool keeps_filters_;
  std::vector<Operation> done_;
  std::unordered_map<std::string, LoadFirewall> firewalls_;  // as they were
  bool firewall_is_loaded_ = false;
  bool lost_something_ = false;
  bool place_is_taken_ = false;
};

}  // namespace situp
