// SPDX-License-Identifier: GPL-2.0-or-later
// The stanza's own `up` lines, which run between situp's two hooks, if they contradict the stanza.
// Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "model/stanza/complaint.h"
#include "model/stanza/spec.h"
#include "model/tunnel/live.h"
#include "model/tunnel/tunnel.h"

namespace situp {

/// The lines that are certain to fail or to undo the stanza's settings, or that set one of situp's
/// to another value. `default_metric` is that of the route for a gateway without metric.
std::vector<Complaint> contradictions(const Stanza& stanza, const TunnelSpec& spec,
                                      std::uint32_t default_metric);

/// After the stock method and the `up` lines: a setting of the device that neither the method nor
/// the stanza has made, and that situp would change to the stanza's value. Returns an Error
/// (Exit::configuration) for the first one.
std::optional<Error> set_by_others(const Stanza& stanza, const Tunnel& wanted, const LiveLink& link,
                                   const Live& live);

}  // namespace situp
