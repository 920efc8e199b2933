// SPDX-License-Identifier: GPL-2.0-or-later
#include "upkeep/broker_keeper.h"

#include <algorithm>

namespace situp {
namespace {

// Where no keepalive tells that the public address has gone.
constexpr std::int64_t poll_interval = 600;

// While the far end is silent, the metadata service may be about to know a new address.
constexpr std::int64_t first_look = 5;
constexpr std::int64_t longest_look = 300;

// So long after a death its reason may still be a new address that metadata doesn't know yet: to
// tell the old one once more would put the call off that is needed.
constexpr std::int64_t patience = 120;

// Without a silent far end, and without a public address that the call needs: a cloud may give one
// to a host at any time, or never.
constexpr std::int64_t first_wait = 60;
constexpr std::int64_t longest_wait = 600;

/// Twice as long each time.
std::int64_t next_pause(std::int64_t first, std::int64_t longest, unsigned& times) {
  const auto pause = std::min(first << std::min(times, 10U), longest);
  ++times;
  return pause;
}

/// For people who read it in the morning.
std::string news_of(const BrokerStop& stop, const BrokerState& state) {
  return broker_stop_text(stop, state) + (stop.why == BrokerStop::Why::fight
                                              ? ", and then tell it once: situp broker --force"
                                              : "");
}

}  // namespace

BrokerKeeper::BrokerKeeper(BrokerState state, BrokerSubject subject, bool metadata, bool polls)
    : state_(std::move(state)),
      subject_(std::move(subject)),
      asked_(subject_),
      metadata_(metadata),
      polls_(polls),
      known_(subject_.public_address.has_value()) {}

void BrokerKeeper::now_is(BrokerState state, std::string version) {
  state_ = std::move(state);
  subject_.version = std::move(version);
}

BrokerKeeper::Step BrokerKeeper::check(std::int64_t now) {
  if (busy_) {
    again_ = true;
    return {};
  }
  next_.reset();
  again_ = false;
  if (!metadata_ || known_) return decide(now);
  busy_ = true;
  return {Step::What::ask_metadata, {}, false};
}

BrokerKeeper::Step BrokerKeeper::local_changed(std::int64_t now, std::optional<Ipv4> local,
                                               std::optional<Ipv4> known, bool metadata) {
  metadata_ = metadata;
  subject_.local = local;
  subject_.public_address = known;
  known_ = known.has_value();
  lacks_ = 0;
  return check(now);
}

BrokerKeeper::Step BrokerKeeper::died(std::int64_t now) {
  dead_ = wanted_ = true;
  died_at_ = now;
  looks_ = 0;
  return check(now);
}

BrokerKeeper::Step BrokerKeeper::alive_again(std::int64_t now) {
  if (!dead_) return {};
  dead_ = wanted_ = false;
  return check(now);
}

BrokerKeeper::Step BrokerKeeper::public_address(std::int64_t now, std::optional<Ipv4> address) {
  busy_ = false;
  subject_.public_address = address;
  if (address) lacks_ = 0;
  if (again_) return check(now);
  return decide(now);
}

/// True if no value has changed here, but the far end is silent: another host may have updated the
/// broker, or an unknown public address may have changed. Once for each death.
bool BrokerKeeper::is_doubtful(std::int64_t now) const {
  const bool for_long = now < died_at_ || now >= died_at_ + patience;
  return wanted_ && (for_long || !subject_.public_address);
}

BrokerKeeper::Step BrokerKeeper::decide(std::int64_t now) {
  if (!is_news(state_, subject_) && !is_doubtful(now)) {
    rest(now);
    return {};
  }
  if (const BrokerStop* stop = stopped(state_, subject_)) {
    rest(now);
    if (told_stop_ == *stop) return {};
    told_stop_ = *stop;
    return {Step::What::nothing, "not asked again: " + news_of(*stop, state_), true};
  }
  if (const auto wait = too_early(state_, now).count(); wait > 0) {
    next_ = now + wait;
    return {};
  }
  busy_ = true;
  return {Step::What::call, {}, false};
}

/// No update is due now; sets the time of the next check.
void BrokerKeeper::rest(std::int64_t now) {
  next_.reset();
  if (!metadata_ || known_) {
    if (wanted_ && !is_doubtful(now)) next_ = died_at_ + patience;
    return;
  }
  if (dead_) {
    next_ = now + next_pause(first_look, longest_look, looks_);
  } else if (polls_) {
    next_ = now + poll_interval;
  }
}

void BrokerKeeper::called(std::int64_t now) {
  asked_ = subject_;
  note_call(state_, now);
}

void BrokerKeeper::postponed(std::int64_t now, std::int64_t seconds) {
  busy_ = false;
  next_ = now + seconds;
}

void BrokerKeeper::lacks_address(std::int64_t now) {
  busy_ = false;
  if (!metadata_)
    next_ = now + longest_wait;
  else if (dead_)
    next_ = now + next_pause(first_look, longest_look, looks_);
  else
    next_ = now + next_pause(first_wait, longest_wait, lacks_);
}

BrokerKeeper::Step BrokerKeeper::answered(std::int64_t now, const BrokerAnswer& answer,
                                          std::uint32_t random) {
  busy_ = false;
  note_answer(state_, asked_, answer, now, random);
  const Verdict verdict = verdict_on(answer, asked_.public_address);
  Step step;
  step.bad = verdict != Verdict::accepted || state_.stop.has_value();
  if (verdict == Verdict::accepted) {
    wanted_ = false;
    step.news = "the broker has been told" +
                (asked_.public_address ? " of " + asked_.public_address->str() : std::string()) +
                " (" + state_.answer + ")";
    if (state_.retaken > 0) step.news += "; another host had told it otherwise";
  } else {
    step.news = broker_answer_text(answer, state_.broker, asked_.public_address);
  }
  if (state_.stop) {
    told_stop_ = state_.stop;
    if (verdict == Verdict::accepted) step.news = news_of(*state_.stop, state_);
    // A refusal of the settings before the present ones leaves the update to be made.
    if (stopped(state_, subject_) != nullptr) wanted_ = false;
  }
  if (again_) {
    // At once, but not before the line is told.
    next_ = now;
  } else if (verdict == Verdict::later) {
    next_ = now + too_early(state_, now).count();
    step.news += "; again in " + std::to_string(*next_ - now) + " s";
  } else {
    rest(now);
  }
  return step;
}

}  // namespace situp
