// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>

#include "reconcile/record.h"

namespace situp {

constexpr const char* what_ifup_failed_at =
    "after situp's part, ifup's own command, an `up` line or another program's hook failed";

/// The reason why a record says that bringing the tunnel up was begun and not finished, and the
/// remedy.
std::string why_unfinished(const Record& record);

}  // namespace situp
