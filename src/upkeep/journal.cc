// SPDX-License-Identifier: GPL-2.0-or-later
#include "upkeep/journal.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/log.h"
#include "base/text.h"

namespace situp {
namespace {

/// A shell below a service inherits JOURNAL_STREAM, and may have redirected stderr
/// (systemd.exec(5)).
bool is_to_journal() {
  const char* stream = getenv("JOURNAL_STREAM");
  struct stat about {};
  if (stream == nullptr || fstat(STDERR_FILENO, &about) != 0) return false;
  return std::to_string(about.st_dev) + ":" + std::to_string(about.st_ino) == stream;
}

bool put(Severity severity, std::string_view iface, std::string_view event, std::string_view line) {
  const std::string subject = iface.empty() ? std::string() : printable(iface) + ": ";
  if (is_to_journal()) {
    std::string text = "MESSAGE=" + subject + printable(line) +
                       "\nPRIORITY=" + std::to_string(static_cast<int>(severity)) +
                       "\nSYSLOG_IDENTIFIER=situpd\nSITUP_EVENT=" + printable(event) + "\n";
    if (!iface.empty()) text += "SITUP_INTERFACE=" + printable(iface) + "\n";
    if (send_at_once("/run/systemd/journal/socket", text)) return true;
  }
  return write_at_once(STDERR_FILENO, "situpd: " + subject + printable(line) + "\n");
}

std::uint64_t lost = 0;  // lines since the last one that was written

}  // namespace

void tell(Severity severity, std::string_view iface, std::string_view event,
          std::string_view line) {
  if (lost != 0 && put(Severity::warning, "", "lost",
                       std::to_string(lost) + (lost == 1 ? " line was" : " lines were") +
                           " lost here: the log was stopped or full"))
    lost = 0;
  if (lost != 0 || !put(severity, iface, event, line)) ++lost;
}

void notify(std::string_view assignment) {
  if (const char* path = getenv("NOTIFY_SOCKET")) send_at_once(path, assignment);
}

}  // namespace situp
