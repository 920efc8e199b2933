// SPDX-License-Identifier: GPL-2.0-or-later
#include "upkeep/journal.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/fd.h"

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

std::string one_line(std::string_view text) {
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
  return line;
}

}  // namespace

void tell(Severity severity, std::string_view iface, std::string_view event,
          std::string_view line) {
  const std::string subject = iface.empty() ? std::string() : one_line(iface) + ": ";
  if (getenv("JOURNAL_STREAM") != nullptr) {
    std::string text = "MESSAGE=" + subject + one_line(line) +
                       "\nPRIORITY=" + std::to_string(static_cast<int>(severity)) +
                       "\nSYSLOG_IDENTIFIER=situpd\nSITUP_EVENT=" + one_line(event) + "\n";
    if (!iface.empty()) text += "SITUP_INTERFACE=" + one_line(iface) + "\n";
    if (send_to("/run/systemd/journal/socket", text)) return;
  }
  const std::string text = "situpd: " + subject + one_line(line) + "\n";
  static_cast<void>(fwrite(text.data(), 1, text.size(), stderr));
}

void notify(std::string_view assignment) {
  if (const char* path = getenv("NOTIFY_SOCKET")) send_to(path, assignment);
}

}  // namespace situp
