// SPDX-License-Identifier: GPL-2.0-or-later
// The potential router list of a device (RFC 5214 §8.3). Only these ioctls read and change it
// (net/ipv6/sit.c, ipip6_tunnel_prl_ctl).
#pragma once
#include <string>
#include <vector>

#include "model/tunnel/tunnel.h"

namespace situp {

/// Needs no privilege. Empty if the device is gone or keeps none.
std::vector<Router> read_prl(const std::string& device);

enum class PrlChange { add, change, remove };
/// Returns 0 or errno: EEXIST for a router that is on the list already, ENXIO for one that is not.
int change_prl(const std::string& device, PrlChange change, const Router& router);

}  // namespace situp
