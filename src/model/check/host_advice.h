// SPDX-License-Identifier: GPL-2.0-or-later
// Differences between a host's reader of /etc/network/interfaces and Debian's ifupdown, for one
// stanza. Pure.
#pragma once
#include <vector>

#include "model/check/finding.h"
#include "model/host.h"
#include "model/stanza/stanza.h"

namespace situp {

/// Also checks stanzas with the method v4tunnel without situp's options: there, an option given
/// twice spoils the command, and under ifupdown-ng such a stanza keeps every interface down.
void advise_for_host(const Stanza& stanza, const HostProgram& host, std::vector<Finding>& findings);

}  // namespace situp
