// SPDX-License-Identifier: GPL-2.0-or-later
#include "upkeep/journal.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/fd.h"
#include "base/text.h"

namespace situp {
namespace {

/// One datagram; false if nobody took it. `path` with a leading @ is in the abstract name space.
bool send_to(std::string_view path, std::string_view text) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof to.sun_path) return false;
  memcpy(to.sun_path, path.data(), path.size());
  if (path[0] == '@') to.sun_path[0] = '\0';
  const Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() +
                                             (path[0] == '@' ? 0 : 1));
  return socket && sendto(socket.get(), text.data(), text.size(), MSG_NOSIGNAL,
                          reinterpret_cast<const sockaddr*>(&to),
                          length) == static_cast<ssize_t>(text.size());
}

}  // namespace

void tell(Severity severity, std::string_view iface, std::string_view event,
          std::string_view line) {
  const std::string subject = iface.empty() ? std::string() : printable(iface) + ": ";
  if (getenv("JOURNAL_STREAM") != nullptr) {
    std::string text = "MESSAGE=" + subject + printable(line) +
                       "\nPRIORITY=" + std::to_string(static_cast<int>(severity)) +
                       "\nSYSLOG_IDENTIFIER=situpd\nSITUP_EVENT=" + printable(event) + "\n";
    if (!iface.empty()) text += "SITUP_INTERFACE=" + printable(iface) + "\n";
    if (send_to("/run/systemd/journal/socket", text)) return;
  }
  const std::string text = "situpd: " + subject + printable(line) + "\n";
  static_cast<void>(fwrite(text.data(), 1, text.size(), stderr));
}

void notify(std::string_view assignment) {
  if (const char* path = getenv("NOTIFY_SOCKET")) send_to(path, assignment);
}

}  // namespace situp
