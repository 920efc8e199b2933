// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/drop.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace situp {
namespace {

constexpr int trouble_descriptor = 3;

/// Without a terminal of its own or of ours: with /dev/tty it could type commands into root's shell
/// (TIOCSTI).
bool new_session() {
  return setsid() != -1;
}

bool reset_signals() {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) {
    if (signal == SIGKILL || signal == SIGSTOP) continue;
    // EINVAL: the two that the C library keeps for itself.
    if (sigaction(signal, &standard, nullptr) != 0 && errno != EINVAL) return false;
  }
  sigset_t none;
  sigemptyset(&none);
  return sigprocmask(SIG_SETMASK, &none, nullptr) == 0;
}

/// For kernels before 5.9. /proc lists only those that are open, however high the limit is.
bool close_one_by_one(unsigned first) {
  struct Entry {  // linux_dirent64, up to the name
    std::uint64_t inode, offset;
    unsigned short length;
    unsigned char type;
  };
  constexpr std::size_t name_at = offsetof(Entry, type) + 1;
  const int directory = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return false;
  alignas(8) std::array<char, 2048> entries{};
  for (;;) {
    const long size = syscall(SYS_getdents64, directory, entries.data(), entries.size());
    if (size <= 0) {
      close(directory);
      return size == 0;
    }
    for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
      Entry entry{};
      std::memcpy(&entry, &entries[at], name_at);
      unsigned number = 0;
      const char* digit = &entries[at + name_at];
      for (; *digit >= '0' && *digit <= '9'; ++digit)
        number = number * 10 + static_cast<unsigned>(*digit - '0');
      // "." and ".." have no digit and so are number 0.
      if (number >= first && number != static_cast<unsigned>(directory))
        close(static_cast<int>(number));
      at += entry.length;
    }
  }
}

bool close_from(unsigned first) {
#ifndef SYS_close_range
#define SYS_close_range 436  // the same everywhere but on alpha
#endif
  if (syscall(SYS_close_range, first, ~0U, 0U) == 0) return true;
  return close_one_by_one(first);
}

bool arrange_descriptors(const Unprivileged& plan) {
  if (dup2(plan.input, 0) < 0 || dup2(plan.output, 1) < 0 || dup2(plan.errors, 2) < 0) return false;
  if (plan.trouble != trouble_descriptor && dup3(plan.trouble, trouble_descriptor, O_CLOEXEC) < 0)
    return false;
  return close_from(trouble_descriptor + 1);
}

bool leave_the_directory() {
  umask(077);
  return chdir("/") == 0;
}

// Of CPU time, in seconds: some hundred times the need of a run under emulation.
constexpr rlim_t most_seconds = 60;
// A run of situp-net takes some 80 MiB of addresses, and 128 for each thread that asks for a name.
constexpr rlim_t most_memory = 1U << 30;
constexpr rlim_t most_stack = 8U << 20;
// Processes and threads of all helpers together: units for a thousand tunnels may start at once.
constexpr rlim_t most_tasks = 4096;

bool set_limits(const Unprivileged& plan) {
  const auto limit = [](auto resource, rlim_t value) {
    rlimit both{};
    if (getrlimit(resource, &both) != 0) return false;
    both.rlim_cur = both.rlim_max = std::min(both.rlim_max, value);
    return setrlimit(resource, &both) == 0;
  };
  return limit(RLIMIT_CORE, 0) && limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_NOFILE, 64) &&
         limit(RLIMIT_CPU, most_seconds) && limit(RLIMIT_STACK, most_stack) &&
         // nft reads all rules of the host.
         (plan.net_admin || limit(RLIMIT_AS, most_memory)) &&
         // The kernel counts the processes of all programs of that user.
         (!plan.own_user || limit(RLIMIT_NPROC, most_tasks));
}

bool empty_bounding_set(bool net_admin) {
  for (unsigned long capability = 0; capability < 64; ++capability) {
    if (net_admin && capability == CAP_NET_ADMIN) continue;
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0) continue;
    // EINVAL: the kernel knows no more of them. EPERM: not ours to drop, as in a container;
    // no_new_privs does the same.
    return errno == EINVAL || errno == EPERM;
  }
  return true;
}

bool drop_groups(bool root) {
  return !root || setgroups(0, nullptr) == 0;
}

/// From here on to execve() other processes of that user can't trace this one: a change of the user
/// makes it undumpable. Whether they can afterwards depends on the program: see child.h.
bool change_user(uid_t user, gid_t group, bool net_admin) {
  // Until the next execve(): the new user would have none to pass on.
  if (net_admin && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) return false;
  return setresgid(group, group, group) == 0 && setresuid(user, user, user) == 0;
}

