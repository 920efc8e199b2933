// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconcile/ifup_watch.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <memory>
#include <optional>
#include <vector>

#include "base/log.h"
#include "hosts/ifstate.h"
#include "kernel/netlink_kernel.h"
#include "reconcile/lock.h"
#include "reconcile/reconciler.h"

namespace situp {
namespace {

constexpr int between_looks = 10;  // milliseconds

/// All but the three that the process keeps; of the first three, /dev/null takes the place.
void close_descriptors(const RunningIfup& ifup, const Fd& lock) {
  std::vector<int> open_ones;
  {
    const std::unique_ptr<DIR, int (*)(DIR*)> listing(opendir("/proc/self/fd"), closedir);
    if (!listing) return;
    while (const dirent* entry = readdir(listing.get()))
      if (const auto number = parse_number(entry->d_name, 0x7fffffff))
        if (static_cast<int>(*number) != dirfd(listing.get()))
          open_ones.push_back(static_cast<int>(*number));
  }
  const Fd null(open("/dev/null", O_RDWR | O_CLOEXEC));
  for (const int fd : open_ones) {
    if (fd <= STDERR_FILENO)
      dup2(null.get(), fd);
    else if (!ifup.uses(fd) && fd != lock.get())
      close(fd);
  }
}

/// systemd kills the rest of a unit that has failed, and ifdown kills ifup's process group: the
/// process still has its work to do then. It ends by itself soon after ifup.
void become_independent() {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, nullptr);
  setsid();
  static_cast<void>(chdir("/") == 0);
}

void wait_and_clean_up(const InterfaceName& iface, const Config& config, RunningIfup& ifup) {
  try {
    const RunningIfup::End end = ifup.wait();
    NetlinkKernel kernel;
    Reconciler(config, std::chrono::milliseconds(0), kernel).after_ifup(iface, end);
  } catch (const Error& error) {
    log_notice(iface.str() + ": ifup has failed, and the tunnel can't be removed: " + error.what());
  }
}

}  // namespace

void watch_ifup(const InterfaceName& iface, const Config& config) {
  auto ifup = RunningIfup::above(iface);
  if (!ifup) return;
  const Fd lock = lock_of_watch(iface);
  if (!lock || fork() != 0) return;
  become_independent();
  close_descriptors(*ifup, lock);
  wait_and_clean_up(iface, config, *ifup);
  _exit(0);
}

void wait_for_cleanup(const InterfaceName& iface) {
  const Deadline deadline = Deadline::in(std::chrono::seconds(2));
  while (is_watch_locked(iface) && !is_ifupdown_at_work(iface.str()) && !deadline.over())
    poll(nullptr, 0, between_looks);
}

void wait_for_watch(const InterfaceName& iface) {
  const Deadline deadline = Deadline::in(std::chrono::seconds(10));
  while (is_watch_locked(iface) && !deadline.over()) poll(nullptr, 0, between_looks);
}

}  // namespace situp
