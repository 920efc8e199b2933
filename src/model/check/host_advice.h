// SPDX-License-Identifier: GPL-2.0-or-later
// Differences between a host's reader of /etc/network/interfaces and Debian's ifupdown, for one
// stanza. Pure.
#pragma once
#include <vector>

#include "model/check/finding.h"
#include "model/stanza/spec.h"
#include "model/stanza/stanza.h"

namespace situp {

enum class Ifup { none, ifupdown, ifupdown_ng, ifupdown2 };

/// The program that brings stanzas up there.
inline Door door_of(Ifup ifup) {
  return ifup == Ifup::none ? Door::command : Door::ifup;
}

/// The metric of the default route for a gateway without metric in the stanza.
inline std::uint32_t default_metric_of(Ifup ifup) {
  return ifup == Ifup::ifupdown_ng ? 1 : DefaultRoute{}.metric;  // ng: its executor `static`
}

/// Also checks stanzas with the method v4tunnel without situp's options: there, an option given
/// twice spoils the command, and under ifupdown-ng such a stanza keeps every interface down.
void advise_for_host(const Stanza& stanza, Ifup ifup, std::vector<Finding>& findings);

}  // namespace situp
