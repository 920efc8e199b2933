// SPDX-License-Identifier: GPL-2.0-or-later
// Runs two sides in turn, A B A B …, and prints one row of a table: the ratio of their medians.
//
// It starts every command itself (fork, exec, wait4), so that no shell is in what is measured, and
// it is small and static, because what a process inherits at its fork counts as its own peak memory
// until it has a larger one.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <vector>

namespace {

constexpr const char* usage =
    "usage: pairs --name TEXT [OPTION…] --a COMMANDS --b COMMANDS\n"
    "  --a --b COMMANDS                       the two sides; commands are parted by a lone +\n"
    "  --before-a --after-a --before-b --after-b COMMANDS   run around a side, not measured\n"
    "  --measure time|cpu|memory              wall clock; user + system time; largest peak "
    "(default time)\n"
    "  --target RATIO                         what A / B is to stay below\n"
    "  --pairs N --warm N                     counted pairs (default 11), and pairs before them "
    "(default 1)\n"
    "  --a-below NUMBER                       what A's median is to stay below, in milliseconds or "
    "KiB\n";

[[noreturn]] void fail(const char* what, const char* why) {
  fprintf(stderr, "pairs: %s: %s\n", what, why);
  exit(2);
}

using Command = std::vector<char*>;  // the last one null, for execvp
using Commands = std::vector<Command>;

enum class Measure { time, cpu, memory };

struct Side {
  Commands before, commands, after;
  std::vector<double> values;
};

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

struct Cost {
  double time = 0, cpu = 0, memory = 0;  // milliseconds, milliseconds, KiB
};

/// Runs the commands one after the other. One that fails ends the whole run: a figure for work that
/// was not done would be a lie.
Cost run(const Commands& commands) {
  Cost cost;
  const double start = now();
  for (const Command& command : commands) {
    const pid_t child = fork();
    if (child < 0) fail("fork", strerror(errno));
    if (child == 0) {
      const int null = open("/dev/null", O_RDWR);
      dup2(null, 0);
      dup2(null, 1);
      execvp(command[0], command.data());
      _exit(127);
    }
    int status = 0;
    rusage used{};
    while (wait4(child, &status, 0, &used) < 0)
      if (errno != EINTR) fail("wait4", strerror(errno));
    if (status != 0) fail(command[0], command.size() > 2 ? command[1] : "it failed");
    cost.cpu += (seconds(used.ru_utime) + seconds(used.ru_stime)) * 1e3;
    cost.memory = std::max(cost.memory, static_cast<double>(used.ru_maxrss));
  }
  cost.time = (now() - start) * 1e3;
  return cost;
}

double run(const Side& side, Measure measure) {
  run(side.before);
  const Cost cost = run(side.commands);
  run(side.after);
  return measure == Measure::time ? cost.time : measure == Measure::cpu ? cost.cpu : cost.memory;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

/// Words up to the next option of ours, as commands.
Commands take_commands(char** words, int count, int& at) {
  Commands commands(1);
  constexpr const char* options[] = {"--a",        "--b",       "--before-a", "--after-a",
                                     "--before-b", "--after-b", "--measure",  "--target",
                                     "--pairs",    "--warm",    "--name",     "--a-below"};
  const auto is_option = [&](const char* word) {
    return std::any_of(std::begin(options), std::end(options),
                       [word](const char* option) { return strcmp(word, option) == 0; });
  };
  while (at + 1 < count && !is_option(words[at + 1])) {
    char* word = words[++at];
    if (strcmp(word, "+") == 0)
      commands.emplace_back();
    else
      commands.back().push_back(word);
  }
  for (Command& command : commands) {
    if (command.empty()) fail(words[at], "a command is missing");
    command.push_back(nullptr);
  }
  return commands;
}

}  // namespace

int main(int argc, char** argv) {
  Side a, b;
  const char* name = nullptr;
  double target = 0, a_below = 0;
  int pairs = 11, warm = 1;
  Measure measure = Measure::time;
  for (int at = 1; at < argc; ++at) {
    const char* word = argv[at];
    const auto is = [word](const char* option) { return strcmp(word, option) == 0; };
    const auto value = [&] {
      if (at + 1 >= argc) fail(word, "needs a value");
      return argv[++at];
    };
    if (is("--a"))
      a.commands = take_commands(argv, argc, at);
    else if (is("--b"))
      b.commands = take_commands(argv, argc, at);
    else if (is("--before-a"))
      a.before = take_commands(argv, argc, at);
    else if (is("--after-a"))
      a.after = take_commands(argv, argc, at);
    else if (is("--before-b"))
      b.before = take_commands(argv, argc, at);
    else if (is("--after-b"))
      b.after = take_commands(argv, argc, at);
    else if (is("--name"))
      name = value();
    else if (is("--target"))
      target = atof(value());
    else if (is("--a-below"))
      a_below = atof(value());
    else if (is("--pairs"))
      pairs = atoi(value());
    else if (is("--warm"))
      warm = atoi(value());
    else if (is("--measure")) {
      const char* what = value();
      measure = strcmp(what, "memory") == 0 ? Measure::memory
                : strcmp(what, "cpu") == 0  ? Measure::cpu
                                            : Measure::time;
    } else {
      fputs(usage, stderr);
      return 2;
    }
  }
  if (name == nullptr || a.commands.empty() || b.commands.empty() || pairs < 1) {
    fputs(usage, stderr);
    return 2;
  }

  std::vector<double> ratios;
  for (int pair = -warm; pair < pairs; ++pair) {
    const double of_a = run(a, measure);
    const double of_b = run(b, measure);
    if (pair < 0) continue;
    a.values.push_back(of_a);
    b.values.push_back(of_b);
    ratios.push_back(of_a / of_b);
  }
  const double of_a = median(a.values);
  const double of_b = median(b.values);
  const double ratio = of_a / of_b;
  const auto [least, most] = std::minmax_element(ratios.begin(), ratios.end());
  const char* unit = measure == Measure::memory ? "KiB" : "ms";
  const int digits = measure == Measure::memory ? 0 : 1;
  const bool good = (target == 0 || ratio <= target) && (a_below == 0 || of_a <= a_below);
  char wanted[64] = "–";
  if (target != 0 && a_below != 0)
    snprintf(wanted, sizeof wanted, "≤ %.2f, A ≤ %.0f %s", target, a_below, unit);
  else if (target != 0)
    snprintf(wanted, sizeof wanted, "≤ %.2f", target);
  else if (a_below != 0)
    snprintf(wanted, sizeof wanted, "A ≤ %.0f %s", a_below, unit);
  printf("| %s | %.*f %s | %.*f %s | **%.2f** | %.2f–%.2f | %s | %s |\n", name, digits, of_a, unit,
         digits, of_b, unit, ratio, *least, *most, wanted,
         target == 0 && a_below == 0 ? ""
         : good                      ? "met"
                                     : "MISSED");
  return 0;
}
