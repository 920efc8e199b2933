// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include "hosts/config.h"

namespace situp {

/// Puts back the default routes that situpd has withdrawn (the option -dead): for a
/// situpd that ends, and after one that was killed. Asks no source and no name; solicits the
/// routers whose advertised routes situpd has withdrawn.
void put_routes_back(const Config& config);

}  // namespace situp
