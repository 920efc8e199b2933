// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconcile/daemon_lock.h"

#include <doctest/doctest.h>
#include <sys/sysmacros.h>

#include <initializer_list>

using namespace situp;

TEST_CASE("situpd's lock is told from others in /proc/locks") {
  const dev_t device = makedev(0, 0x17);
  const char* held =
      "1: POSIX  ADVISORY  WRITE 411 00:17:1234 0 EOF\n"
      "2: OFDLCK ADVISORY  WRITE -1 00:17:1200 0 EOF\n"
      "2: -> OFDLCK ADVISORY  WRITE -1 00:17:7 0 EOF\n"
      "3: OFDLCK ADVISORY  READ  -1 00:17:8 0 EOF\n"
      "4: OFDLCK ADVISORY  WRITE -1 00:17:9 100 100\n"
      "5: OFDLCK ADVISORY  WRITE -1 00:17:12 0 EOF";
  CHECK(has_whole_lock(held, device, 1200));
  CHECK(has_whole_lock(held, device, 12));
  for (const ino_t inode : std::initializer_list<ino_t>{1234, 120, 7, 8, 9, 1})
    CHECK_FALSE(has_whole_lock(held, device, inode));
  CHECK_FALSE(has_whole_lock(held, makedev(0, 0x18), 1200));
  CHECK_FALSE(has_whole_lock("", device, 1200));
}
