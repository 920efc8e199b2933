// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/fou.h"

#include <arpa/inet.h>
#include <linux/fou.h>
#include <linux/genetlink.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "base/file.h"
#include "base/text.h"
#include "kernel/attributes.h"
#include "kernel/netlink.h"

namespace situp {
namespace {

constexpr std::uint8_t version = 1;

void put_command(Request& request, std::uint8_t command) {
  auto* header = request.extra<genlmsghdr>();
  header->cmd = command;
  header->version = version;
}

/// The number by which messages name the family; empty while the module is not loaded.
std::optional<std::uint16_t> family(Netlink& netlink) {
  Request request(GENL_ID_CTRL, 0);
  put_command(request, CTRL_CMD_GETFAMILY);
  request.put_name(CTRL_ATTR_FAMILY_NAME, FOU_GENL_NAME);
  std::optional<std::uint16_t> number;
  netlink.get(request, [&number](const nlmsghdr* message) {
    for_each_attribute<genlmsghdr>(message, [&number](std::uint16_t type, const nlattr* a) {
      if (type == CTRL_ATTR_FAMILY_ID) number = payload<std::uint16_t>(a);
    });
  });
  return number;
}

/// Empty for a port of IPv6.
std::optional<LiveFouPort> port_in(const nlmsghdr* message) {
  LiveFouPort port;
  std::uint8_t address_family = AF_INET, protocol = 0, type_of_encap = FOU_ENCAP_UNSPEC;
  bool is_narrow = false;
  for_each_attribute<genlmsghdr>(message, [&](std::uint16_t type, const nlattr* a) {
    if (type == FOU_ATTR_PORT) port.port.port = ntohs(payload<std::uint16_t>(a));
    if (type == FOU_ATTR_LOCAL_V4) port.port.local = payload_ipv4(a);
    if (type == FOU_ATTR_AF) address_family = payload<std::uint8_t>(a);
    if (type == FOU_ATTR_IPPROTO) protocol = payload<std::uint8_t>(a);
    if (type == FOU_ATTR_TYPE) type_of_encap = payload<std::uint8_t>(a);
    if (type == FOU_ATTR_PEER_PORT) is_narrow |= payload<std::uint16_t>(a) != 0;
    if (type == FOU_ATTR_PEER_V4 || type == FOU_ATTR_IFINDEX)
      is_narrow |= payload<std::uint32_t>(a) != 0;
  });
  port.is_for_tunnels = protocol == IPPROTO_IPV6 && type_of_encap == FOU_ENCAP_DIRECT && !is_narrow;
  return address_family == AF_INET ? std::optional(port) : std::nullopt;
}

/// The user of the socket that has a UDP port, as /proc/net/udp tells.
std::string holder_of(std::uint16_t port) {
  constexpr std::size_t local_at = 1, user_at = 7, most = 1U << 20;
  for (const char* file : {"/proc/net/udp", "/proc/net/udp6"}) {
    const auto text = read_small_file(file, most);
    for (std::string_view rest = text ? *text : std::string_view(); !rest.empty();) {
      const auto words = words_of(take_until(rest, '\n'));
      if (words.size() <= user_at) continue;
      const std::string_view local = words[local_at];
      unsigned number = 0;
      const auto* const end = local.data() + local.size();
      std::from_chars(local.data() + local.rfind(':') + 1, end, number, 16);
      if (number != port) continue;
      return "a program of user " + printable_within(words[user_at], 10) +
             " has it, see ss -lunp sport = :" + std::to_string(port);
    }
  }
  return "another socket has it";
}

Refusal execute(Netlink& netlink, std::uint8_t command, const FouPort& port) {
  const auto number = family(netlink);
  if (!number) return {ENOENT, {}};
  Request request(*number, 0);
  put_command(request, command);
  request.put_u16(FOU_ATTR_PORT, htons(port.port));
  request.put_u8(FOU_ATTR_AF, AF_INET);
  if (port.local != Ipv4{}) request.put_u32(FOU_ATTR_LOCAL_V4, port.local.network());
  if (command == FOU_CMD_ADD) {
    request.put_u8(FOU_ATTR_IPPROTO, IPPROTO_IPV6);
    request.put_u8(FOU_ATTR_TYPE, FOU_ENCAP_DIRECT);
  }
  return netlink.execute(request);
}

}  // namespace

void read_fou_ports(Live& live) {
  Netlink netlink(NETLINK_GENERIC);
  const auto number = family(netlink);
  if (!number) {
    live.set_no_fou();
    return;
  }
  netlink.dump(
      *number, [&] { live.forget_fou_ports(); },
      [](Request& request) { put_command(request, FOU_CMD_GET); },
      [&](const nlmsghdr* message) {
        if (const auto port = port_in(message)) live.add(*port);
      });
}

Refusal add_fou_port(const FouPort& port) {
  Netlink netlink(NETLINK_GENERIC);
  Refusal refusal = execute(netlink, FOU_CMD_ADD, port);
  if (refusal.error != EADDRINUSE) return refusal;
  Live live;
  read_fou_ports(live);
  if (live.receives(port)) return {EEXIST, {}};
  const auto& all = live.fou_ports();
  const bool by_kernel = std::any_of(all.begin(), all.end(), [&](const LiveFouPort& other) {
    return other.port.port == port.port;
  });
  return {EADDRINUSE,
          by_kernel ? "the kernel has it for another use, see ip fou show" : holder_of(port.port)};
}

Refusal delete_fou_port(const FouPort& port) {
  Netlink netlink(NETLINK_GENERIC);
  Refusal refusal = execute(netlink, FOU_CMD_DEL, port);
  // For a port that is not there, the kernel has this word, too.
  if (refusal.error == EINVAL) refusal.error = ENOENT;
  return refusal;
}

}  // namespace situp
