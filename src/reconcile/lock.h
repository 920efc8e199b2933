// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>
#include <utility>

#include "base/deadline.h"
#include "base/error.h"
#include "base/fd.h"
#include "model/address.h"

namespace situp {

/// One lock an interface, which holds off every other run while one works. All of them are bytes
/// of one file, so that none stays behind; they go with the process.
class Locks {
 public:
  /// `directory`: that of the records.
  explicit Locks(std::string directory) : directory_(std::move(directory)) {}
  /// Waits for the interface's lock, at most until the deadline; then an Error (Exit::system).
  void lock(const InterfaceName& iface, Deadline deadline);
  /// The same without waiting. False: another process has it.
  bool try_lock(const InterfaceName& iface);
  /// Gives it back before the process ends.
  void unlock(const InterfaceName& iface);

 private:
  void open();
  std::string directory_;
  Fd file_;
};

/// Held from the first hook of an ifup on by the process that waits for its end
/// (reconcile/ifup_watch.h). Empty where another process has it.
Fd lock_of_watch(const InterfaceName& iface);
bool is_watch_locked(const InterfaceName& iface);

}  // namespace situp
