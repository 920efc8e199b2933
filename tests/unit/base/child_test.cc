// SPDX-License-Identifier: GPL-2.0-or-later
// Run as root these tests see root's privileges go; run as anybody else they see that nothing more
// is there than before.
#include "base/child.h"

#include <dirent.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/user.h"

using namespace situp;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

const char* const shell = "/bin/sh";

/// For what ends by itself. Only a machine that hangs takes so long.
constexpr std::chrono::hours ample(1);

Outcome run(const char* program, std::vector<std::string> arguments, std::string input = {},
            Deadline deadline = Deadline::in(ample), std::size_t most = 65536) {
  return run_unprivileged({program, std::move(arguments), std::move(input)}, deadline, most);
}

std::string shell_says(const char* script) {
  const auto outcome = run(shell, {"-c", script});
  CHECK(outcome.exit_status == 0);
  return outcome.output;
}

/// The value of "NAME:\tVALUE" in the child's /proc/self/status.
std::string status_line(const std::string& status, const std::string& name) {
  const auto at = status.find('\n' + name + ":\t");
  REQUIRE(at != std::string::npos);
  const auto from = at + name.size() + 3;
  return status.substr(from, status.find('\n', from) - from);
}

/// As real, effective, saved and file system's.
std::string four_times(unsigned number) {
  const std::string text = std::to_string(number);
  return text + '\t' + text + '\t' + text + '\t' + text;
}

/// A set of signals but for the two that the C library keeps for itself and lets nobody change.
std::uint64_t signals(const std::string& status, const std::string& name) {
  const std::uint64_t reserved = std::uint64_t{3} << 31;
  return std::stoull(status_line(status, name), nullptr, 16) & ~reserved;
}

int open_descriptors() {
  int count = 0;
  DIR* directory = opendir("/proc/self/fd");
  REQUIRE(directory != nullptr);
  while (readdir(directory) != nullptr) ++count;
  closedir(directory);
  return count;
}

/// QEMU's user emulation ignores this limit.
bool memory_can_be_limited() {
  rlimit before{}, after{};
  REQUIRE(getrlimit(RLIMIT_AS, &before) == 0);
  const rlimit wanted{before.rlim_max - 1, before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_AS, &wanted) == 0);
  REQUIRE(getrlimit(RLIMIT_AS, &after) == 0);
  REQUIRE(setrlimit(RLIMIT_AS, &before) == 0);
  return after.rlim_cur == wanted.rlim_cur;
}

std::string error_of(const Command& command) {
  try {
    run_unprivileged(command, Deadline::in(ample));
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("nothing of the caller's privileges is left") {
  const auto outcome = run("/bin/cat", {"/proc/self/status"});
  REQUIRE(outcome.exit_status == 0);
  const auto& status = outcome.output;
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapAmb"}) {
    CAPTURE(set);
    CHECK(status_line(status, set) == "0000000000000000");
  }
  CHECK(status_line(status, "NoNewPrivs") == "1");
  if (geteuid() == 0) {
    CHECK(status_line(status, "CapBnd") == "0000000000000000");
    CHECK(status_line(status, "Uid") == four_times(helper_user().uid));
    CHECK(status_line(status, "Gid") == four_times(helper_user().gid));
    const auto groups = status_line(status, "Groups");
    CHECK(groups.find_first_not_of(' ') == std::string::npos);
  }
  for (const char* set : {"SigBlk", "SigIgn", "SigCgt"}) {
    CAPTURE(set);
    CHECK(signals(status, set) == 0);
  }
  CHECK(status_line(status, "Umask") == "0077");
}

TEST_CASE("what may change the network may do nothing else") {
  if (geteuid() != 0) return;
  const auto net_admin = [](std::vector<std::string> arguments, std::string input = {}) {
    return run_net_admin({shell, std::move(arguments), std::move(input)}, Deadline::in(ample),
                         65536);
  };
  const auto outcome = net_admin({"-c", "cat /proc/self/status"});
  REQUIRE(outcome.exit_status == 0);
  const auto& status = outcome.output;
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}) {
    CAPTURE(set);
    CHECK(status_line(status, set) == "0000000000001000");  // bit 12
  }
  CHECK(status_line(status, "NoNewPrivs") == "1");
  CHECK(status_line(status, "Uid") == four_times(helper_user().uid));
  CHECK(status_line(status, "Gid") == four_times(helper_user().gid));
  CHECK(net_admin({"-c", "cat /etc/shadow"}).exit_status != 0);
  // Its input may be opened again, and be longer than a pipe takes; its complaints are heard.
  const std::string much(100000, 'x');
  CHECK(net_admin({"-c", "cat /dev/stdin | wc -c"}, much).output == "100000\n");
  CHECK(net_admin({"-c", "echo why >&2; exit 3"}).output == "why\n");
  CHECK(net_admin({"-c", "exit 3"}).exit_status == 3);
}

