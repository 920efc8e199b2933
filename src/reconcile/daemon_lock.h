// SPDX-License-Identifier: GPL-2.0-or-later
// Whether situpd runs. For as long as it does, it holds a lock, and a socket is bound.
#pragma once
#include <optional>
#include <string>

#include "base/fd.h"

namespace situp {

/// Not in /run/situp: an open file there would keep a folder alive that has been removed, so that
/// situpd would not notice.
constexpr const char* daemon_directory = "/run/situpd";
/// Root's own: a user who may open a file may lock it, and so keep situpd from starting.
constexpr const char* daemon_lock = "/run/situpd/lock";
/// For every user: a datagram socket that takes no datagram.
constexpr const char* daemon_socket = "/run/situpd/socket";
constexpr const char* how_to_start_daemon =
    "systemctl start situpd; without systemd, have a supervisor run situpd --stay";

/// Holds the lock while it exists. Throws an Error if another situpd has it.
Fd lock_for_daemon();

/// Binds such a socket, in place of a leftover. Every user can see by it that this process runs;
/// the kernel unbinds it when the process ends.
Fd bind_presence(const std::string& path);
/// True if one is bound to the path. Needs no privilege; empty if it can't be seen.
std::optional<bool> is_present(const std::string& path);

std::optional<bool> daemon_runs();

}  // namespace situp
