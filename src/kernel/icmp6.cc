// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/icmp6.h"

#include <netinet/in.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace situp {
namespace {

/// Room for a packet's interface and hop limit, with the kernel's alignment.
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

Fd open_icmp6(const char* what, std::initializer_list<int> types) {
  Fd fd(socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMPV6));
  icmp6_filter filter{};
  ICMP6_FILTER_SETBLOCKALL(&filter);
  for (const int type : types) ICMP6_FILTER_SETPASS(type, &filter);
  const int on = 1;
  if (!fd || setsockopt(fd.get(), IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof filter) < 0 ||
      setsockopt(fd.get(), IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on) < 0)
    throw system_error(what, errno);
  return fd;
}

int send_icmp6(int socket, int ifindex, const Ipv6& target, const Ipv6& source, iovec* parts,
               std::size_t count) {
  sockaddr_in6 to{};
  to.sin6_family = AF_INET6;
  memcpy(&to.sin6_addr, target.bytes.data(), target.bytes.size());
  if (target.is_link_local()) to.sin6_scope_id = static_cast<std::uint32_t>(ifindex);
  Control control{};
  msghdr message{};
  message.msg_name = &to;
  message.msg_namelen = sizeof to;
  message.msg_iov = parts;
  message.msg_iovlen = count;
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
  return sendmsg(socket, &message, 0) < 0 ? errno : 0;
}

std::optional<Icmp6Arrival> receive_icmp6(int socket, const char* what, iovec buffer) {
  for (;;) {
    sockaddr_in6 from{};
    Control control{};
    msghdr message{};
    message.msg_name = &from;
    message.msg_namelen = sizeof from;
    message.msg_iov = &buffer;
    message.msg_iovlen = 1;
    message.msg_control = &control;
    message.msg_controllen = sizeof control;
    const ssize_t size = recvmsg(socket, &message, 0);
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return std::nullopt;
    if (size < 0 && errno == EBADF) throw system_error(what, errno);
    // The network's error about an earlier packet also arrives here.
    if (size < 0) continue;
    Icmp6Arrival arrival;
    arrival.size = static_cast<std::size_t>(size);
    arrival.cut_off = (message.msg_flags & MSG_TRUNC) != 0;
    memcpy(arrival.from.bytes.data(), &from.sin6_addr, arrival.from.bytes.size());
    if (const auto info = control_value<in6_pktinfo>(message, IPV6_PKTINFO)) {
      arrival.ifindex = static_cast<int>(info->ipi6_ifindex);
      memcpy(arrival.to.bytes.data(), &info->ipi6_addr, arrival.to.bytes.size());
    }
    arrival.hop_limit = control_value<int>(message, IPV6_HOPLIMIT);
    return arrival;
  }
}

}  // namespace situp
