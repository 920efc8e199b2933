// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/log.h"

#include <poll.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <ctime>

#include "base/fd.h"
#include "base/text.h"
#include "base/unix_address.h"

namespace situp {
namespace {

/// As syslog(3) writes it, which would wait.
std::string as_syslog(const std::string& line) {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  std::array<char, 32> date{};
  const std::size_t size = std::strftime(date.data(), date.size(), "%h %e %T", &local);
  return "<" + std::to_string(LOG_DAEMON | LOG_NOTICE) + ">" + std::string(date.data(), size) +
         " situp[" + std::to_string(getpid()) + "]: " + printable(line);
}

}  // namespace

void log_notice(const std::string& line) {
  send_at_once("/dev/log", as_syslog(line));
}

bool send_at_once(std::string_view path, std::string_view text) {
  const auto to = unix_address(path);
  const Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return socket && to &&
         sendto(socket.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT, to->get(),
                to->length) == static_cast<ssize_t>(text.size());
}

bool write_at_once(int descriptor, std::string_view line) {
  const auto all = static_cast<ssize_t>(line.size());
  const ssize_t sent = send(descriptor, line.data(), line.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent >= 0 || errno != ENOTSOCK) return sent == all;
  // A pipe that is ready has room for PIPE_BUF bytes. O_NONBLOCK would hold for every other program
  // that writes to the same file.
  pollfd ready{descriptor, POLLOUT, 0};
  if (poll(&ready, 1, 0) != 1 || (ready.revents & POLLOUT) == 0) return false;
  std::string short_line;
  if (line.size() > PIPE_BUF) {
    short_line = std::string(line.substr(0, PIPE_BUF - 1)) + "\n";
    line = short_line;
  }
  return write(descriptor, line.data(), line.size()) == static_cast<ssize_t>(line.size());
}

}  // namespace situp
