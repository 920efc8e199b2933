// SPDX-License-Identifier: GPL-2.0-or-later
#include "hosts/ifstate.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"

namespace situp {
namespace {

constexpr const char* debian_state = "/run/network/ifstate";
constexpr int between_looks = 50;  // milliseconds

bool is_an_ancestor(pid_t process) {
  int ancestor = getppid();
  while (ancestor > 1 && ancestor != process) {
    const auto stat = read_small_file("/proc/" + std::to_string(ancestor) + "/stat", 4096);
    ancestor = stat ? parent_in(*stat) : 0;
  }
  return ancestor == process;
}

/// One "IFACE=LOGICAL" a line; more words may follow.
bool is_in(const std::string& path, const InterfaceName& iface) {
  const auto state = read_small_file(path, 1U << 20);
  return state && ("\n" + *state).find("\n" + iface.str() + "=") != std::string::npos;
}

/// The process that holds the lock; 0 if none. Any user can lock the file for reading. ifup and
/// ifdown lock it for writing, so only a write lock counts.
pid_t holder_of(const Fd& state) {
  struct flock lock {};
  lock.l_type = F_RDLCK;
  lock.l_whence = SEEK_SET;
  if (!state || fcntl(state.get(), F_GETLK, &lock) < 0 || lock.l_type == F_UNLCK) return 0;
  return lock.l_pid;
}

/// True if another ifup or ifdown holds the lock.
bool is_locked(const Fd& state) {
  const pid_t holder = holder_of(state);
  return holder != 0 && !is_an_ancestor(holder);
}

/// ifupdown's, and ifupdown-ng's.
std::array<std::string, 2> lock_paths(const std::string& iface) {
  return {"/run/network/ifstate." + iface, "/run/ifstate." + iface + ".lock"};
}

}  // namespace

bool is_up_for_ifupdown(const InterfaceName& iface, const std::string& root) {
  return is_in(root + debian_state, iface) || is_in(root + "/run/ifstate", iface);  // -ng's
}

bool is_up_for_debians_ifupdown(const InterfaceName& iface) {
  return is_in(debian_state, iface);
}

void wait_for_ifupdown(const std::string& iface, Deadline deadline, const std::string& root) {
  for (const std::string& path : lock_paths(iface)) {
    const Fd state(open((root + path).c_str(), O_RDONLY | O_CLOEXEC));
    while (state && is_locked(state)) {
      if (deadline.over())
        throw Error(Exit::system, iface,
                    "ifup or ifdown is still working on this interface: wait for it, or look for "
                    "it with: fuser -v " +
                        path);
      poll(nullptr, 0, between_looks);
    }
  }
}

bool is_ifupdown_at_work(const std::string& iface) {
  for (const std::string& path : lock_paths(iface))
    if (holder_of(Fd(open(path.c_str(), O_RDONLY | O_CLOEXEC))) != 0) return true;
  return false;
}

std::optional<RunningIfup> RunningIfup::above(const InterfaceName& iface) {
  RunningIfup ifup;
  ifup.iface_ = iface;
  for (const std::string& path : lock_paths(iface.str())) {
    ifup.lock_.reset(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    ifup.process_ = holder_of(ifup.lock_);
    if (ifup.process_ > 0 && is_an_ancestor(ifup.process_)) {
#ifdef SYS_pidfd_open
      ifup.process_fd_.reset(static_cast<int>(syscall(SYS_pidfd_open, ifup.process_, 0U)));
#endif
      // A pid can be reused: without a pidfd situp can't tell that the process has ended.
      if (!ifup.process_fd_) return std::nullopt;
      return ifup;
    }
    ifup.ng_ = true;
  }
  return std::nullopt;
}

bool RunningIfup::is_running(int milliseconds) const {
  pollfd ended{process_fd_.get(), POLLIN, 0};
  return poll(&ended, 1, milliseconds) == 0;
}

/// ifupdown removes the file at its end, after success and failure.
bool RunningIfup::has_left_its_pid() const {
  const auto text = read_small_file("/run/network/ifup-" + iface_.str() + ".pid", 32);
  return !ng_ && text && text->substr(0, text->find('\n')) == std::to_string(process_);
}

RunningIfup::End RunningIfup::wait() {
  // ifupdown releases the lock when it is done with the interface, and `ifup -a` goes on to the
  // next one; ifupdown-ng writes its state only at the end, after that.
  while (is_running(between_looks) && (ng_ || holder_of(lock_) == process_)) continue;
  const pid_t holder = holder_of(lock_);
  if (holder != 0 && holder != process_) return End::taken_over;
  if (has_left_its_pid()) return End::killed;
  return is_up_for_ifupdown(iface_) ? End::succeeded : End::failed;
}

int parent_in(std::string_view stat) {
  // PID (NAME) STATE PARENT …; a name may hold blanks and parentheses.
  const std::size_t name_end = stat.rfind(") ");
  if (name_end == std::string_view::npos) return 0;
  const std::string_view rest = stat.substr(name_end + 2);
  const std::size_t begin = rest.find(' ') + 1;
  const auto parent = parse_number(rest.substr(begin, rest.find(' ', begin) - begin), 0x7fffffff);
  return parent ? static_cast<int>(*parent) : 0;
}

}  // namespace situp
