// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/echo.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

namespace situp {
namespace {

constexpr const char* what = "ICMPv6 socket";

constexpr unsigned header_size = 40;  // IPv6's

struct Packet {
  icmp6_hdr header;
  std::uint64_t secret;
};

/// Many a host has other programs that ping: their answers are not to wake this one.
void only_answers_to(int socket, std::uint16_t identifier) {
  icmp6_filter types{};
  ICMP6_FILTER_SETBLOCKALL(&types);
  ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &types);
  std::array<sock_filter, 4> program{{
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(icmp6_hdr, icmp6_id)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, identifier, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0xffffU),
      BPF_STMT(BPF_RET | BPF_K, 0),
  }};
  const sock_fprog filter{program.size(), program.data()};
  if (setsockopt(socket, IPPROTO_ICMPV6, ICMP6_FILTER, &types, sizeof types) < 0 ||
      setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) < 0)
    throw system_error(what, errno);
}

void no_answers_to(int socket) {
  icmp6_filter types{};
  ICMP6_FILTER_SETBLOCKALL(&types);
  if (setsockopt(socket, IPPROTO_ICMPV6, ICMP6_FILTER, &types, sizeof types) < 0)
    throw system_error(what, errno);
}

/// asm-generic/socket.h; Linux 5.1 and later.
constexpr int so_bindtoifindex = 62;

/// Room for one in6_pktinfo, aligned as the kernel wants it.
union Control {
  cmsghdr header;
  std::array<char, CMSG_SPACE(sizeof(in6_pktinfo))> bytes;
};

/// 0, or errno. `source`: :: = whichever the kernel takes. `rest` comes behind the packet.
int send(int socket, int ifindex, const Ipv6& target, const Ipv6& source, Packet packet,
         std::vector<char>& rest) {
  sockaddr_in6 to{};
  to.sin6_family = AF_INET6;
  memcpy(&to.sin6_addr, target.bytes.data(), target.bytes.size());
  if (target.is_link_local()) to.sin6_scope_id = static_cast<std::uint32_t>(ifindex);
  std::array<iovec, 2> data{{{&packet, sizeof packet}, {rest.data(), rest.size()}}};
  Control control{};
  msghdr message{};
  message.msg_name = &to;
  message.msg_namelen = sizeof to;
  message.msg_iov = data.data();
  message.msg_iovlen = rest.empty() ? 1 : 2;
  message.msg_control = &control;
  message.msg_controllen = sizeof control;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = IPPROTO_IPV6;
  header->cmsg_type = IPV6_PKTINFO;
  header->cmsg_len = CMSG_LEN(sizeof(in6_pktinfo));
  in6_pktinfo info{};
  info.ipi6_ifindex = static_cast<unsigned>(ifindex);
  memcpy(&info.ipi6_addr, source.bytes.data(), source.bytes.size());
  memcpy(CMSG_DATA(header), &info, sizeof info);
  return sendmsg(socket, &message, 0) < 0 ? errno : 0;
}

}  // namespace

std::uint32_t random_bits() {
  std::uint32_t bits = 0;
  if (getrandom(&bits, sizeof bits, 0) != static_cast<ssize_t>(sizeof bits))
    throw system_error("getrandom", errno);
  return bits;
}

Echo::Echo()
    : socket_(socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMPV6)),
      sender_(socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMPV6)),
      identifier_(static_cast<std::uint16_t>(random_bits())),
      secret_((static_cast<std::uint64_t>(random_bits()) << 32) | random_bits()) {
  if (!socket_ || !sender_) throw system_error(what, errno);
  no_answers_to(sender_.get());
  only_answers_to(socket_.get(), identifier_);
  const int on = 1;
  if (setsockopt(socket_.get(), IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on) < 0)
    throw system_error(what, errno);
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
  // With the device and without a source, the kernel takes a route out of that device only; with a
  // source, only for a socket that is bound to it (net/ipv6/route.c, ip6_route_output_flags).
  if (source &&
      setsockopt(sender_.get(), SOL_SOCKET, so_bindtoifindex, &ifindex, sizeof ifindex) == 0 &&
      send(sender_.get(), ifindex, target, *source, packet, rest) == 0)
    return 0;
  return send(socket_.get(), ifindex, target, Ipv6{}, packet, rest);
}

std::optional<Echo::Answer> Echo::next_answer() const {
  for (;;) {
    Packet packet{};
    sockaddr_in6 from{};
    iovec data{&packet, sizeof packet};
    Control control{};
    msghdr message{};
    message.msg_name = &from;
    message.msg_namelen = sizeof from;
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = &control;
    message.msg_controllen = sizeof control;
    // What is longer than a packet of ours without its padding is cut off.
    const ssize_t size = recvmsg(socket_.get(), &message, 0);
    // What the network said about an earlier request waits here, too, and is no answer.
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return std::nullopt;
    if (size < 0 && errno == EBADF) throw system_error(what, errno);
    if (size < static_cast<ssize_t>(sizeof packet) || packet.secret != secret_ ||
        packet.header.icmp6_id != htons(identifier_))
      continue;
    Answer answer;
    memcpy(answer.from.bytes.data(), &from.sin6_addr, answer.from.bytes.size());
    answer.sequence = ntohs(packet.header.icmp6_seq);
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
      if (header->cmsg_level != IPPROTO_IPV6 || header->cmsg_type != IPV6_PKTINFO) continue;
      in6_pktinfo info{};
      memcpy(&info, CMSG_DATA(header), sizeof info);
      answer.ifindex = static_cast<int>(info.ipi6_ifindex);
      memcpy(answer.to.bytes.data(), &info.ipi6_addr, answer.to.bytes.size());
    }
    return answer;
  }
}

}  // namespace situp
