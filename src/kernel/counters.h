// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <optional>
#include <string>

#include "model/status/status.h"

namespace situp {

/// What went through an interface, from /sys; nothing where there is no such interface or no /sys.
/// `root` stands before /sys.
std::optional<Counters> read_counters(const std::string& iface, const std::string& root = {});

}  // namespace situp
