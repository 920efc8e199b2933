// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconcile/unfinished.h"

#include "hosts/ifstate.h"

namespace situp {

std::string why_unfinished(const Record& record) {
  const std::string& name = record.stanza.iface;
  if (!record.by_ifup)
    return "what brought the tunnel up was interrupted; bring it up again by situp up " + name;
  if (is_ifupdown_at_work(name)) return "ifup is bringing it up";
  const auto iface = InterfaceName::parse(name);
  if (iface && is_up_for_ifupdown(*iface))
    return "ifup was killed before it was done: ifdown " + name + ", then ifup -v " + name;
  return std::string(what_ifup_failed_at) + ": ifup -v " + name + " shows which";
}

}  // namespace situp
