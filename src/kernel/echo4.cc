// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/echo4.h"

#include <arpa/inet.h>
#include <linux/icmp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/random.h"

namespace situp {
namespace {

constexpr const char* what = "ICMP socket";
constexpr std::size_t least_header = 20;

/// The checksum of RFC 1071 over an even number of bytes.
std::uint16_t checksum(const icmphdr& header) {
  std::array<std::uint16_t, sizeof header / 2> words{};
  memcpy(words.data(), &header, sizeof header);
  std::uint32_t sum = 0;
  for (const std::uint16_t word : words) sum += word;
  sum = (sum & 0xffffU) + (sum >> 16);
  sum = (sum & 0xffffU) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

sockaddr_in socket_address(Ipv4 address) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_addr.s_addr = address.network();
  return result;
}

}  // namespace

Echo4::Echo4(Ipv4 from, Ipv4 to)
    : socket_(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMP)),
      to_(to),
      identifier_(static_cast<std::uint16_t>(random_bits())) {
  if (!socket_) throw system_error(what, errno);
  const sockaddr_in source = socket_address(from);
  if (from != Ipv4{} &&
      bind(socket_.get(), reinterpret_cast<const sockaddr*>(&source), sizeof source) < 0)
    throw system_error(what, errno);
}

int Echo4::ask(std::uint16_t sequence) const {
  icmphdr request{};
  request.type = ICMP_ECHO;
  request.un.echo.id = htons(identifier_);
  request.un.echo.sequence = htons(sequence);
  request.checksum = checksum(request);
  const sockaddr_in to = socket_address(to_);
  return sendto(socket_.get(), &request, sizeof request, 0, reinterpret_cast<const sockaddr*>(&to),
                sizeof to) < 0
             ? errno
             : 0;
}

unsigned Echo4::answers() const {
  unsigned count = 0;
  for (;;) {
    std::array<std::uint8_t, 128> bytes{};
    sockaddr_in from{};
    socklen_t length = sizeof from;
    const ssize_t size = recvfrom(socket_.get(), bytes.data(), bytes.size(), 0,
                                  reinterpret_cast<sockaddr*>(&from), &length);
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return count;
    if (size < static_cast<ssize_t>(least_header + sizeof(icmphdr))) continue;
    icmphdr header{};
    const std::size_t at = std::size_t{bytes[0] & 0x0fU} * 4;
    if (at + sizeof header > static_cast<std::size_t>(size)) continue;
    memcpy(&header, bytes.data() + at, sizeof header);
    if (header.type == ICMP_ECHOREPLY && header.un.echo.id == htons(identifier_) &&
        from.sin_addr.s_addr == to_.network())
      ++count;
  }
}

}  // namespace situp
