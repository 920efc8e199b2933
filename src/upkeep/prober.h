// SPDX-License-Identifier: GPL-2.0-or-later
// The keepalive of one tunnel: when to probe its far end, and the meaning of silence. Pure: the
// clock and the socket are the caller's.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "upkeep/moment.h"

namespace situp {

enum class Health { unknown, alive, dead };
const char* word_of(Health health);

/// The results of the last probes.
struct Samples {
  static constexpr std::size_t most = 64;
  std::deque<std::optional<std::chrono::microseconds>> last;  // empty = no answer
  std::uint64_t sent = 0, lost = 0;                           // since the beginning
};

/// A round is one probe, and after a second of silence another three, 1, 2 and 4 s after the first
/// one. None answered: dead. Any answer: alive.
class Prober {
 public:
  /// Unless set_dead_interval() says otherwise.
  static constexpr std::chrono::seconds usual_dead_interval{30};

  /// `interval` is from one round to the next. While the far end is dead, rounds come at least
  /// every 30 s.
  Prober(std::chrono::seconds interval, Moment first, std::chrono::seconds second_after);

  struct Step {
    std::optional<std::uint16_t> send;  // a probe with this sequence number is to be sent
    std::optional<Health> became;       // alive or dead, where that is new
  };
  /// To be called at next(), or later.
  Step tick(Moment now);
  /// An answer to a probe. Late and foreign ones have no effect.
  std::optional<Health> answered(std::uint16_t sequence, Moment now);
  /// Something has changed: the far end is to be asked at once.
  void ask_now(Moment now);
  /// From now on; also the next round comes no later than that after the last one.
  void set_interval(std::chrono::seconds interval, Moment now);
  /// The longest time from one round to the next while the far end is dead; from now on, as above.
  void set_dead_interval(std::chrono::seconds interval, Moment now);
  /// Another message of the far end has told that it is there: the interval begins anew, unless the
  /// far end has stopped answering probes.
  void heard(Moment now);
  std::chrono::seconds interval() const { return interval_; }
  std::chrono::seconds dead_interval() const { return dead_interval_; }
  bool has_answered() const { return has_answered_; }  // since the beginning
  bool is_between_rounds() const { return round_.empty(); }

  Moment next() const { return next_; }
  Health health() const { return health_; }
  const Samples& samples() const { return samples_; }

 private:
  struct Probe {
    std::uint16_t sequence = 0;
    Moment sent;
    std::optional<std::chrono::microseconds> took;
  };
  void end_round();
  std::chrono::seconds pause() const;
  void come_forward(Moment now);
  std::optional<Health> become(Health health);

  std::chrono::seconds interval_, dead_interval_ = usual_dead_interval;
  std::optional<std::chrono::seconds> second_after_;
  Moment next_, round_began_;
  std::vector<Probe> round_;  // empty between rounds
  std::uint16_t sequence_ = 0;
  Health health_ = Health::unknown;
  bool has_answered_ = false;
  Samples samples_;
};

}  // namespace situp
