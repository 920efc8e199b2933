// SPDX-License-Identifier: GPL-2.0-or-later
// These functions never wait: a log that is stopped or full must not stop a program.
#pragma once
#include <string>
#include <string_view>

namespace situp {

/// Writes one line to the system's log (syslog, and so the journal), for messages that have no
/// reader at a terminal. If there is no log, or it takes none now, the line is lost.
void log_notice(const std::string& line);

/// Sends one datagram to a local socket; false if the socket does not take it at once. `path` with
/// a leading @ is in the abstract name space.
bool send_at_once(std::string_view path, std::string_view text);

/// Writes one line; false if a part of it could not be written at once. A pipe gets its first 4096
/// bytes.
bool write_at_once(int descriptor, std::string_view line);

}  // namespace situp
