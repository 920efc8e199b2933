// SPDX-License-Identifier: GPL-2.0-or-later
// situp-net confines itself before it reads from the network: data from the network may take
// situp-net over, so it gets as little of the kernel and of the files as possible.
#pragma once
#include <string>

namespace situp {

/// Which files are read.
enum class Files {
  /// Those of the resolver and of TLS, as they are now: for one call with a secret.
  as_they_are,
  /// All in /etc that everybody may read, and the rest of these: for a wait through a boot, in
  /// which DHCP puts another resolv.conf in the place of this one.
  etc,
  /// The same, and the leases of DHCP clients.
  leases,
};

/// From here on this process and its threads make only system calls that names, HTTP and TLS take
/// (a seccomp filter; the others fail with EPERM): no program, no process, no other process's
/// memory, no file to write to, no socket but of IP, AF_UNIX and NETLINK_ROUTE. Where the kernel
/// has Landlock (5.13), it reads only `files`, shared libraries, which may be modules of
/// nsswitch.conf that are loaded late, and `ca_file` where that is not empty. If the kernel lacks a
/// part, situp-net goes without it: situp's own limits stay. For a process without other threads.
void confine(Files files, const std::string& ca_file);

}  // namespace situp
