// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/send_watch.h"

#include <linux/filter.h>
#include <linux/if_packet.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>

#include <array>
#include <cstddef>

#include "kernel/socket_filter.h"

namespace situp {
namespace {

// Offsets in an IPv6 header (RFC 8200 §3), and its size.
constexpr std::uint32_t next_header_at = 6;
constexpr std::uint32_t header_size = 40;

/// One byte of each packet that counts, none of the others.
Fd open_for_sent(int ifindex, std::uint16_t identifier) {
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
  return open_packet_socket(program, ifindex);
}

}  // namespace

SendWatch::SendWatch(int ifindex, std::uint16_t echo_identifier)
    : socket_(open_for_sent(ifindex, echo_identifier)) {}

}  // namespace situp
