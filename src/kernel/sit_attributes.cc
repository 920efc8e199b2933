// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/sit_attributes.h"

// Must precede the kernel's headers, which then omit the same definitions.
#include <net/if.h>
#include <netinet/in.h>

#include <linux/if_link.h>
#include <linux/if_tunnel.h>

#include <optional>

#include "kernel/attributes.h"

namespace situp {
namespace {

constexpr std::uint16_t sit_isatap = 1;  // SIT_ISATAP, linux/if_tunnel.h

/// The attributes of UDP encapsulation, as the kernel has them.
struct RawEncap {
  std::uint16_t type = TUNNEL_ENCAP_NONE, flags = 0;
  std::uint16_t source_port = 0, port = 0;

  /// Empty if situp makes no such thing.
  std::optional<Encap> read() const {
    if (type == TUNNEL_ENCAP_NONE) return Encap{};
    if (type != TUNNEL_ENCAP_FOU || port == 0 || (flags & TUNNEL_ENCAP_FLAG_REMCSUM) != 0)
      return std::nullopt;
    return Encap{port, source_port, (flags & TUNNEL_ENCAP_FLAG_CSUM) != 0};
  }
};

void put_encap(Request& request, const Encap& encap) {
  request.put_u16(IFLA_IPTUN_ENCAP_TYPE, encap.is_on() ? TUNNEL_ENCAP_FOU : TUNNEL_ENCAP_NONE);
  if (!encap.is_on()) return;
  request.put_u16(IFLA_IPTUN_ENCAP_FLAGS, encap.checksum ? TUNNEL_ENCAP_FLAG_CSUM : 0);
  request.put_u16(IFLA_IPTUN_ENCAP_SPORT, htons(encap.source_port));
  request.put_u16(IFLA_IPTUN_ENCAP_DPORT, htons(encap.port));
}

void put_domain(Request& request, const SixrdDomain& domain) {
  request.put(IFLA_IPTUN_6RD_PREFIX, domain.prefix.address.bytes.data(),
              domain.prefix.address.bytes.size());
  request.put_u32(IFLA_IPTUN_6RD_RELAY_PREFIX, domain.hosts.address.network());
  request.put_u16(IFLA_IPTUN_6RD_PREFIXLEN, domain.prefix.length);
  request.put_u16(IFLA_IPTUN_6RD_RELAY_PREFIXLEN, domain.hosts.length);
}

}  // namespace

void put_sit(Request& request, const Sit& sit, bool create) {
  nlattr* info = request.begin_nest(IFLA_LINKINFO);
  request.put_name(IFLA_INFO_KIND, "sit");
  nlattr* data = request.begin_nest(IFLA_INFO_DATA);
  request.put_u32(IFLA_IPTUN_LOCAL, sit.local.network());
  request.put_u32(IFLA_IPTUN_REMOTE, sit.remote.network());
  request.put_u32(IFLA_IPTUN_LINK, static_cast<std::uint32_t>(sit.link));
  request.put_u8(IFLA_IPTUN_TTL, sit.ttl);
  request.put_u8(IFLA_IPTUN_TOS, sit.tos);
  request.put_u8(IFLA_IPTUN_PMTUDISC, sit.pmtu ? 1 : 0);
  // Host order, unlike GRE's flags. The kernel reads flags and protocol only at creation.
  request.put_u16(IFLA_IPTUN_FLAGS, sit.kind == Kind::isatap ? sit_isatap : 0);
  // A change without these keeps the domain, and the kernel takes them for one block.
  if (sit.kind == Kind::sixrd || (!create && sit.remote == Ipv4{})) put_domain(request, sit.domain);
  if (create) request.put_u8(IFLA_IPTUN_PROTO, sit.protocol);
  // A change without this attribute keeps the mark (net/ipv6/sit.c, ipip6_changelink).
  if (sit.mark != 0 || !create) request.put_u32(IFLA_IPTUN_FWMARK, sit.mark);
  // Nor does one change the encapsulation.
  if (sit.encap.is_on() || !create) put_encap(request, sit.encap);
  request.end_nest(data);
  request.end_nest(info);
}

Sit read_sit(const nlattr* data) {
  Sit sit;
  RawEncap encap;
  for_each_nested(data, [&](std::uint16_t type, const nlattr* a) {
    switch (type) {
      case IFLA_IPTUN_LOCAL:
        sit.local = payload_ipv4(a);
        break;
      case IFLA_IPTUN_REMOTE:
        sit.remote = payload_ipv4(a);
        break;
      case IFLA_IPTUN_LINK:
        sit.link = payload<int>(a);
        break;
      case IFLA_IPTUN_TTL:
        sit.ttl = payload<std::uint8_t>(a);
        break;
      case IFLA_IPTUN_TOS:
        sit.tos = payload<std::uint8_t>(a);
        break;
      case IFLA_IPTUN_PMTUDISC:
        sit.pmtu = payload<std::uint8_t>(a) != 0;
        break;
      case IFLA_IPTUN_FLAGS:
        if ((payload<std::uint16_t>(a) & sit_isatap) != 0) sit.kind = Kind::isatap;
        break;
      case IFLA_IPTUN_PROTO:
        sit.protocol = payload<std::uint8_t>(a);
        break;
      case IFLA_IPTUN_6RD_PREFIX:
        sit.domain.prefix.address = payload_ipv6(a);
        break;
      case IFLA_IPTUN_6RD_PREFIXLEN:
        sit.domain.prefix.length = static_cast<std::uint8_t>(payload<std::uint16_t>(a));
        break;
      case IFLA_IPTUN_6RD_RELAY_PREFIX:
        sit.domain.hosts.address = payload_ipv4(a);
        break;
      case IFLA_IPTUN_6RD_RELAY_PREFIXLEN:
        sit.domain.hosts.length = static_cast<std::uint8_t>(payload<std::uint16_t>(a));
        break;
      case IFLA_IPTUN_ENCAP_TYPE:
        encap.type = payload<std::uint16_t>(a);
        break;
      case IFLA_IPTUN_ENCAP_FLAGS:
        encap.flags = payload<std::uint16_t>(a);
        break;
      case IFLA_IPTUN_ENCAP_SPORT:
        encap.source_port = ntohs(payload<std::uint16_t>(a));
        break;
      case IFLA_IPTUN_ENCAP_DPORT:
        encap.port = ntohs(payload<std::uint16_t>(a));
        break;
      case IFLA_IPTUN_FWMARK:
        sit.mark = payload<std::uint32_t>(a);
        break;
      default:
        break;
    }
  });
  if (sit.kind != Kind::isatap && sit.remote == Ipv4{}) sit.kind = Kind::sixrd;
  // In force on devices of this kind only (net/ipv6/sit.c, packet_is_spoofed and try_6rd).
  if (sit.kind != Kind::sixrd) sit.domain = {};
  const auto known = encap.read();
  sit.encap = known.value_or(Encap{});
  sit.has_other_sets = !known || (sit.mark != 0 && sit.remote != Ipv4{});
  return sit;
}

}  // namespace situp