using CapabilitySets = std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

/// All three sets: none, or CAP_NET_ADMIN.
CapabilitySets wanted_capabilities(bool net_admin) {
  static_assert(CAP_NET_ADMIN < 32);
  CapabilitySets sets{};
  if (net_admin) {
    constexpr std::uint32_t bit = 1U << CAP_NET_ADMIN;
    sets[0] = {bit, bit, bit};
  }
  return sets;
}

bool reduce_capabilities(bool net_admin) {
  // EINVAL: a kernel before 4.3, which has no ambient set.
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && errno != EINVAL)
    return false;
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const CapabilitySets sets = wanted_capabilities(net_admin);
  if (syscall(SYS_capset, &header, sets.data()) != 0) return false;
  // Sets the capabilities after execve(), for every user.
  return !net_admin || prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0, 0) == 0;
}

bool die_with(pid_t parent) {
  // Not earlier: changing the user clears it.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return false;
  // The parent may have died before that; then the trouble pipe has no reader.
  errno = ESRCH;
  return getppid() == parent;
}

/// Checks the result of all this instead of return values.
bool is_unprivileged(const Unprivileged& plan, bool root) {
  uid_t real = 0;
  uid_t effective = 0;
  uid_t saved = 0;
  if (getresuid(&real, &effective, &saved) != 0) return false;
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  CapabilitySets held{};
  if (syscall(SYS_capget, &header, held.data()) != 0) return false;
  errno = EPERM;
  const CapabilitySets wanted = wanted_capabilities(plan.net_admin);
  if (std::memcmp(held.data(), wanted.data(), sizeof held) != 0) return false;
  if (real != effective || real != saved || real != plan.user || real == 0) return false;
  if (root && (getegid() != plan.group || getgroups(0, nullptr) != 0)) return false;
  return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

}  // namespace

const char* name_of(Step step) {
  switch (step) {
    case Step::session:
      return "making a session";
    case Step::signals:
      return "resetting signals";
    case Step::descriptors:
      return "closing descriptors";
    case Step::directory:
      return "leaving the directory";
    case Step::limits:
      return "setting limits";
    case Step::bounding_set:
      return "emptying the bounding set";
    case Step::groups:
      return "dropping groups";
    case Step::user:
      return "changing the user";
    case Step::capabilities:
      return "dropping capabilities";
    case Step::no_new_privileges:
      return "setting no_new_privs";
    case Step::death_with_parent:
      return "asking for an end with its parent";
    case Step::proof:
      return "making sure that no privilege is left";
    case Step::execution:
      return "running it";
  }
  return "preparing it";
}

void exec_unprivileged(const Unprivileged& plan) noexcept {
  // execve() takes pointers to non-const text, but does not change it.
  const std::array<char*, 4> environment{const_cast<char*>("LC_ALL=C"),
                                         const_cast<char*>("PATH=/usr/sbin:/usr/bin:/sbin:/bin"),
                                         // Debian's libcurl loads GnuTLS, which would initialise
                                         // itself at once; situp does not use it.
                                         const_cast<char*>("GNUTLS_NO_IMPLICIT_INIT=1"), nullptr};

  int trouble = plan.trouble;
  const auto must = [&trouble](Step step, bool done) {
    if (done) return;
    const Trouble why{step, errno};
    // If this write fails, the parent still finds the status.
    [[maybe_unused]] const auto written = write(trouble, &why, sizeof why);
    _exit(127);
  };

  const bool root = geteuid() == 0;
  must(Step::session, new_session());
  must(Step::signals, reset_signals());
  must(Step::descriptors, arrange_descriptors(plan));
  trouble = trouble_descriptor;
  must(Step::directory, leave_the_directory());
  must(Step::limits, set_limits(plan));
  must(Step::bounding_set, empty_bounding_set(plan.net_admin));
  must(Step::groups, drop_groups(root));
  must(Step::user, change_user(plan.user, plan.group, plan.net_admin));
  must(Step::capabilities, reduce_capabilities(plan.net_admin));
  must(Step::no_new_privileges, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  must(Step::death_with_parent, die_with(plan.parent));
  must(Step::proof, is_unprivileged(plan, root));
  execve(plan.program, plan.arguments, environment.data());
  must(Step::execution, false);
  _exit(127);
}

}  // namespace situp
