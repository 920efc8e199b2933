// SPDX-License-Identifier: GPL-2.0-or-later
#include "upkeep/prober.h"

#include <algorithm>
#include <array>

namespace situp {
namespace {

using std::chrono::seconds;

// After the first probe of a round: when it is asked again, and in the end, when it is given up.
constexpr std::array<seconds, 4> again{seconds(1), seconds(2), seconds(4), seconds(6)};

}  // namespace

const char* word_of(Health health) {
  static constexpr const char* words[] = {"unknown", "alive", "dead"};
  return words[static_cast<int>(health)];
}

Prober::Prober(seconds interval, Moment first, seconds second_after)
    : interval_(interval), second_after_(second_after), next_(first), round_began_(first) {}

Prober::Step Prober::tick(Moment now) {
  Step step;
  if (now < next_) return step;
  const bool is_over = round_.size() == again.size();
  if (is_over) {
    end_round();
    step.became = become(Health::dead);
    next_ = std::max(now, round_began_ + pause());
    return step;
  }
  if (round_.empty()) round_began_ = now;
  round_.push_back({++sequence_, now, std::nullopt});
  ++samples_.sent;
  step.send = sequence_;
  next_ = round_began_ + again.at(round_.size() - 1);
  return step;
}

std::optional<Health> Prober::answered(std::uint16_t sequence, Moment now) {
  const auto probe = std::find_if(round_.begin(), round_.end(), [sequence](const Probe& sent) {
    return sent.sequence == sequence;
  });
  if (probe == round_.end()) return std::nullopt;
  probe->took = std::chrono::duration_cast<std::chrono::microseconds>(now - probe->sent);
  end_round();
  has_answered_ = true;
  next_ = std::max(now, round_began_ + second_after_.value_or(interval_));
  second_after_.reset();
  return become(Health::alive);
}

void Prober::ask_now(Moment now) {
  if (round_.empty()) next_ = std::min(next_, now);
}

void Prober::set_interval(seconds interval, Moment now) {
  interval_ = interval;
  come_forward(now);
}

void Prober::set_dead_interval(seconds interval, Moment now) {
  dead_interval_ = interval;
  come_forward(now);
}

seconds Prober::pause() const {
  return health_ == Health::dead ? std::min(interval_, dead_interval_) : interval_;
}

/// The next round comes no later than the present pause says.
void Prober::come_forward(Moment now) {
  if (round_.empty()) next_ = std::min(next_, std::max(now, round_began_ + pause()));
}

void Prober::heard(Moment now) {
  const bool has_stopped = has_answered_ && health_ == Health::dead;
  if (!round_.empty() || health_ == Health::unknown || has_stopped) return;
  round_began_ = now;
  next_ = std::max(next_, now + interval_);
}

void Prober::end_round() {
  for (const Probe& probe : round_) {
    if (!probe.took) ++samples_.lost;
    samples_.last.push_back(probe.took);
    if (samples_.last.size() > Samples::most) samples_.last.pop_front();
  }
  round_.clear();
}

std::optional<Health> Prober::become(Health health) {
  if (health == health_) return std::nullopt;
  health_ = health;
  return health;
}

}  // namespace situp
