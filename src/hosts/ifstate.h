// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include "model/address.h"

namespace situp {

/// Whether ifupdown holds the interface as up (/run/network/ifstate). situp only ever reads that
/// file.
bool is_up_for_ifupdown(const InterfaceName& iface);

}  // namespace situp
