// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconcile/daemon_lock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <string>

#include "base/fd.h"
#include "base/file.h"
#include "model/stanza/words.h"

namespace situp {
namespace {

/// What fs/locks.c (lock_get_status) writes for a file.
std::string as_in_proc_locks(dev_t device, ino_t inode) {
  std::array<char, 64> text{};
  static_cast<void>(snprintf(text.data(), text.size(), "%02x:%02x:%ju", major(device),
                             minor(device), static_cast<std::uintmax_t>(inode)));
  return text.data();
}

std::optional<bool> is_listed() {
  struct stat about {};
  if (stat(daemon_lock, &about) < 0) return std::nullopt;
  try {
    const auto locks = read_small_file("/proc/locks", 1U << 20);
    if (!locks) return std::nullopt;
    return has_whole_lock(*locks, about.st_dev, about.st_ino);
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

bool has_whole_lock(std::string_view locks, dev_t device, ino_t inode) {
  const std::string file = as_in_proc_locks(device, inode);
  while (!locks.empty()) {
    const auto words = words_of(locks.substr(0, locks.find('\n')));
    // "1: OFDLCK ADVISORY  WRITE -1 00:17:1234 0 EOF"; who waits for one has "->" in front.
    constexpr std::size_t count = 8;
    if (words.size() == count && words[1] == "OFDLCK" && words[3] == "WRITE" && words[5] == file &&
        words[6] == "0" && words[7] == "EOF")
      return true;
    locks.remove_prefix(std::min(locks.find('\n'), locks.size() - 1) + 1);
  }
  return false;
}

std::optional<bool> daemon_runs() {
  const Fd lock(open(daemon_lock, O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!lock && errno == ENOENT) return false;
  if (!lock) return is_listed();
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (fcntl(lock.get(), F_OFD_GETLK, &whole) < 0) return std::nullopt;
  return whole.l_type != F_UNLCK;
}

}  // namespace situp
