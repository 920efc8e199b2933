// SPDX-License-Identifier: GPL-2.0-or-later
// Stanzas as people pasted them before there was situp: the local address by a command in
// backticks, devices and routes by `up ip …` lines, a cron job that pings. Recognised, and written
// anew. Pure.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/check/finding.h"
#include "model/check/host_advice.h"
#include "model/stanza/stanza.h"

namespace situp {

/// A line of a crontab that pings over IPv6.
struct CronPing {
  Place place;
  std::string command;
  unsigned seconds = 0;  // between two of them
  /// No stanza that was looked at has the name or the gateway that it says; where a tunnel has the
  /// default route, it is what such a ping goes through.
  bool astray = true;
};

/// Those of a crontab; /etc/crontab and the files in /etc/cron.d say a user before the command,
/// which makes no difference here.
std::vector<CronPing> pings_in_crontab(std::string_view text, const std::string& file);

/// Pings that name a stanza's interface or gateway are for that one.
void claim_pings(const std::vector<Stanza>& stanzas, std::vector<CronPing>& pings);

/// What the stanza would be with situp on a host with this `ifup`, as a hint with the text to
/// paste; nothing where it is no such recipe. Of the pings, those meant for this tunnel are told
/// of, too.
std::vector<Finding> rewrite_old_recipe(const Stanza& stanza, bool automatic,
                                        const std::vector<CronPing>& pings,
                                        Ifup ifup = Ifup::ifupdown);

/// The SOURCE that does what a command in `local` was to do; empty where it is situp's own already.
std::string source_for(std::string_view command);

}  // namespace situp
