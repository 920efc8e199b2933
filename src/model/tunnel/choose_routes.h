// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include "model/stanza/spec.h"
#include "model/tunnel/live.h"
#include "model/tunnel/tunnel.h"

namespace situp {

/// What v4tunnel-route comes to on this host, as Tunnel::routes. One without `from` is for all
/// packets where it is the only default route of its table; where there is another one, it is for
/// packets from the tunnel's own prefixes: a broker drops those that come from others. An Error
/// (Exit::configuration) where no such prefix is known.
void choose_routes(const TunnelSpec& spec, const Live& live, Tunnel& tunnel);

}  // namespace situp
