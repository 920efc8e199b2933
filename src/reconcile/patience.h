// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <chrono>

#include "hosts/config.h"
#include "reconcile/record.h"

namespace situp {

/// What is left of the wait: 0, which tries each source once, where it wouldn't do for a whole try.
/// A few milliseconds would be worse than none.
std::chrono::milliseconds wait_left(std::chrono::milliseconds whole,
                                    std::chrono::milliseconds spent);

/// How long sources may be waited for. At boot the wait is spent once, not once a stanza: ten
/// stanzas that wait 30 s each would make networking.service give up (facts of ifupdown: 5
/// minutes). What is spent is kept in /run/situp/.boot-wait.
class Patience {
 public:
  /// `directory`: that of the records.
  Patience(const Config& config, bool at_boot,
           const std::string& directory = Records::default_directory);
  std::chrono::milliseconds wait() const { return wait_; }
  /// Tells how much of it was used.
  void used(std::chrono::milliseconds time) const;

 private:
  std::string directory_;
  bool at_boot_;
  std::chrono::milliseconds spent_{0};
  std::chrono::milliseconds wait_;
};

}  // namespace situp
