// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include "kernel/netlink.h"
#include "model/address.h"

namespace situp {

/// Deletes the default routes that a router's advertisements have made. False: there was
/// none. The next advertisement makes the route anew. Without the deletion the kernel does not
/// change to another router: a link with a router list has no neighbour unreachability detection
/// (IFF_NOARP).
bool delete_advertised_default(Netlink& netlink, int ifindex, Ipv4 router);

}  // namespace situp
