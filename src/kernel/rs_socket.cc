// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/rs_socket.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "kernel/icmp6.h"

namespace situp {
namespace {

constexpr const char* what = "ICMPv6 socket for routers";

// A packet from beyond the link has passed a router, so its hop limit is less.
constexpr int whole_hop_limit = 255;

// Larger than a link's MTU of 1280 to some thousand bytes, and than any advertisement.
constexpr std::size_t largest_message = 4096;

}  // namespace

RsSocket::RsSocket() : socket_(open_icmp6(what, {router_advertisement})) {
  const auto set = [this](int option, int value) {
    if (setsockopt(socket_.get(), IPPROTO_IPV6, option, &value, sizeof value) < 0)
      throw system_error(what, errno);
  };
  set(IPV6_UNICAST_HOPS, whole_hop_limit);
  set(IPV6_RECVHOPLIMIT, 1);
}

int RsSocket::solicit(int ifindex, Ipv4 local, Ipv4 router) const {
  std::vector<std::uint8_t> text = write_router_solicitation();
  iovec data{text.data(), text.size()};
  return send_icmp6(socket_.get(), ifindex, isatap_link_local(router), isatap_link_local(local),
                    &data, 1);
}

std::optional<RsSocket::Heard> RsSocket::next() const {
  std::array<std::uint8_t, largest_message> bytes;  // NOLINT(*-member-init): filled below
  while (const auto arrival = receive_icmp6(socket_.get(), what, {bytes.data(), bytes.size()})) {
    if (arrival->cut_off) continue;
    const auto router =
        arrival->from.is_link_local() ? embedded_in_isatap(arrival->from) : std::nullopt;
    if (!router || arrival->ifindex == 0 || arrival->hop_limit != whole_hop_limit) continue;
    auto advertisement = read_router_advertisement({bytes.data(), arrival->size});
    if (!advertisement) continue;
    return Heard{arrival->ifindex, *router, std::move(*advertisement)};
  }
  return std::nullopt;
}

}  // namespace situp
