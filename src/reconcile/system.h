// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/deadline.h"
#include "kernel/kernel.h"
#include "kernel/packets.h"
#include "reconcile/asker.h"
#include "reconcile/daemon_lock.h"
#include "reconcile/record.h"

namespace situp {

/// The host that a command works on: tests bring one in memory, and its files in a folder.
struct System {
  Kernel& kernel;
  Packets& packets;
  Asker ask = helper_asker();
  /// The prefix of all paths that the user does not name: /run, /var/lib, /proc, /sys, /usr/sbin.
  std::string root = {};
  const char* const* environment = nullptr;
  std::int64_t (*now)() = clock_now;
  Deadline::Clock::time_point (*moment)() = Deadline::Clock::now;
  std::optional<bool> (*daemon_runs)() = situp::daemon_runs;

  std::string run_directory() const { return root + Records::default_directory; }
};

}  // namespace situp
