// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/child.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>

#include "base/drop.h"
#include "base/user.h"

namespace situp {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t most_input = 4096;  // the default size of a pipe, for every user's limits

struct Pipe {
  Fd read, write;
};

/// Above the three standard descriptors: the caller may run with some of them closed, and the child
/// puts things there.
Fd above_standard(Fd fd) {
  if (fd.get() > 2) return fd;
  Fd higher(fcntl(fd.get(), F_DUPFD_CLOEXEC, 3));
  if (!higher) throw system_error("file descriptors", errno);
  return higher;
}

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw system_error("pipe", errno);
  Pipe pipe{Fd(ends[0]), Fd(ends[1])};
  return {above_standard(std::move(pipe.read)), above_standard(std::move(pipe.write))};
}

Fd open_null() {
  Fd null(open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) throw system_error("/dev/null", errno);
  return above_standard(std::move(null));
}

/// Puts all of the program's input into a pipe before there is a reader: so the caller need not
/// wait, and gets no SIGPIPE.
Fd filled_pipe(const std::string& input) {
  auto pipe = make_pipe();
  const auto written = write(pipe.write.get(), input.data(), input.size());
  if (written != static_cast<ssize_t>(input.size())) throw system_error("pipe", errno);
  return std::move(pipe.read);
}

/// The same for a program that opens /dev/stdin, as old versions of nft do: which of a pipe that is
/// root's they may not.
Fd filled_file(const std::string& input) {
  Fd file(memfd_create("input", MFD_CLOEXEC));
  if (!file) throw system_error("memfd", errno);
  for (std::size_t at = 0; at < input.size();) {
    const auto written = write(file.get(), input.data() + at, input.size() - at);
    if (written < 0) throw system_error("memfd", errno);
    at += static_cast<std::size_t>(written);
  }
  if (lseek(file.get(), 0, SEEK_SET) != 0) throw system_error("memfd", errno);
  return above_standard(std::move(file));
}

/// Holds off every signal, so that no handler of ours runs in a child that has not been set up.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before_);
  }
  ~SignalsBlocked() { sigprocmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

void make_children_waitable() {
  struct sigaction action {};
  if (sigaction(SIGCHLD, nullptr, &action) == 0 && action.sa_handler == SIG_IGN &&
      (action.sa_flags & SA_SIGINFO) == 0) {
    action.sa_handler = SIG_DFL;
    sigaction(SIGCHLD, &action, nullptr);
  }
}

int poll_for(pollfd& ready, milliseconds time) {
  const auto bounded = std::min<milliseconds::rep>(time.count(), INT_MAX);
  return poll(&ready, 1, static_cast<int>(bounded));
}

}  // namespace

Child Child::start_unprivileged(const Command& command) {
  return start(command, false);
}

Child Child::start_net_admin(const Command& command) {
  return start(command, true);
}

Child Child::start(const Command& command, bool net_admin) {
  if (command.program.empty() || command.program.front() != '/' ||
      (!net_admin && command.input.size() > most_input))
    throw Error(Exit::system, command.program, "can't be run this way");

  // Everything that allocates happens before the fork.
  std::vector<char*> arguments;
  arguments.push_back(const_cast<char*>(command.program.c_str()));
  for (const auto& argument : command.arguments)
    arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);

  const Fd null = open_null();
  const Fd input = command.input.empty() ? Fd()
                   : net_admin           ? filled_file(command.input)
                                         : filled_pipe(command.input);
  auto output = make_pipe();
  auto trouble = make_pipe();
  make_children_waitable();

  const User user = helper_user();
  Unprivileged plan;
  plan.user = user.uid;
  plan.group = user.gid;
  plan.own_user = user.own;
  plan.program = command.program.c_str();
  plan.arguments = arguments.data();
  plan.input = input ? input.get() : null.get();
  plan.output = output.write.get();
  plan.errors = net_admin ? output.write.get() : null.get();
  plan.trouble = trouble.write.get();
  plan.parent = getpid();
  plan.net_admin = net_admin;

  Child child;
  child.program_ = command.program;
  {
    const SignalsBlocked blocked;
    child.pid_ = fork();
    if (child.pid_ == 0) exec_unprivileged(plan);
    if (child.pid_ < 0) throw system_error(command.program, errno);
  }
  child.output_ = std::move(output.read);
  child.trouble_ = std::move(trouble.read);
