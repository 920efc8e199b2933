// SPDX-License-Identifier: GPL-2.0-or-later
// The ports of Foo over UDP, by the kernel's generic netlink (net/ipv4/fou_core.c).
#pragma once
#include "kernel/kernel.h"

namespace situp {

/// Reads the ports of this network namespace, or notes that the module is not loaded.
void read_fou_ports(Live& live);

/// EEXIST: the port is there, of this form. EADDRINUSE: another socket has it, and the message says
/// which.
Refusal add_fou_port(const FouPort& port);
/// ENOENT: there is no such port.
Refusal delete_fou_port(const FouPort& port);

}  // namespace situp
