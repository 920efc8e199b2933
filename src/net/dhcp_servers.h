// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>

#include "base/fd.h"
#include "model/ask/answer.h"

namespace situp {

/// Finds this host's DHCP servers. To be made before confine(): /proc/net can't be opened after it.
class DhcpServers {
 public:
  /// `root` is before each path.
  explicit DhcpServers(std::string root = "");

  /// The servers that the leases of now name, each once; where no lease names one, the gateway of
  /// the default route; where there is none, an empty list. FailureAnswer: bad_lease.
  Answer find() const;

 private:
  std::string root_;
  Fd routes_;
};

}  // namespace situp
