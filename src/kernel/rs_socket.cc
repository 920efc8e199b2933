// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/rs_socket.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace situp {
namespace {

constexpr const char* what = "ICMPv6 socket for routers";

// What comes from beyond the link has passed a router, and has less.
constexpr int whole_hop_limit = 255;

// More than fits a link's MTU of 1280 to some thousand bytes, and than any router has to say.
constexpr std::size_t largest_message = 4096;

/// Room for a packet's interface and hop limit, aligned as the kernel wants it.
union Control {
  cmsghdr header;
  std::array<char, CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(int))> bytes;
};

template <typename T>
std::optional<T> control_value(msghdr& message, int type) {
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != IPPROTO_IPV6 || header->cmsg_type != type ||
        header->cmsg_len < CMSG_LEN(sizeof(T)))
      continue;
    T value{};
    memcpy(&value, CMSG_DATA(header), sizeof value);
    return value;
  }
  return std::nullopt;
}

}  // namespace

RsSocket::RsSocket()
    : socket_(socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMPV6)) {
  if (!socket_) throw system_error(what, errno);
  icmp6_filter types{};
  ICMP6_FILTER_SETBLOCKALL(&types);
  ICMP6_FILTER_SETPASS(router_advertisement, &types);
  const auto set = [this](int level, int option, const auto& value) {
    if (setsockopt(socket_.get(), level, option, &value, sizeof value) < 0)
      throw system_error(what, errno);
  };
  const int on = 1;
  set(IPPROTO_ICMPV6, ICMP6_FILTER, types);
  set(IPPROTO_IPV6, IPV6_UNICAST_HOPS, whole_hop_limit);
  set(IPPROTO_IPV6, IPV6_RECVPKTINFO, on);
  set(IPPROTO_IPV6, IPV6_RECVHOPLIMIT, on);
}

int RsSocket::solicit(int ifindex, Ipv4 local, Ipv4 router) const {
  std::vector<std::uint8_t> text = write_router_solicitation();
  const Ipv6 target = isatap_link_local(router);
  const Ipv6 source = isatap_link_local(local);
  sockaddr_in6 to{};
  to.sin6_family = AF_INET6;
  to.sin6_scope_id = static_cast<std::uint32_t>(ifindex);
  memcpy(&to.sin6_addr, target.bytes.data(), target.bytes.size());
  iovec data{text.data(), text.size()};
  Control control{};
  msghdr message{};
  message.msg_name = &to;
  message.msg_namelen = sizeof to;
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = &control;
  message.msg_controllen = CMSG_SPACE(sizeof(in6_pktinfo));
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = IPPROTO_IPV6;
  header->cmsg_type = IPV6_PKTINFO;
  header->cmsg_len = CMSG_LEN(sizeof(in6_pktinfo));
  in6_pktinfo info{};
  info.ipi6_ifindex = static_cast<unsigned>(ifindex);
  memcpy(&info.ipi6_addr, source.bytes.data(), source.bytes.size());
  memcpy(CMSG_DATA(header), &info, sizeof info);
  return sendmsg(socket_.get(), &message, 0) < 0 ? errno : 0;
}

std::optional<RsSocket::Heard> RsSocket::next() const {
  for (;;) {
    std::array<std::uint8_t, largest_message> bytes;  // NOLINT(*-member-init): filled below
    sockaddr_in6 from{};
    iovec data{bytes.data(), bytes.size()};
    Control control{};
    msghdr message{};
    message.msg_name = &from;
    message.msg_namelen = sizeof from;
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = &control;
    message.msg_controllen = sizeof control;
    const ssize_t size = recvmsg(socket_.get(), &message, 0);
    // What the network said about an earlier solicitation waits here, too.
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return std::nullopt;
    if (size < 0 && errno == EBADF) throw system_error(what, errno);
    if (size < 0 || (message.msg_flags & MSG_TRUNC) != 0) continue;
    Ipv6 source;
    memcpy(source.bytes.data(), &from.sin6_addr, source.bytes.size());
    const auto router = source.is_link_local() ? embedded_in_isatap(source) : std::nullopt;
    const auto info = control_value<in6_pktinfo>(message, IPV6_PKTINFO);
    if (!router || !info || control_value<int>(message, IPV6_HOPLIMIT) != whole_hop_limit) continue;
    auto advertisement = read_router_advertisement({bytes.data(), static_cast<std::size_t>(size)});
    if (!advertisement) continue;
    return Heard{static_cast<int>(info->ipi6_ifindex), *router, std::move(*advertisement)};
  }
}

}  // namespace situp
