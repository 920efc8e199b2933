// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <optional>
#include <string>

#include "model/status/status.h"

namespace situp {

/// An interface's counters, from /sys; empty if the interface or /sys does not exist. `root` is the
/// prefix of /sys.
std::optional<Counters> read_counters(const std::string& iface, const std::string& root = {});

}  // namespace situp
