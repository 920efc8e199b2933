// SPDX-License-Identifier: GPL-2.0-or-later
// The child's side of child.h: the steps between fork() and execve().
#pragma once
#include <sys/types.h>

namespace situp {

struct Unprivileged {
  uid_t user = 65534;  // to become; the caller's own unless that is root
  gid_t group = 65534;
  bool own_user = false;  // that no other programs run as
  const char* program = nullptr;
  char* const* arguments = nullptr;
  int input = -1, output = -1,
      errors = -1;         // to become 0, 1 and 2; all of them, and `trouble`, are above 2
  int trouble = -1;        // where a Trouble is written if the program can't be run
  pid_t parent = -1;       // as the parent's own getpid() gives it
  bool net_admin = false;  // CAP_NET_ADMIN stays, and it alone
};

/// The steps, in their order.
enum class Step : int {
  session,
  signals,
  descriptors,
  directory,
  limits,
  bounding_set,
  groups,
  user,
  capabilities,
  no_new_privileges,
  death_with_parent,
  proof,
  execution,
};

/// Why the program was not run.
struct Trouble {
  Step step;
  int error_number;
};

/// The name of a step, for an error message.
const char* name_of(Step step);

/// Gives up every privilege, but for CAP_NET_ADMIN where the plan says so, and becomes the program,
/// or writes a Trouble and exits with 127. Only async-signal-safe calls, no allocation: the parent
/// may have had threads.
[[noreturn]] void exec_unprivileged(const Unprivileged& plan) noexcept;

}  // namespace situp
