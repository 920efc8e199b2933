// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>

#include "net/confine.h"

namespace situp {

/// The part of confine() that Landlock does.
void allow_files(Files files, const std::string& ca_file);

}  // namespace situp
