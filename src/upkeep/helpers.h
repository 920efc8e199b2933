// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <optional>

#include "base/child.h"
#include "upkeep/loop.h"

namespace situp {

/// Runs unprivileged programs beside the loop, a few at a time.
class Helpers {
 public:
  explicit Helpers(Loop& loop) : loop_(loop) {}
  Helpers(const Helpers&) = delete;
  Helpers& operator=(const Helpers&) = delete;
  ~Helpers();

  /// How a program ended, or why it could not be run.
  struct End {
    Outcome outcome;
    std::optional<Error> error;
  };
  using Done = std::function<void(const End&)>;
  /// `done` is called once, from the loop; after `time` the program is killed.
  void run(Command command, std::chrono::milliseconds time, Done done);

 private:
  struct Waiting {
    Command command;
    std::chrono::milliseconds time;
    Done done;
  };
  struct Running {
    Child child;
    Done done;
    Loop::Timer late;
  };
  void start();
  void start_soon();
  void end(int descriptor, bool in_time);

  Loop& loop_;
  std::deque<Waiting> waiting_;
  std::map<int, Running> running_;  // by the descriptor of its output
};

}  // namespace situp
