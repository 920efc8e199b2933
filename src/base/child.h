// SPDX-License-Identifier: GPL-2.0-or-later
// Runs a program with no privileges (situp-net), or with one only (nft).
#pragma once
#include <sys/types.h>

#include <cstddef>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/error.h"
#include "base/fd.h"

namespace situp {

/// The program to run. It does not get the caller's environment, but LC_ALL=C, a fixed PATH and
/// variables that make a library start faster.
struct Command {
  std::string program;                 // an absolute path
  std::vector<std::string> arguments;  // without the program's own name
  std::string input{};                 // all of its stdin, at most 4096 bytes; /dev/null if empty
};

/// How the program ended.
struct Outcome {
  std::string output;      // its stdout, at most the limit that was asked for
  int exit_status = -1;    // -1: a signal ended it
  int signal = 0;          // which one, or 0
  bool timed_out = false;  // the deadline came first, and it was killed
  bool too_much = false;   // it wrote more than the limit, and was killed

  /// If not, its output must not be believed: another process may have killed it and written the
  /// rest.
  bool ended_by_itself() const { return signal == 0 && !timed_out && !too_much; }
};

/// A running program without privileges. Before it is executed, for every caller: a session of its
/// own (no terminal), working directory "/", umask 077, default signal dispositions and an empty
/// mask, stdin from a pipe or /dev/null, stdout to a pipe, stderr to /dev/null, every other
/// descriptor closed, small limits (set_limits() in drop.cc), no capability in any set,
/// no_new_privs, and SIGKILL when the caller dies. If the caller is root, the user is _situp, or
/// nobody where there is no _situp (base/user.h), without supplementary groups; any other caller
/// stays the same user. If any of this fails, the program is not run at all.
///
/// Other processes of that user must not trace the program: they would read the broker's key from
/// its memory and write its answer. As _situp there are none. The kernel forbids it as well, from
/// execve() on: for situp-net because its mode is 0711 (a program that its user can't read can't be
/// dumped or traced), for nft because its tracer would need CAP_NET_ADMIN, too.
class Child {
 public:
  /// Starts it and returns at once, so that the caller may do something else meanwhile. An Error if
  /// there is no process to be had. SIGCHLD becomes SIG_DFL in the caller if it was ignored:
  /// otherwise the exit status would be lost.
  static Child start_unprivileged(const Command& command);
  /// The same with CAP_NET_ADMIN only, for nft. Its input may be of any size; its stderr is part of
  /// its output.
  static Child start_net_admin(const Command& command);

  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  /// Kills and reaps the program if it still runs.
  ~Child();

  /// Its process; -1 once it is reaped.
  pid_t pid() const { return pid_; }

  /// Its stdout, for who waits for other things as well: the other end is closed when it ends.
  int output() const { return output_.get(); }

  /// Waits for the end, at most until the deadline; then kills. In every case the process is reaped
  /// on return. An Error if the program could not be run (Exit::system or not_permitted; the
  /// subject is the program's path). Once only.
  Outcome finish(Deadline deadline, std::size_t most_output = 4096);

 private:
  Child() = default;
  static Child start(const Command& command, bool net_admin);
  void kill_and_reap() noexcept;
  bool reap(bool block);
  void read_output(Outcome& outcome, Deadline deadline, std::size_t most);
  void wait_for_end(Deadline deadline);
  void throw_if_not_run();

  std::string program_;
  pid_t pid_ = -1;
  int status_ = 0;  // as waitpid gives it, once pid_ is -1 again
  Fd output_;
  Fd trouble_;  // the error before the program ran; end of file when it runs
  Fd pidfd_;    // empty on kernels before 5.3
};

/// start_net_admin() and finish() in one.
Outcome run_net_admin(const Command& command, Deadline deadline, std::size_t most_output = 4096);

/// start_unprivileged() and finish() in one.
Outcome run_unprivileged(const Command& command, Deadline deadline, std::size_t most_output = 4096);

}  // namespace situp
