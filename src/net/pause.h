// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include "base/deadline.h"

namespace situp {

/// Sleeps as backoff() in policy.h says, but not past the deadline.
void pause_before_retry(unsigned tries, Deadline deadline);

}  // namespace situp
