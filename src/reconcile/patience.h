// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <chrono>

#include "hosts/config.h"
#include "reconcile/record.h"

namespace situp {

/// The rest of the wait: 0, which tries each source once, if it is too short for a whole try.
std::chrono::milliseconds wait_left(std::chrono::milliseconds whole,
                                    std::chrono::milliseconds spent);

/// How long sources may be waited for. At boot the wait is spent once, not once a stanza: ten
/// stanzas that wait 30 s each would make networking.service give up (facts of ifupdown: 5
/// minutes). /run/situp/.boot-wait keeps the time spent.
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
