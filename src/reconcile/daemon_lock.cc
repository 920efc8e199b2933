// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconcile/daemon_lock.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/file.h"
#include "base/unix_address.h"

namespace situp {
namespace {

// The lock of situp 0.1. Two daemons would update brokers twice.
constexpr const char* lock_of_old = "/run/situpd.lock";

struct flock whole_file() {
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  return whole;
}

Error runs_already(const char* path) {
  return {Exit::system, path,
          std::string("situpd is running already: systemctl status situpd, or fuser -v ") + path};
}

}  // namespace

Fd lock_for_daemon() {
  struct flock whole = whole_file();
  const Fd old(open(lock_of_old, O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (old && fcntl(old.get(), F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK)
    throw runs_already(lock_of_old);
  make_directory(daemon_directory);
  Fd lock(open(daemon_lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock) throw system_error(daemon_lock, errno);
  whole = whole_file();
  if (fcntl(lock.get(), F_OFD_SETLK, &whole) < 0) throw runs_already(daemon_lock);
  return lock;
}

Fd bind_presence(const std::string& path) {
  const auto address = unix_address(path);
  if (!address) throw system_error(path, ENAMETOOLONG);
  Fd bound(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!bound) throw system_error(path, errno);
  unlink(path.c_str());
  // situpd never reads from it: the kernel refuses each datagram at once.
  if (shutdown(bound.get(), SHUT_RD) < 0 ||
      bind(bound.get(), address->get(), address->length) < 0 || chmod(path.c_str(), 0666) < 0)
    throw system_error(path, errno);
  return bound;
}

std::optional<bool> is_present(const std::string& path) {
  const auto address = unix_address(path);
  if (!address) return std::nullopt;
  const Fd asking(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (connect(asking.get(), address->get(), address->length) == 0) return true;
  // The file outlives its socket.
  if (errno == ENOENT || errno == ECONNREFUSED) return false;
  return std::nullopt;
}

std::optional<bool> daemon_runs() {
  return is_present(daemon_socket);
}

}  // namespace situp
