// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include "model/platform.h"

namespace situp {

/// Fields that can't be read, as in a container, are empty.
Dmi read_dmi();

}  // namespace situp
