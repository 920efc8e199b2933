// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include "model/platform.h"

namespace situp {

/// Read once: the firmware's names don't change while the host runs. Unreadable fields, as in a
/// container, are empty.
const Dmi& this_machine();

}  // namespace situp
