// SPDX-License-Identifier: GPL-2.0-or-later
// The status for programs that watch hosts: Prometheus, and those that run Nagios' plugins.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/status/status.h"

namespace situp {

/// The facts that are no tunnel's.
struct HostStatus {
  std::optional<bool> daemon_runs;  // situpd; empty: not visible
  bool shows_all = true;            // no mistake in a file may hide stanzas
};

/// A metric: doc/metrics.md has these rows.
struct Metric {
  const char* name = nullptr;
  const char* type = nullptr;    // "gauge", "counter"
  const char* labels = nullptr;  // "device, state"; a label that has no value is left out
  const char* help = nullptr;
};
std::vector<Metric> metrics();

/// All metrics that are known, in the text format 0.0.4.
std::string status_prometheus(const std::vector<TunnelStatus>& all, const HostStatus& host);

/// Their numbers are a plugin's exit statuses.
enum class NagiosState { ok, warning, critical, unknown };

struct NagiosResult {
  NagiosState state = NagiosState::ok;
  std::string line;  // without a newline
};

/// One line, with performance data.
NagiosResult status_nagios(const std::vector<TunnelStatus>& all, const HostStatus& host);
/// The line of NagiosState::unknown when there is no status.
std::string nagios_unknown(std::string_view why);

}  // namespace situp
