// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>

namespace situp {

/// One line for the system's log (syslog, and so the journal), for what nobody waits to read. Where
/// there is no log, it is lost.
void log_notice(const std::string& line);

}  // namespace situp
