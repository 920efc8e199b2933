// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/deadline.h"
#include "base/fd.h"
#include "model/address.h"

namespace situp {

/// True if ifupdown (/run/network/ifstate) or ifupdown-ng (/run/ifstate) holds the interface as up.
/// situp only reads those files. Only ifupdown2 can read ifupdown2's. `root` is the prefix of /run.
bool is_up_for_ifupdown(const InterfaceName& iface, const std::string& root = {});
/// The same for ifupdown alone.
bool is_up_for_debians_ifupdown(const InterfaceName& iface);

/// While ifup or ifdown works on an interface, it holds a lock on /run/network/ifstate.IFACE
/// (ifupdown-ng: /run/ifstate.IFACE.lock), also between its hooks. Waits until the lock is free, or
/// held only by an ancestor of this process (of a stanza's own `up` line), which waits for this
/// process. Throws an Error (Exit::system) at the deadline.
void wait_for_ifupdown(const std::string& iface, Deadline deadline, const std::string& root = {});

/// True if ifup or ifdown holds that lock now, also one that has started this process.
bool is_ifupdown_at_work(const std::string& iface);

/// The ifup that runs this process as a hook of an interface.
class RunningIfup {
 public:
  /// Empty if no ancestor of this process holds the interface's lock.
  static std::optional<RunningIfup> above(const InterfaceName& iface);

  enum class End {
    succeeded,
    failed,
    killed,      // before the end: ifupdown still holds the interface as up
    taken_over,  // the next ifup or ifdown works on the interface already
  };
  /// Waits until ifup is done with the interface. Not for the process that ifup runs.
  End wait();
  /// True for the files that wait() needs.
  bool uses(int fd) const { return fd == lock_.get() || fd == process_fd_.get(); }

 private:
  RunningIfup() = default;
  bool is_running(int milliseconds) const;
  bool has_left_its_pid() const;

  InterfaceName iface_;
  pid_t process_ = 0;
  bool ng_ = false;
  Fd lock_;
  Fd process_fd_;
};

/// The parent's process id in the text of /proc/PID/stat; 0 if the text has none.
int parent_in(std::string_view stat);

}  // namespace situp
