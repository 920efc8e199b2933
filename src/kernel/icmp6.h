// SPDX-License-Identifier: GPL-2.0-or-later
// Shared by the ICMPv6 sockets: a packet leaves by the device and from the address that the caller
// names, and arrives with its device, address and hop limit (RFC 3542 §6).
#pragma once
#include <netinet/icmp6.h>
#include <sys/socket.h>

#include <cstddef>
#include <initializer_list>
#include <optional>

#include "base/error.h"
#include "base/fd.h"
#include "model/address.h"

namespace situp {

/// A raw socket that never blocks and receives only these types. Throws an Error with this subject
/// (Exit::not_permitted) without CAP_NET_RAW.
Fd open_icmp6(const char* what, std::initializer_list<int> types);

/// Returns 0 or errno. `source` ::: the kernel chooses.
int send_icmp6(int socket, int ifindex, const Ipv6& target, const Ipv6& source, iovec* parts,
               std::size_t count);

struct Icmp6Arrival {
  std::size_t size = 0;  // bytes that are in the buffer
  bool cut_off = false;  // the packet was longer than the buffer
  Ipv6 from, to;
  int ifindex = 0;
  std::optional<int> hop_limit;  // if the socket has IPV6_RECVHOPLIMIT
};

/// The next packet; empty if there is none. Skips the network's errors about packets that were sent
/// before. Throws an Error with this subject if the socket is closed.
std::optional<Icmp6Arrival> receive_icmp6(int socket, const char* what, iovec buffer);

}  // namespace situp
