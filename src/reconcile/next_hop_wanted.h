// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include "hosts/config.h"
#include "kernel/kernel.h"
#include "model/stanza/spec.h"
#include "model/tunnel/tunnel.h"

namespace situp {

/// Whether situp.conf has situp make the tunnel's next hop. With `next-hop = auto`, it does so
/// where a metadata service has given the local address, or DMI names a cloud: their routers carry
/// packets back into the subnet that they came from, which a LAN's router may refuse to do.
bool wants_next_hop(const Config& config, const TunnelSpec& spec, const Resolved& resolved,
                    Kernel& kernel);

}  // namespace situp
