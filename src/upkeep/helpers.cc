// SPDX-License-Identifier: GPL-2.0-or-later
#include "upkeep/helpers.h"

namespace situp {
namespace {

// A thousand tunnels whose endpoints are names must not become a thousand processes.
constexpr std::size_t most_at_once = 4;

// From the end of its output to its own end; only a broken helper takes longer.
constexpr std::chrono::milliseconds last_steps{500};

}  // namespace

Helpers::~Helpers() {
  for (const auto& [descriptor, running] : running_) loop_.forget(descriptor);
}

void Helpers::run(Command command, std::chrono::milliseconds time, Done done) {
  waiting_.push_back({std::move(command), time, std::move(done)});
  start_soon();
}

/// Not from within the caller: `done` is to find it finished.
void Helpers::start_soon() {
  loop_.at(std::chrono::steady_clock::now(), [this] { start(); });
}

void Helpers::start() {
  while (!waiting_.empty() && running_.size() < most_at_once) {
    Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    try {
      Child child = Child::start_unprivileged(next.command);
      const int descriptor = child.output();
      loop_.watch_for_end(descriptor, [this, descriptor] { end(descriptor, true); });
      const Loop::Timer late = loop_.at(std::chrono::steady_clock::now() + next.time,
                                        [this, descriptor] { end(descriptor, false); });
      running_.emplace(descriptor, Running{std::move(child), std::move(next.done), late});
    } catch (const Error& error) {
      // The others must be started even if `done` throws.
      start_soon();
      return next.done({{}, error});
    }
  }
}

void Helpers::end(int descriptor, bool in_time) {
  auto node = running_.extract(descriptor);
  if (node.empty()) return;
  loop_.forget(descriptor);
  Running& running = node.mapped();
  loop_.cancel(running.late);
  End result;
  try {
    result.outcome =
        running.child.finish(Deadline::in(in_time ? last_steps : std::chrono::milliseconds(0)));
  } catch (const Error& error) {
    result.error = error;
  }
  start_soon();  // as above
  running.done(result);
}

}  // namespace situp
