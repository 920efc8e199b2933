// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/packet_watch.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "kernel/socket_filter.h"

namespace situp {
namespace {

constexpr const char* what = "packet socket";

// Sizes and offsets of an IPv4 header (RFC 791 §3.1) and an ICMP one (RFC 792), in bytes.
constexpr std::size_t least_header = 20;
constexpr std::size_t protocol_at = 9;
constexpr std::size_t source_at = 12;
constexpr std::size_t destination_at = 16;
constexpr std::size_t icmp_header = 8;
constexpr std::size_t udp_destination_at = 2;  // of UDP (RFC 768)
constexpr std::uint8_t unreachable_type = 3;

// Sizes and offsets of an IPv6 header (RFC 8200 §3) and an ICMPv6 one (RFC 4443 §2.1).
constexpr std::size_t inner_header = 40;
constexpr std::size_t next_header_at = 6;
constexpr std::size_t inner_source_at = 8;
constexpr std::size_t inner_destination_at = 24;
constexpr std::uint8_t first_informational = 128;

constexpr std::size_t most_bytes = 128;
using Bytes = std::array<std::uint8_t, most_bytes>;

/// Of the thousands of packets of a busy host, only these wake the process.
Fd open_for_tunnels_and_errors(std::uint16_t udp_port) {
  std::array<sock_filter, 14> program{{
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_PROTOCOL)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 1, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IPV6, 7, 10),
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, protocol_at),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_IPV6, 7, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMP, 6, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 6),
      BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),  // the length of the IPv4 header
      BPF_STMT(BPF_LD | BPF_H | BPF_IND, udp_destination_at),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, udp_port, 2, 3),
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, next_header_at),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMPV6, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, most_bytes),
      BPF_STMT(BPF_RET | BPF_K, 0),
  }};
  return open_packet_socket(program, 0);
}

Ipv4 address_at(const Bytes& bytes, std::size_t at) {
  std::uint32_t value = 0;
  memcpy(&value, bytes.data() + at, sizeof value);
  return Ipv4::from_network(value);
}

Ipv6 inner_address_at(const Bytes& bytes, std::size_t at) {
  Ipv6 address;
  memcpy(address.bytes.data(), bytes.data() + at, address.bytes.size());
  return address;
}

std::optional<PacketWatch::Seen::Inner> read_inner(const Bytes& bytes, std::size_t size) {
  if (size < inner_header + icmp_header) return std::nullopt;
  PacketWatch::Seen::Inner inner{inner_address_at(bytes, inner_source_at),
                                 inner_address_at(bytes, inner_destination_at),
                                 bytes.at(inner_header), bytes.at(inner_header + 1), std::nullopt};
  constexpr std::size_t packet = inner_header + icmp_header;
  if (inner.type < first_informational && size >= packet + inner_header)
    inner.about = inner_address_at(bytes, packet + inner_destination_at);
  return inner;
}

std::size_t header_length(std::uint8_t first) {
  return std::size_t{first & 0x0fU} * 4;
}

/// True for the part of a packet, at `at`, that is UDP to the port.
bool is_udp_to(std::uint16_t port, const Bytes& bytes, std::size_t at, std::size_t size) {
  const std::size_t destination = at + header_length(bytes.at(at)) + udp_destination_at;
  return bytes.at(at + protocol_at) == IPPROTO_UDP && size >= destination + 2 &&
         (bytes.at(destination) << 8 | bytes.at(destination + 1)) == port;
}

/// False for ICMP messages that are not errors about tunnels.
bool read_error(const Bytes& bytes, std::size_t size, std::uint16_t udp_port,
                PacketWatch::Seen& seen) {
  const std::size_t icmp = header_length(bytes[0]);
  const std::size_t inner = icmp + icmp_header;
  if (icmp < least_header || size < inner + least_header) return false;
  const bool is_tunnel_s =
      bytes.at(inner + protocol_at) == IPPROTO_IPV6 || is_udp_to(udp_port, bytes, inner, size);
  if (bytes.at(icmp) != unreachable_type || !is_tunnel_s) return false;
  seen.unreachable = bytes.at(icmp + 1);
  seen.about = address_at(bytes, inner + destination_at);
  return true;
}

}  // namespace

PacketWatch::PacketWatch(std::uint16_t udp_port)
    : socket_(open_for_tunnels_and_errors(udp_port)), udp_port_(udp_port) {}

std::optional<PacketWatch::Seen> PacketWatch::next() const {
  for (;;) {
    Bytes bytes{};
    sockaddr_ll from{};
    socklen_t length = sizeof from;
    const ssize_t got = recvfrom(socket_.get(), bytes.data(), bytes.size(), 0,
                                 reinterpret_cast<sockaddr*>(&from), &length);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return std::nullopt;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      // One device went down; the others still work.
      if (errno == ENETDOWN) continue;
      throw system_error(what, errno);
    }
    const auto size = static_cast<std::size_t>(got);
    Seen seen;
    seen.ifindex = from.sll_ifindex;
    seen.outgoing = from.sll_pkttype == PACKET_OUTGOING;
    if (from.sll_protocol == htons(ETH_P_IPV6)) {
      seen.inner = read_inner(bytes, size);
      if (!seen.inner) continue;
      return seen;
    }
    if (size < least_header) continue;
    seen.from = address_at(bytes, source_at);
    seen.to = address_at(bytes, destination_at);
    if (bytes[protocol_at] == IPPROTO_ICMP && !read_error(bytes, size, udp_port_, seen)) continue;
    return seen;
  }
}

}  // namespace situp