#ifdef SYS_pidfd_open
  child.pidfd_.reset(static_cast<int>(syscall(SYS_pidfd_open, child.pid_, 0U)));
#endif
  return child;
}

Child::Child(Child&& other) noexcept
    : program_(std::move(other.program_)),
      pid_(std::exchange(other.pid_, -1)),
      status_(other.status_),
      output_(std::move(other.output_)),
      trouble_(std::move(other.trouble_)),
      pidfd_(std::move(other.pidfd_)) {}

Child& Child::operator=(Child&& other) noexcept {
  if (this == &other) return *this;
  kill_and_reap();
  program_ = std::move(other.program_);
  pid_ = std::exchange(other.pid_, -1);
  status_ = other.status_;
  output_ = std::move(other.output_);
  trouble_ = std::move(other.trouble_);
  pidfd_ = std::move(other.pidfd_);
  return *this;
}

Child::~Child() {
  kill_and_reap();
}

Outcome Child::finish(Deadline deadline, std::size_t most_output) {
  Outcome outcome;
  read_output(outcome, deadline, most_output);
  while (!outcome.timed_out && !outcome.too_much && !reap(false)) {
    if (deadline.over())
      outcome.timed_out = true;
    else
      wait_for_end(deadline);
  }
  kill_and_reap();
  throw_if_not_run();
  if (WIFEXITED(status_))
    outcome.exit_status = WEXITSTATUS(status_);
  else if (WIFSIGNALED(status_))
    outcome.signal = WTERMSIG(status_);
  return outcome;
}

/// Until everybody who has the other end of its stdout is gone, or the deadline, or the limit.
void Child::read_output(Outcome& outcome, Deadline deadline, std::size_t most) {
  std::array<char, 4096> buffer{};
  for (;;) {
    pollfd ready{output_.get(), POLLIN, 0};
    const int count = poll_for(ready, deadline.left());
    if (count < 0 && errno != EINTR) throw system_error(program_, errno);
    if (count <= 0) {
      // A signal, or a time too long for one poll().
      if (!deadline.over()) continue;
      outcome.timed_out = true;
      return;
    }
    const auto size = read(output_.get(), buffer.data(), buffer.size());
    if (size < 0 && errno != EINTR) throw system_error(program_, errno);
    if (size == 0) return;
    if (size < 0) continue;
    const auto taken = std::min(static_cast<std::size_t>(size), most - outcome.output.size());
    outcome.output.append(buffer.data(), taken);
    if (taken < static_cast<std::size_t>(size)) {
      outcome.too_much = true;
      return;
    }
  }
}

/// Returns when the process may have ended, or at the deadline, or sooner.
void Child::wait_for_end(Deadline deadline) {
  // Without a pidfd, wait() can't wait for the end of the process. A process that closed its stdout
  // is about to end anyway.
  pollfd ready{pidfd_.get(), POLLIN, 0};
  poll_for(ready, pidfd_ ? deadline.left() : milliseconds(1));
}

bool Child::reap(bool block) {
  if (pid_ <= 0) return true;
  pid_t result = -1;
  do result = waitpid(pid_, &status_, block ? 0 : WNOHANG);
  while (result < 0 && errno == EINTR);
  if (result == 0) return false;
  // It can't fail for a child that is ours alone; if another part of the process has reaped it, the
  // status is a bad one.
  if (result < 0) status_ = 127 << 8;
  pid_ = -1;
  return true;
}

void Child::kill_and_reap() noexcept {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  // Its children are in its session. The number stays its own until it is reaped.
  kill(-pid_, SIGKILL);
  reap(true);
}

void Child::throw_if_not_run() {
  Trouble trouble{};
  // The one writer was the child before it became the program, so this doesn't wait.
  const auto size = read(trouble_.get(), &trouble, sizeof trouble);
  if (size != static_cast<ssize_t>(sizeof trouble)) return;
  const auto why = system_error(program_, trouble.error_number);
  throw Error(why.status(), program_,
              std::string("not run, because ") + name_of(trouble.step) + " failed: " + why.why());
}

Outcome run_net_admin(const Command& command, Deadline deadline, std::size_t most_output) {
  return Child::start_net_admin(command).finish(deadline, most_output);
}

Outcome run_unprivileged(const Command& command, Deadline deadline, std::size_t most_output) {
  return Child::start_unprivileged(command).finish(deadline, most_output);
}

}  // namespace situp
