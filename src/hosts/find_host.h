// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>

#include "model/check/host_advice.h"

namespace situp {

/// The program that `ifup` is on this host, by the link of that name. Several may be installed, and
/// a hook is told by its caller (hosts/environment.h); this is for those whom nobody calls.
/// `root` stands before /usr/sbin.
Ifup find_ifup(const std::string& root = {});
/// The same from what the link's target is; empty: a file of its own.
Ifup ifup_of(const std::string& target);

}  // namespace situp
