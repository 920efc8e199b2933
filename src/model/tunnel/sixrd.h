// SPDX-License-Identifier: GPL-2.0-or-later
// The domain of 6rd (RFC 5969): its hosts have an IPv6 prefix each, which holds the bits of their
// IPv4 address behind the bits that all of them share. Pure.
#pragma once
#include <compare>
#include <cstdint>
#include <string>

#include "model/address.h"

namespace situp {

/// The default is 6to4 (RFC 3056), which the kernel gives to each sit device.
struct SixrdDomain {
  Ipv6Net prefix{{{0x20, 0x02}}, 16};
  Ipv4Net hosts{{}, 0};

  /// The length of a host's prefix. At most 64 in the kernel (net/ipv6/sit.c,
  /// ipip6_tunnel_update_6rd).
  unsigned delegated_length() const { return prefix.length + 32U - hosts.length; }
  /// The prefix of the host with this IPv4 address (RFC 5969 §4). The address is in `hosts`.
  Ipv6Net delegated(Ipv4 address) const;
  bool is_6to4() const { return *this == SixrdDomain{}; }

  auto operator<=>(const SixrdDomain&) const = default;
};

/// The address ::1 of a prefix.
Ipv6 first_address(const Ipv6Net& prefix);

/// Behind an IPv4 address in a message: the reason why no prefix of the domain can hold it, with
/// the remedy. Empty if one can.
std::string not_embeddable(const SixrdDomain& domain, Ipv4 address);

}  // namespace situp
