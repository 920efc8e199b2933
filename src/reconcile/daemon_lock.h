// SPDX-License-Identifier: GPL-2.0-or-later
// Whether situpd runs. For as long as it does, it holds a lock, and a socket is bound.
#pragma once
#include <optional>
#include <string>

#include "base/fd.h"

namespace situp {

/// Not in /run/situp: an open file there would keep its folder alive after somebody has removed it,
/// and that would go unnoticed.
constexpr const char* daemon_directory = "/run/situpd";
/// Root's own: whoever may open a file may lock it, and so keep situpd from starting.
constexpr const char* daemon_lock = "/run/situpd/lock";
/// For everybody: a datagram socket that takes no datagram.
constexpr const char* daemon_socket = "/run/situpd/socket";
constexpr const char* how_to_start_daemon =
    "systemctl start situpd; without systemd, have a supervisor run situpd --stay";

/// Holds the lock until it goes. An Error where another situpd has it.
Fd lock_for_daemon();

/// Binds such a socket, in the place of one that is left there. It tells everybody that this
/// process runs, and the kernel tells it no longer when the process has ended.
Fd bind_presence(const std::string& path);
/// Whether one is bound to the path. Needs no privilege; nothing where that can't be seen.
std::optional<bool> is_present(const std::string& path);

std::optional<bool> daemon_runs();

}  // namespace situp
