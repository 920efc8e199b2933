// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include "model/stanza/spec.h"
#include "model/tunnel/live.h"
#include "model/tunnel/tunnel.h"

namespace situp {

/// The routes of v4tunnel-route on this host, as Tunnel::routes. A route without `from` is for all
/// packets if it is the only default route of its table. If there is another one, it is for packets
/// from the tunnel's own prefixes: a broker drops packets from others. Throws an Error
/// (Exit::configuration) if no such prefix is known. `withdrawn` counts as there: default routes of
/// other tunnels, which come back.
void choose_routes(const TunnelSpec& spec, const Live& live,
                   const std::vector<LiveDefault>& withdrawn, Tunnel& tunnel);

/// Takes the default routes out of `tunnel`, for as long as the far end is dead, and returns them.
/// A target of the keepalive that is not on-link gets a route of its own, which the pings need.
std::vector<DefaultRoute> withdraw_routes(const TunnelSpec& spec, const Ipv6& target,
                                          Tunnel& tunnel);

}  // namespace situp
