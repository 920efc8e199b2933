// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <optional>
#include <utility>
#include <vector>

#include "model/tunnel/live.h"
#include "reconcile/record.h"

namespace situp {

/// The default routes that situpd has withdrawn, by the records.
class Withdrawn {
 public:
  explicit Withdrawn(const Records& records) : records_(records) {}

  /// Those of other tunnels, for choose_routes(). Empty if the tunnel's routes do not depend on
  /// them. The records are read once, for the first tunnel that needs them.
  std::vector<LiveDefault> beside(const TunnelSpec& spec, const Live& live);
  /// Has them read again.
  void forget() { all_.reset(); }

 private:
  const Records& records_;
  std::optional<std::vector<std::pair<InterfaceName, DefaultRoute>>> all_;
};

}  // namespace situp
