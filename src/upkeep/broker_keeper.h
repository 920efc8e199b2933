// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "model/broker/state.h"

namespace situp {

/// Decides when situpd updates one tunnel's broker with a public address. Pure: the clock,
/// metadata, the broker and the file are the caller's. Times are seconds since 1970. Every event
/// returns the next step; the result of a step comes back as an event, and until then the keeper
/// asks for no other step.
class BrokerKeeper {
 public:
  /// `metadata`: it has the public address if `subject` has none. `polls`: only polling shows a
  /// change of it.
  BrokerKeeper(BrokerState state, BrokerSubject subject, bool metadata, bool polls);

  struct Step {
    enum class What { nothing, ask_metadata, call } what = What::nothing;
    std::string news;  // a line for people
    bool bad = false;  // it is none that they will like
  };

  /// The time that next() names has come, or anything may have changed.
  Step check(std::int64_t now);
  /// `known`: the public address, where it needs no question. `metadata` as above.
  Step local_changed(std::int64_t now, std::optional<Ipv4> local, std::optional<Ipv4> known,
                     bool metadata);
  /// The far end doesn't answer any more.
  Step died(std::int64_t now);
  Step alive_again(std::int64_t now);
  /// The answer of metadata; empty if it has none.
  Step public_address(std::int64_t now, std::optional<Ipv4> address);
  /// The call begins. The state has to be kept before it does.
  void called(std::int64_t now);
  /// There is no call now after all, but after so many seconds.
  void postponed(std::int64_t now, std::int64_t seconds);
  /// There is no call now, because it needs the public address, and that is not known.
  void lacks_address(std::int64_t now);
  /// The answer to that call, for the subject that it had, whatever has changed since. `random` is
  /// any 32 random bits.
  Step answered(std::int64_t now, const BrokerAnswer& answer, std::uint32_t random);

  /// The state that `situp broker` may have written meanwhile, and the version of the URL and keys.
  void now_is(BrokerState state, std::string version);

  std::optional<std::int64_t> next() const { return next_; }
  const BrokerState& state() const { return state_; }
  const BrokerSubject& subject() const { return subject_; }

 private:
  bool is_doubtful(std::int64_t now) const;
  Step decide(std::int64_t now);
  void rest(std::int64_t now);

  BrokerState state_;
  BrokerSubject subject_;
  BrokerSubject asked_;  // the subject of the last call
  bool metadata_, polls_;
  bool known_;          // the public address, without asking
  bool busy_ = false;   // metadata or the broker is being asked
  bool again_ = false;  // and something has changed meanwhile
  bool dead_ = false;
  std::int64_t died_at_ = 0;
  bool wanted_ = false;  // no update since the death
  unsigned looks_ = 0;   // since the death
  unsigned lacks_ = 0;   // calls without an address, since the last address or another LOCAL
  std::optional<BrokerStop> told_stop_;
  std::optional<std::int64_t> next_;
};

}  // namespace situp
