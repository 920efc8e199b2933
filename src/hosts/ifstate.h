// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>
#include <string_view>

#include "base/deadline.h"
#include "model/address.h"

namespace situp {

/// Whether ifupdown (/run/network/ifstate) or ifupdown-ng (/run/ifstate) holds the interface as up.
/// situp only ever reads those files. ifupdown2's is for ifupdown2 only.
bool is_up_for_ifupdown(const InterfaceName& iface);
/// The same of ifupdown alone.
bool is_up_for_debians_ifupdown(const InterfaceName& iface);

/// While ifup or ifdown works on an interface, it holds a lock on /run/network/ifstate.IFACE
/// (ifupdown-ng: /run/ifstate.IFACE.lock), also between its hooks. Waits until nobody does, but for
/// those that started this process (a stanza's own `up` line) and wait for it. An Error
/// (Exit::system) at the deadline.
void wait_for_ifupdown(const std::string& iface, Deadline deadline);

/// The parent's process id in the text of /proc/PID/stat; 0 where it can't be told.
int parent_in(std::string_view stat);

}  // namespace situp
