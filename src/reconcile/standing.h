// SPDX-License-Identifier: GPL-2.0-or-later
// How tunnels stand beside their records, for who only looks.
#pragma once
#include <optional>
#include <vector>

#include "base/error.h"
#include "hosts/config.h"
#include "kernel/kernel.h"
#include "model/stanza/spec.h"
#include "model/tunnel/live.h"
#include "model/tunnel/plan.h"
#include "reconcile/record.h"

namespace situp {

struct Standing {
  InterfaceName iface;
  std::optional<Record> record;
  std::optional<TunnelSpec> spec;  // the record's; empty without one
  Plan plan;                       // the operations that would make the device as the record says
  std::optional<Error> error;      // the obstacle to that
};

/// The options of which an edit of the file has changed the meaning since the tunnel came up. An
/// Error (Exit::configuration) names the part of the record or of the stanza that can't be
/// understood.
std::vector<std::string> edits_since(const Record& record, const Stanza& stanza);

/// ifupdown-ng and ifupdown2 choose the metric of a default route that has none in the stanza: the
/// route that is there is the one that is wanted and owned then.
void accept_metric_of_host(const Record& record, const TunnelSpec& spec, const Live& live,
                           Tunnel& tunnel, Owned& owned);

/// Compares as `up` does, but asks no source and no name server: the answers are those by which the
/// tunnel came up. `live` gets the snapshot.
std::vector<Standing> standing_of(const std::vector<InterfaceName>& ifaces, const Records& records,
                                  const Config& config, Kernel& kernel, Live& live);

/// Without situpd, the tunnel can stop working by itself. False if situpd only puts back rules,
/// routes and LAN addresses that another program may remove.
bool needs_daemon(const Record& record, const TunnelSpec& spec);

}  // namespace situp
