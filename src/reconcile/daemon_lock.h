// SPDX-License-Identifier: GPL-2.0-or-later
// Whether situpd runs. It holds a lock on one file for as long as it does.
#pragma once
#include <sys/types.h>

#include <optional>
#include <string_view>

namespace situp {

/// Root's own: whoever may open a file may lock it, and so keep situpd from starting.
constexpr const char* daemon_lock = "/run/situpd.lock";
constexpr const char* how_to_start_daemon =
    "systemctl start situpd; without systemd, have a supervisor run situpd --stay";

/// Needs no privilege. Nothing where that can't be seen.
std::optional<bool> daemon_runs();

/// Whether the text of /proc/locks has a write lock of the whole file, as situpd's is.
bool has_whole_lock(std::string_view locks, dev_t device, ino_t inode);

}  // namespace situp
