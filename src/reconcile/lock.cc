// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconcile/lock.h"

#include <fcntl.h>
#include <poll.h>

#include <cerrno>
#include <string>

#include "base/file.h"
#include "reconcile/record.h"

namespace situp {
namespace {

/// Which byte of the file stands for the interface (FNV-1a, 62 bits: two interfaces on one byte
/// would only wait for each other).
off_t byte_of(const std::string& name) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return static_cast<off_t>(hash >> 2);
}

struct flock byte_range(const std::string& name, short type) {
  struct flock range {};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = byte_of(name);
  range.l_len = 1;
  return range;
}

/// No interface has a name with a slash.
std::string watch_of(const InterfaceName& iface) {
  return iface.str() + "/ifup";
}

Fd open_locks(const std::string& directory) {
  make_directory(directory);
  const std::string path = directory + "/.lock";
  Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) throw system_error(path, errno);
  return file;
}

}  // namespace

void Locks::open() {
  if (file_) return;
  try {
    file_ = open_locks(directory_);
  } catch (const Error& error) {
    // The first thing that anybody but root fails at.
    if (error.status() != Exit::not_permitted) throw;
    throw Error(Exit::not_permitted, error.subject(),
                error.why() + ": run it as root (situp plan is for anybody)");
  }
}

bool Locks::try_lock(const InterfaceName& iface) {
  open();
  struct flock range = byte_range(iface.str(), F_WRLCK);
  if (fcntl(file_.get(), F_OFD_SETLK, &range) == 0) return true;
  if (errno != EAGAIN && errno != EACCES && errno != EINTR)
    throw system_error("the lock of " + iface.str(), errno);
  return false;
}

void Locks::lock(const InterfaceName& iface, Deadline deadline) {
  // A blocking request can't be bounded without a signal. Another situp holds the lock for seconds
  // at most, so trying again is cheap.
  while (!try_lock(iface)) {
    if (deadline.over())
      throw Error(Exit::system, "the lock of " + iface.str(),
                  "another situp is still working on this interface: wait for it, or look for it "
                  "with: fuser -v " +
                      directory_ + "/.lock");
    poll(nullptr, 0, 50);
  }
}

void Locks::unlock(const InterfaceName& iface) {
  struct flock range = byte_range(iface.str(), F_UNLCK);
  fcntl(file_.get(), F_OFD_SETLK, &range);
}

Fd lock_of_watch(const InterfaceName& iface) {
  Fd file = open_locks(Records::default_directory);
  struct flock range = byte_range(watch_of(iface), F_WRLCK);
  if (fcntl(file.get(), F_OFD_SETLK, &range) < 0) file.reset();
  return file;
}

bool is_watch_locked(const InterfaceName& iface) {
  const std::string path = std::string(Records::default_directory) + "/.lock";
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct flock range = byte_range(watch_of(iface), F_RDLCK);
  return file && fcntl(file.get(), F_OFD_GETLK, &range) == 0 && range.l_type != F_UNLCK;
}

}  // namespace situp
