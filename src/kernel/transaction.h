// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "kernel/kernel.h"

namespace situp {

/// The kernel has refused a part of a next hop (makes_next_hop()); all of the plan is undone.
class NextHopRefused : public Error {
 public:
  NextHopRefused(const Error& error, bool taken) : Error(error), taken_(taken) {}
  /// Another process has taken the same numbers since the snapshot: others may be free.
  bool taken() const { return taken_; }

 private:
  bool taken_;
};

/// Carries out operations, and can take back what it did.
class Transaction {
 public:
  /// `before`: what the kernel holds before the first of them.
  Transaction(Kernel& kernel, const Live& before)
      : kernel_(kernel), before_(before), devices_(before) {}

  /// All of the plan, or none of it: when the kernel refuses one, what was done is undone, and the
  /// Error (Exit::system or not_permitted) says which operation, the kernel's reason, and what
  /// could not be put back.
  void apply(const std::vector<Operation>& operations);
  /// Takes back all that apply() did; what can't be put back, as `ip` commands. For a caller that
  /// fails afterwards.
  std::vector<std::string> undo();
  /// Whether something could not be put back, be it by undo() or when apply() failed.
  bool lost_something() const { return lost_something_; }

 private:
  Refusal execute(const Operation& operation);
  /// Notes what is to be put back by undo().
  Refusal keep_firewall(const std::string& name);
  Error refused(const Operation& operation, const Refusal& refusal);
  Error in_the_way(const std::string& name, const Sit& sit);
  /// Undoes all, and says in words what could not be put back.
  std::string taken_back();

  Kernel& kernel_;
  const Live& before_;
  Devices devices_;
  std::vector<Operation> done_;
  std::unordered_map<std::string, std::string> firewalls_;  // as they were
  bool lost_something_ = false;
};

}  // namespace situp
