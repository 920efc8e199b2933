// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>

#include "upkeep/moment.h"
#include "upkeep/retry.h"

namespace situp {

/// Decides when to inspect a tunnel after a possible change: changes in quick succession at once,
/// changes that go on ever more rarely, and failures again after a while. Pure.
class Pacer {
 public:
  /// Something may have changed.
  void wanted(Moment now);
  /// By then the tunnel is to be looked at in any case.
  void not_later_than(Moment when);
  /// The inspection begins.
  void began(Moment now);
  /// All is right.
  void succeeded() { retry_.succeeded(); }
  /// `random` is any 32 random bits.
  void failed(Moment now, std::uint32_t random);

  std::optional<Moment> due() const { return due_; }
  /// The last inspection has failed.
  bool is_retry() const { return retry_.has_failed(); }

 private:
  std::optional<Moment> due_;
  bool wanted_ = false;               // something may have changed since the last inspection
  std::optional<Moment> last_;        // the start of the last inspection after a possible change
  std::chrono::milliseconds gap_{0};  // the least time between two of these
  Retry retry_;
};

}  // namespace situp
