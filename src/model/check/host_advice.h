// SPDX-License-Identifier: GPL-2.0-or-later
// What the program that reads /etc/network/interfaces on a host makes of a stanza, where that is
// not what Debian's ifupdown makes of it. Pure.
#pragma once
#include <vector>

#include "model/check/finding.h"
#include "model/stanza/spec.h"
#include "model/stanza/stanza.h"

namespace situp {

enum class Ifup { none, ifupdown, ifupdown_ng, ifupdown2 };

/// By which stanzas come up there.
inline Door door_of(Ifup ifup) {
  return ifup == Ifup::none ? Door::command : Door::ifup;
}

/// The metric of the default route for a gateway where the stanza says none.
inline std::uint32_t default_metric_of(Ifup ifup) {
  return ifup == Ifup::ifupdown_ng ? 1 : DefaultRoute{}.metric;  // ng: its executor `static`
}

/// Of stanzas with the method v4tunnel also where no option of situp's is in them: there, an option
/// given twice spoils the command, and under ifupdown-ng such a stanza keeps every interface down.
void advise_for_host(const Stanza& stanza, Ifup ifup, std::vector<Finding>& findings);

}  // namespace situp
