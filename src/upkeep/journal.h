// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>
#include <string_view>

namespace situp {

/// As syslog(3) numbers them.
enum class Severity { error = 3, warning = 4, notice = 5, info = 6 };

/// Reports an event in one line: to the journal with SITUP_INTERFACE= and SITUP_EVENT= where the
/// service manager gave us its journal (JOURNAL_STREAM), else to stderr as "situpd: IFACE: LINE".
/// `event` is a word for machines: "repaired". Control characters come out as '?'. Never waits:
/// counts the lines that the log doesn't take, and logs the number once it takes one again.
void tell(Severity severity, std::string_view iface, std::string_view event, std::string_view line);

/// Sends the service manager a state (sd_notify(3)): "READY=1". Does not fail without a service
/// manager.
void notify(std::string_view assignment);

}  // namespace situp
