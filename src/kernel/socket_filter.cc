// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/socket_filter.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include <cerrno>

namespace situp {

void attach_filter(int socket, std::span<sock_filter> program, const char* what) {
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  if (setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) < 0)
    throw system_error(what, errno);
}

Fd open_packet_socket(std::span<sock_filter> program, int ifindex) {
  constexpr const char* what = "packet socket";
  Fd opened(socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!opened) throw system_error(what, errno);
  // The socket receives no packet before it is bound, so every packet passes the filter.
  attach_filter(opened.get(), program, what);
  // ETH_P_ALL: a socket that is bound to one protocol does not see outgoing packets
  // (net/core/dev.c, dev_queue_xmit_nit).
  sockaddr_ll device{};
  device.sll_family = AF_PACKET;
  device.sll_protocol = htons(ETH_P_ALL);
  device.sll_ifindex = ifindex;
  if (bind(opened.get(), reinterpret_cast<const sockaddr*>(&device), sizeof device) < 0)
    throw system_error(what, errno);
  return opened;
}

}  // namespace situp
