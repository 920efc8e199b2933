// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <string>

namespace situp {

/// "2026-11-25 18:30", in local time, of seconds since 1970.
std::string date(std::int64_t seconds);

}  // namespace situp
