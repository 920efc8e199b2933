// SPDX-License-Identifier: GPL-2.0-or-later
#include "hosts/ifstate.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

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

/// One "IFACE=LOGICAL" a line, with or without more words.
bool is_in(const char* path, const InterfaceName& iface) {
  const auto state = read_small_file(path, 1U << 20);
  return state && ("\n" + *state).find("\n" + iface.str() + "=") != std::string::npos;
}

/// Whether another ifup or ifdown has the lock.
bool is_locked(const Fd& state) {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  if (fcntl(state.get(), F_GETLK, &lock) < 0 || lock.l_type == F_UNLCK) return false;
  return !is_an_ancestor(lock.l_pid);
}

}  // namespace

bool is_up_for_ifupdown(const InterfaceName& iface) {
  return is_in(debian_state, iface) || is_in("/run/ifstate", iface);  // ifupdown-ng's
}

bool is_up_for_debians_ifupdown(const InterfaceName& iface) {
  return is_in(debian_state, iface);
}

void wait_for_ifupdown(const std::string& iface, Deadline deadline) {
  for (const std::string& path :
       {"/run/network/ifstate." + iface, "/run/ifstate." + iface + ".lock"}) {
    const Fd state(open(path.c_str(), O_RDONLY | O_CLOEXEC));
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

int parent_in(std::string_view stat) {
  // PID (NAME) STATE PARENT …, and a name may hold blanks and parentheses.
  const std::size_t name_end = stat.rfind(") ");
  if (name_end == std::string_view::npos) return 0;
  const std::string_view rest = stat.substr(name_end + 2);
  const std::size_t begin = rest.find(' ') + 1;
  const auto parent = parse_number(rest.substr(begin, rest.find(' ', begin) - begin), 0x7fffffff);
  return parent ? static_cast<int>(*parent) : 0;
}

}  // namespace situp
