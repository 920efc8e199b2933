// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "base/error.h"
#include "base/fd.h"
#include "upkeep/moment.h"

namespace situp {

/// Waits for descriptors and moments, and calls their callbacks, one at a time. Timers that are due
/// within a hundredth of a second of each other share one wake-up.
class Loop {
 public:
  /// Names a timer until it has gone off; made by at() only.
  struct Timer {
    Moment when;
    std::uint64_t number = 0;  // 0 = none
  };

  Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// `ready` is called whenever there is something to be read, until forget(). The descriptor stays
  /// the caller's.
  void watch(int descriptor, std::function<void()> ready);
  /// Calls `over` once the other end of a pipe is closed, with or without data in the pipe.
  void watch_for_end(int descriptor, std::function<void()> over);
  void forget(int descriptor);

  Timer at(Moment when, std::function<void()> due);
  /// The timer won't go off, even if it is due. One that has gone off, or is none, is fine.
  void cancel(Timer& timer);

  /// Until stop(). `failed` gets the Errors of callbacks.
  void run(const std::function<void(const Error&)>& failed);
  void stop() { stopped_ = true; }

 private:
  using Callback = std::shared_ptr<const std::function<void()>>;
  using Key = std::pair<Moment, std::uint64_t>;
  void add(int descriptor, std::uint32_t events, std::function<void()> callback);
  void arm();
  void go_off(const std::function<void(const Error&)>& failed);

  Fd epoll_, clock_;
  std::map<int, Callback> watched_;
  std::map<Key, std::function<void()>> timers_;
  Moment armed_for_{};
  std::uint64_t last_number_ = 0;
  bool stopped_ = false;
};

}  // namespace situp
