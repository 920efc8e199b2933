// SPDX-License-Identifier: GPL-2.0-or-later
#include "upkeep/loop.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>

#include <array>
#include <cerrno>
#include <vector>

namespace situp {
namespace {

constexpr std::chrono::milliseconds together{10};

template <typename Called>
void guarded(const Called& called, const std::function<void(const Error&)>& failed) {
  try {
    called();
  } catch (const Error& error) {
    failed(error);
  }
}

}  // namespace

Loop::Loop()
    : epoll_(epoll_create1(EPOLL_CLOEXEC)),
      clock_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {
  if (!epoll_ || !clock_) throw system_error("epoll", errno);
  watch(clock_.get(), [] {});
}

void Loop::add(int descriptor, std::uint32_t events, std::function<void()> callback) {
  epoll_event event{};
  event.events = events;
  event.data.fd = descriptor;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) < 0)
    throw system_error("epoll", errno);
  watched_[descriptor] = std::make_shared<const std::function<void()>>(std::move(callback));
}

void Loop::watch(int descriptor, std::function<void()> ready) {
  add(descriptor, EPOLLIN, std::move(ready));
}

void Loop::watch_for_end(int descriptor, std::function<void()> over) {
  add(descriptor, 0, std::move(over));  // EPOLLHUP comes without being asked for
}

void Loop::forget(int descriptor) {
  if (watched_.erase(descriptor) != 0) epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, descriptor, nullptr);
}

Loop::Timer Loop::at(Moment when, std::function<void()> due) {
  const Timer timer{when, ++last_number_};
  timers_.emplace(std::pair(when, timer.number), std::move(due));
  return timer;
}

void Loop::cancel(Timer& timer) {
  timers_.erase({timer.when, timer.number});
  timer.number = 0;
}

/// The clock for the first of the timers. Moments are of the same clock (CLOCK_MONOTONIC).
void Loop::arm() {
  const Moment first = timers_.empty() ? Moment{} : timers_.begin()->first.first;
  if (first == armed_for_) return;
  armed_for_ = first;
  itimerspec setting{};
  const auto since_boot = first.time_since_epoch();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since_boot);
  setting.it_value.tv_sec = static_cast<time_t>(seconds.count());
  setting.it_value.tv_nsec = static_cast<long>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(since_boot - seconds).count());
  if (timerfd_settime(clock_.get(), TFD_TIMER_ABSTIME, &setting, nullptr) < 0)
    throw system_error("timerfd", errno);
}

void Loop::go_off(const std::function<void(const Error&)>& failed) {
  const Moment now = std::chrono::steady_clock::now();
  if (timers_.empty() || timers_.begin()->first.first > now) return;
  // A callback may cancel others of these, which are then not called, and set timers: those that
  // are due at once come in the next turn.
  std::vector<Key> due;
  for (const auto& timer : timers_) {
    if (timer.first.first > now + together) break;
    due.push_back(timer.first);
  }
  armed_for_ = {};
  for (const Key& key : due) {
    const auto timer = timers_.extract(key);
    if (!timer.empty()) guarded(timer.mapped(), failed);
  }
}

void Loop::run(const std::function<void(const Error&)>& failed) {
  std::array<epoll_event, 16> events{};
  while (!stopped_) {
    go_off(failed);
    if (stopped_) return;
    arm();
    const int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
    if (count < 0 && errno != EINTR) throw system_error("epoll", errno);
    for (int i = 0; i < count && !stopped_; ++i) {
      const int descriptor = events.at(static_cast<std::size_t>(i)).data.fd;
      if (descriptor == clock_.get()) {
        std::uint64_t times = 0;
        [[maybe_unused]] const auto size = ::read(descriptor, &times, sizeof times);
        continue;
      }
      const auto found = watched_.find(descriptor);
      if (found == watched_.end()) continue;  // an earlier callback of this turn removed it
      const Callback callback = found->second;
      guarded(*callback, failed);
    }
  }
}

}  // namespace situp
