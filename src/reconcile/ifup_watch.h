// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include "hosts/config.h"
#include "model/address.h"

namespace situp {

/// ifup runs no hook of situp's when its own command, an `up` line or another program's hook fails,
/// or when it is killed. So situp's first hook leaves a process behind that waits for the end of
/// this ifup, and takes the tunnel down if ifup has failed. The record stays and says so.
///
/// ifup does not wait for that process: it has no descriptor of ifup's, and a session of its own.
/// Without an ifup above this process, and on kernels without pidfd (before 5.3), it does no work.
void watch_ifup(const InterfaceName& iface, const Config& config);

/// Waits until such a process of an earlier ifup has done its work, which takes milliseconds.
void wait_for_watch(const InterfaceName& iface);
/// The same for a program that only looks: it waits for no ifup that is still running.
void wait_for_cleanup(const InterfaceName& iface);

}  // namespace situp
