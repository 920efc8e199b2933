// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/echo.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include "base/random.h"
#include "kernel/icmp6.h"
#include "kernel/socket_filter.h"

namespace situp {
namespace {

constexpr const char* what = "ICMPv6 socket";

constexpr unsigned header_size = 40;  // IPv6's

struct Packet {
  icmp6_hdr header;
  std::uint64_t secret;
};

/// Drops answers to other programs' pings, so that they do not wake this one.
void only_answers_to(int socket, std::uint16_t identifier) {
  std::array<sock_filter, 4> program{{
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(icmp6_hdr, icmp6_id)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, identifier, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0xffffU),
      BPF_STMT(BPF_RET | BPF_K, 0),
  }};
  attach_filter(socket, program, what);
}

/// From asm-generic/socket.h; Linux 5.1 and later.
constexpr int so_bindtoifindex = 62;

/// Returns 0 or errno. `source` ::: the kernel chooses. `rest` follows the packet.
int send(int socket, int ifindex, const Ipv6& target, const Ipv6& source, Packet packet,
         std::vector<char>& rest) {
  std::array<iovec, 2> data{{{&packet, sizeof packet}, {rest.data(), rest.size()}}};
  return send_icmp6(socket, ifindex, target, source, data.data(), rest.empty() ? 1 : 2);
}

}  // namespace

Echo::Echo()
    : socket_(open_icmp6(what, {ICMP6_ECHO_REPLY})),
      sender_(open_icmp6(what, {})),
      identifier_(static_cast<std::uint16_t>(random_bits())),
      secret_((static_cast<std::uint64_t>(random_bits()) << 32) | random_bits()) {
  only_answers_to(socket_.get(), identifier_);
}

void Echo::never_fragment() const {
  const int on = 1;
  const int probe = IPV6_PMTUDISC_PROBE;
  for (const int socket : {socket_.get(), sender_.get()})
    if (setsockopt(socket, IPPROTO_IPV6, IPV6_DONTFRAG, &on, sizeof on) < 0 ||
        setsockopt(socket, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &probe, sizeof probe) < 0)
      throw system_error(what, errno);
}

int Echo::ask(int ifindex, const Ipv6& target, std::uint16_t sequence,
              const std::optional<Ipv6>& source, unsigned size) const {
  Packet packet{};
  packet.header.icmp6_type = ICMP6_ECHO_REQUEST;
  packet.header.icmp6_id = htons(identifier_);
  packet.header.icmp6_seq = htons(sequence);
  packet.secret = secret_;
  constexpr unsigned least = header_size + sizeof packet;
  std::vector<char> rest(std::max(size, least) - least);
  // Given a device and no source, the kernel uses only a route out of that device. Given a source,
  // it does so only if the socket is bound to the device (net/ipv6/route.c,
  // ip6_route_output_flags).
  if (source &&
      setsockopt(sender_.get(), SOL_SOCKET, so_bindtoifindex, &ifindex, sizeof ifindex) == 0 &&
      send(sender_.get(), ifindex, target, *source, packet, rest) == 0)
    return 0;
  return send(socket_.get(), ifindex, target, Ipv6{}, packet, rest);
}

std::optional<Echo::Answer> Echo::next_answer() const {
  Packet packet{};
  // Bytes past our packet without its padding are cut off.
  while (const auto arrival = receive_icmp6(socket_.get(), what, {&packet, sizeof packet}))
    if (arrival->size == sizeof packet && packet.secret == secret_ &&
        packet.header.icmp6_id == htons(identifier_))
      return Answer{arrival->ifindex, arrival->from, arrival->to, ntohs(packet.header.icmp6_seq)};
  return std::nullopt;
}

}  // namespace situp
