// SPDX-License-Identifier: GPL-2.0-or-later
// The stanza's own `up` lines, which run between situp's two hooks, where they contradict the
// stanza. Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "model/stanza/complaint.h"
#include "model/stanza/spec.h"
#include "model/tunnel/live.h"
#include "model/tunnel/tunnel.h"

namespace situp {

/// The lines that are certain to fail or to undo what the stanza makes, or that set what situp sets
/// to another value. `default_metric` is that of the route for a gateway without metric.
std::vector<Complaint> contradictions(const Stanza& stanza, const TunnelSpec& spec,
                                      std::uint32_t default_metric);

/// After the stock method and the `up` lines: what neither the method nor the stanza has set on the
/// device, which situp would set to the stanza's value. An Error (Exit::configuration) for the
/// first such setting.
std::optional<Error> set_by_others(const Stanza& stanza, const Tunnel& wanted, const LiveLink& link,
                                   const Live& live);

}  // namespace situp
