// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace situp {

/// The part of confine() that the seccomp filter does.
void allow_calls();

}  // namespace situp
