// SPDX-License-Identifier: GPL-2.0-or-later
// Writes and reads the attributes of a sit device (net/ipv6/sit.c).
#pragma once
#include <libmnl/libmnl.h>

#include "kernel/netlink.h"
#include "model/tunnel/sit.h"

namespace situp {

/// Writes IFLA_LINKINFO of RTM_NEWLINK. `create`: the request creates the device.
void put_sit(Request& request, const Sit& sit, bool create);

/// Reads IFLA_INFO_DATA.
Sit read_sit(const nlattr* data);

}  // namespace situp
