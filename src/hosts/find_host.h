// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>

#include "model/host.h"

namespace situp {

/// The program that `ifup` is on this host, by the file of that name. Several may be installed, and
/// hooks tell which one has called them (hosts/environment.h). `root` stands before /usr/sbin.
const HostProgram& find_host(const std::string& root = {});

}  // namespace situp
