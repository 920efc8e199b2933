// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/advertised_route.h"

#include <cerrno>

namespace situp {

bool delete_advertised_default(Netlink& netlink, int ifindex, Ipv4 router) {
  // The router advertises from one of its two link-local addresses: with the u bit, or without.
  Ipv6 other = isatap_link_local(router);
  other.bytes[8] ^= 0x02;
  bool is_deleted = false;
  for (const Ipv6& gateway : {isatap_link_local(router), other}) {
    Request request(RTM_DELROUTE, 0);
    auto* info = request.extra<rtmsg>();
    info->rtm_family = AF_INET6;
    info->rtm_table = RT_TABLE_MAIN;
    info->rtm_scope = RT_SCOPE_NOWHERE;
    info->rtm_protocol = RTPROT_RA;
    request.put(RTA_GATEWAY, gateway.bytes.data(), gateway.bytes.size());
    request.put_u32(RTA_OIF, static_cast<std::uint32_t>(ifindex));
    const Refusal refusal = netlink.execute(request);
    if (refusal.error != 0 && refusal.error != ESRCH)
      throw system_error("the default route by " + gateway.str(), refusal.error);
    is_deleted |= refusal.error == 0;
  }
  return is_deleted;
}

}  // namespace situp
