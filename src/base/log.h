// SPDX-License-Identifier: GPL-2.0-or-later
// Nothing here waits: a log that is stopped or full must not stop who writes to it.
#pragma once
#include <string>
#include <string_view>

namespace situp {

/// One line for the system's log (syslog, and so the journal), for what nobody waits to read. Where
/// there is no log, or it takes none now, it is lost.
void log_notice(const std::string& line);

/// Sends one datagram to a local socket; false where it isn't taken at once. `path` with a leading
/// @ is in the abstract name space.
bool send_at_once(std::string_view path, std::string_view text);

/// Writes one line, of which a pipe gets 4096 bytes at most; false where not all of it could be
/// written at once.
bool write_at_once(int descriptor, std::string_view line);

}  // namespace situp
