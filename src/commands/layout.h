// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include "model/status/status.h"

namespace situp {

/// The format of stdout: on a terminal COLUMNS and NO_COLOR count, too.
Layout layout_of_stdout();

}  // namespace situp
