// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/log.h"

#include <syslog.h>

#include "base/text.h"

namespace situp {

void log_notice(const std::string& line) {
  openlog("situp", LOG_PID, LOG_DAEMON);
  syslog(LOG_NOTICE, "%s", printable(line).c_str());
  closelog();
}

}  // namespace situp
