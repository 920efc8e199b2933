// SPDX-License-Identifier: GPL-2.0-or-later
// A sit device's attributes, to the kernel and from it (net/ipv6/sit.c).
#pragma once
#include <libmnl/libmnl.h>

#include "kernel/netlink.h"
#include "model/tunnel/sit.h"

namespace situp {

/// IFLA_LINKINFO of RTM_NEWLINK. `create`: the device isn't there yet.
void put_sit(Request& request, const Sit& sit, bool create);

/// IFLA_INFO_DATA.
Sit read_sit(const nlattr* data);

}  // namespace situp