TEST_CASE("ignored and blocked signals are not handed on") {
  sigset_t some;
  sigset_t before;
  sigemptyset(&some);
  sigaddset(&some, SIGTERM);
  sigprocmask(SIG_BLOCK, &some, &before);
  const auto handler = signal(SIGHUP, SIG_IGN);
  const auto status = run("/bin/cat", {"/proc/self/status"}).output;
  CHECK((signal(SIGHUP, handler) == SIG_IGN));
  sigset_t now;
  sigprocmask(SIG_SETMASK, &before, &now);
  CHECK(signals(status, "SigBlk") == 0);
  CHECK(signals(status, "SigIgn") == 0);
  CHECK(sigismember(&now, SIGTERM) == 1);
  CHECK(sigismember(&now, SIGUSR1) == 0);
}

TEST_CASE("only three descriptors are open") {
  // Without FD_CLOEXEC, and one with a high number.
  const Fd left_open(open("/etc/passwd", O_RDONLY));
  const Fd high(fcntl(left_open.get(), F_DUPFD, 900));
  REQUIRE(high);
  // ls has the directory itself open, as 3.
  const auto outcome = run("/bin/ls", {"/proc/self/fd"});
  CHECK(outcome.output == "0\n1\n2\n3\n");
  CHECK(shell_says("readlink /proc/self/fd/0 /proc/self/fd/2") == "/dev/null\n/dev/null\n");
}

TEST_CASE("the caller's standard descriptors may be closed") {
  const pid_t pid = fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    for (int fd = 0; fd < 3; ++fd) close(fd);
    const auto outcome = run("/bin/cat", {}, "through");
    _exit(outcome.output == "through" && outcome.exit_status == 0 ? 0 : 1);
  }
  int status = -1;
  CHECK(waitpid(pid, &status, 0) == pid);
  CHECK(status == 0);
}

TEST_CASE("the surroundings are fixed") {
  setenv("http_proxy", "http://127.0.0.1:1", 1);
  CHECK(run("/usr/bin/env", {}).output ==
        "LC_ALL=C\nPATH=/usr/sbin:/usr/bin:/sbin:/bin\nGNUTLS_NO_IMPLICIT_INIT=1\n");
  unsetenv("http_proxy");
  CHECK(shell_says("pwd") == "/\n");
  CHECK(shell_says("ulimit -c; ulimit -f; ulimit -n; ulimit -Hn") == "0\n0\n64\n64\n");
  CHECK(shell_says("ulimit -t; ulimit -Ht; ulimit -s") == "60\n60\n8192\n");
  if (memory_can_be_limited()) CHECK(shell_says("ulimit -v") == "1048576\n");
  // Those of nobody and of a person are counted together with all their others.
  if (helper_user().own)
    CHECK(run("/bin/cat", {"/proc/self/limits"}).output.find("\nMax processes             4096 ") !=
          std::string::npos);
  // No terminal: a session whose leader is the program itself.
  CHECK(shell_says(
            "read -r _ _ _ _ _ session tty _ </proc/self/stat; test $session = $$ && echo $tty") ==
        "0\n");
}

TEST_CASE("arguments, input and output are handed over as they are") {
  const auto outcome =
      run(shell, {"-c", "printf '<%s>' \"$@\"; cat", "sh", "", "a b", "$(id)", "*"}, "line\n");
  CHECK(outcome.output == "<><a b><$(id)><*>line\n");
  CHECK(outcome.exit_status == 0);
  CHECK(outcome.signal == 0);
  CHECK_FALSE(outcome.timed_out);
  CHECK_FALSE(outcome.too_much);
  CHECK(run("/bin/cat", {}, std::string(4096, 'x')).output.size() == 4096);
  CHECK_THROWS_AS(run("/bin/cat", {}, std::string(4097, 'x')), Error);
}

TEST_CASE("how it ended is told") {
  CHECK(run(shell, {"-c", "exit 7"}).exit_status == 7);
  const auto killed = run(shell, {"-c", "kill -TERM $$"});
  CHECK(killed.signal == SIGTERM);
  CHECK(killed.exit_status == -1);
  CHECK_FALSE(killed.timed_out);
}

TEST_CASE("a program that reads nothing of its input is no trouble") {
  CHECK(run("/bin/true", {}, "secret").exit_status == 0);
}

