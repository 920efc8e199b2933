// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <optional>
#include <vector>

#include "kernel/netlink.h"
#include "model/tunnel/live.h"

namespace situp {

/// The on-link hosts of an interface that the kernel could not resolve (INCOMPLETE, FAILED;
/// ip-neighbour(8)).
std::vector<Ipv4> missing_neighbours(int index);

/// The request for links, with their statistics or without.
void fill_link(Request& request, bool statistics = false);

/// The current ifindex of a name; empty if there is no such device.
std::optional<int> index_of(const std::string& name);

}  // namespace situp
