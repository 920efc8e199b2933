// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>

#include "upkeep/moment.h"

namespace situp {

/// The pauses between tries: each twice as long as the one before, up to five minutes. Pure.
class Retry {
 public:
  /// `random`: any 32 random bits. Full jitter but for a first half: many hosts that lost the same
  /// service don't come back to it at once.
  std::chrono::milliseconds pause(std::uint32_t random);
  /// The same; after a long time without a failure the pauses are short again.
  std::chrono::milliseconds pause(Moment now, std::uint32_t random);
  void succeeded() { failures_ = 0; }
  bool has_failed() const { return failures_ != 0; }

 private:
  unsigned failures_ = 0;  // in a row
  std::optional<Moment> last_;
};

}  // namespace situp
