// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include "model/platform.h"

namespace situp {

/// Unreadable fields, as in a container, are empty.
Dmi read_dmi();

}  // namespace situp
