// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/send_watch.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstddef>

namespace situp {
namespace {

constexpr const char* what = "packet socket";

// Offsets in an IPv6 header (RFC 8200 §3), and its size.
constexpr std::uint32_t next_header_at = 6;
constexpr std::uint32_t header_size = 40;

/// One byte of each packet that counts, none of the others.
void only_what_programs_send(int socket, std::uint16_t identifier) {
  std::array<sock_filter, 11> program{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_PKTTYPE)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 7),
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, next_header_at),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMPV6, 0, 6),
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, header_size),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ND_ROUTER_SOLICIT, 3, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP6_ECHO_REQUEST, 0, 3),
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, header_size + offsetof(icmp6_hdr, icmp6_id)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, identifier, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0),
      BPF_STMT(BPF_RET | BPF_K, 1),
  }};
  const sock_fprog filter{program.size(), program.data()};
  if (setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) < 0)
    throw system_error(what, errno);
}

}  // namespace

SendWatch::SendWatch(int ifindex, std::uint16_t echo_identifier)
    : socket_(socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  if (!socket_) throw system_error(what, errno);
  only_what_programs_send(socket_.get(), echo_identifier);
  // A socket that is bound to IPv6 alone does not see outgoing packets (net/core/dev.c,
  // dev_queue_xmit_nit).
  sockaddr_ll device{};
  device.sll_family = AF_PACKET;
  device.sll_protocol = htons(ETH_P_ALL);
  device.sll_ifindex = ifindex;
  if (bind(socket_.get(), reinterpret_cast<const sockaddr*>(&device), sizeof device) < 0)
    throw system_error(what, errno);
}

}  // namespace situp
