// SPDX-License-Identifier: GPL-2.0-or-later
// The stanzas that users pasted before situp existed: the local address by a command in backticks,
// devices and routes by `up ip …` lines, a cron job that pings. Recognises and rewrites them. Pure.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "model/check/finding.h"
#include "model/host.h"
#include "model/stanza/stanza.h"

namespace situp {

/// A line of a crontab that pings over IPv6.
struct CronPing {
  Place place;
  std::string command;
  unsigned seconds = 0;  // between two of them
  /// The ping names no known stanza or gateway; if a tunnel has the default route, the ping goes
  /// through that tunnel.
  bool astray = true;
};

/// The pings of a crontab. /etc/crontab and the files in /etc/cron.d have a user before the
/// command, which makes no difference here.
std::vector<CronPing> pings_in_crontab(std::string_view text, const std::string& file);

/// Assigns pings that name a stanza's interface or gateway to that stanza.
void claim_pings(const std::vector<Stanza>& stanzas, std::vector<CronPing>& pings);

/// The stanza for situp on a host with this `ifup`, as a hint with the text to paste; none if it is
/// no such recipe. Includes a finding for each ping that is meant for this tunnel.
std::vector<Finding> rewrite_old_recipe(const Stanza& stanza, bool automatic,
                                        const std::vector<CronPing>& pings,
                                        const HostProgram& host = hosts::ifupdown);

}  // namespace situp