TEST_CASE("the deadline holds, whatever it does") {
  for (const char* script :
       {"sleep 60", "exec >&-; sleep 60", "trap '' TERM HUP INT; while :; do :; done",
        "sleep 60 & exit 0", "echo some; exec sleep 60"}) {
    CAPTURE(script);
    const auto outcome = run(shell, {"-c", script}, {}, Deadline::in(milliseconds(200)));
    CHECK(outcome.timed_out);
    CHECK(outcome.exit_status != 127);
  }
  // A busy machine may take longer than the first of these to begin the shell.
  std::string output;
  for (milliseconds wait(300); output.empty() && wait < seconds(60); wait *= 2)
    output = run(shell, {"-c", "echo some; exec sleep 60"}, {}, Deadline::in(wait)).output;
  CHECK(output == "some\n");
}

TEST_CASE("too much output ends it") {
  const auto outcome = run("/usr/bin/yes", {}, {}, Deadline::in(ample), 1000);
  CHECK(outcome.too_much);
  CHECK(outcome.output.size() == 1000);
  CHECK(outcome.signal == SIGKILL);
  const auto exact = run("/bin/cat", {}, std::string(1000, 'x'), Deadline::in(ample), 1000);
  CHECK_FALSE(exact.too_much);
  CHECK(exact.output.size() == 1000);
}

TEST_CASE("what can't be run is an error that says why") {
  CHECK(error_of({"/nonexistent/program", {}}) ==
        "/nonexistent/program: not run, because running it failed: no such file or directory");
  CHECK(error_of({"/etc/passwd", {}}).find("permission denied") != std::string::npos);
  CHECK(error_of({"relative", {}}) == "relative: can't be run this way");
}

TEST_CASE("no process and no descriptor is left behind") {
  const int before = open_descriptors();
  for (int i = 0; i < 20; ++i) {
    run("/bin/true", {});
    run(shell, {"-c", "sleep 60 & sleep 60"}, {}, Deadline::in(milliseconds(5)));
    error_of({"/nonexistent/program", {}});
    const auto abandoned = Child::start_unprivileged({"/bin/sleep", {"60"}});
    auto moved_from = Child::start_unprivileged({"/bin/sleep", {"60"}});
    auto moved_to = std::move(moved_from);
    moved_to = Child::start_unprivileged({"/bin/true", {}});
    CHECK(moved_to.finish(Deadline::in(ample)).exit_status == 0);
  }
  CHECK(open_descriptors() == before);
  CHECK(waitpid(-1, nullptr, WNOHANG) == -1);
  CHECK(errno == ECHILD);
}

TEST_CASE("an ignored SIGCHLD does not lose the status") {
  CHECK((signal(SIGCHLD, SIG_IGN) == SIG_DFL));
  CHECK(run(shell, {"-c", "exit 7"}).exit_status == 7);
  CHECK((signal(SIGCHLD, SIG_DFL) == SIG_DFL));
}

TEST_CASE("signals in the caller interrupt nothing") {
  struct sigaction count {};
  struct sigaction before {};
  count.sa_handler = [](int) {};
  sigaction(SIGALRM, &count, &before);
  ualarm(2000, 2000);
  const auto outcome = run(shell, {"-c", "sleep 0.2; echo done"});
  ualarm(0, 0);
  sigaction(SIGALRM, &before, nullptr);
  CHECK(outcome.output == "done\n");
  CHECK(outcome.exit_status == 0);
}

TEST_CASE("it dies with its parent") {
  std::array<int, 2> ends{};
  REQUIRE(pipe(ends.data()) == 0);
  const pid_t parent = fork();
  REQUIRE(parent >= 0);
  if (parent == 0) {
    const auto child = Child::start_unprivileged({"/bin/sleep", {"60"}});
    const pid_t pid = child.pid();
    if (write(ends[1], &pid, sizeof pid) != sizeof pid) _exit(1);
    kill(getpid(), SIGKILL);
  }
  pid_t grandchild = -1;
  REQUIRE(read(ends[0], &grandchild, sizeof grandchild) == sizeof grandchild);
  close(ends[0]);
  close(ends[1]);
  waitpid(parent, nullptr, 0);
  bool gone = false;
  for (int i = 0; i < 1000 && !gone; ++i) {
    // A zombie that nobody reaps in a container still is a process.
    const std::string path = "/proc/" + std::to_string(grandchild) + "/stat";
    const Fd stat(open(path.c_str(), O_RDONLY));
    std::array<char, 256> text{};
    gone = !stat || read(stat.get(), text.data(), text.size() - 1) <= 0 ||
           std::string(text.data()).find(") Z ") != std::string::npos;
    if (!gone) poll(nullptr, 0, 10);
  }
  CHECK(gone);
}
