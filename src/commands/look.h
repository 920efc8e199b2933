// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include "model/status/status.h"

namespace situp {

/// How what goes to stdout is to look: of a terminal COLUMNS and NO_COLOR decide, too.
Look look_of_stdout();

}  // namespace situp
