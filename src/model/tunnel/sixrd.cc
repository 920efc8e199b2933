// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/tunnel/sixrd.h"

namespace situp {

Ipv6Net SixrdDomain::delegated(Ipv4 address) const {
  Ipv6Net result{prefix.address, static_cast<std::uint8_t>(delegated_length())};
  for (unsigned bit = hosts.length; bit < 32; ++bit) {
    if ((address.value >> (31 - bit) & 1) == 0) continue;
    const unsigned to = prefix.length + bit - hosts.length;
    result.address.bytes[to / 8] |= static_cast<std::uint8_t>(0x80U >> to % 8);
  }
  return result;
}

std::string not_embeddable(const SixrdDomain& domain, Ipv4 address) {
  if (domain.is_6to4() && address.is_private())
    return " is a private address, and 6to4 takes public ones only: write the public address of "
           "this host into sixrd-address";
  if (!domain.hosts.contains(address))
    return " is not in " + domain.hosts.str() +
           ", the hosts of sixrd-prefix: correct one of the two";
  return {};
}

Ipv6 first_address(const Ipv6Net& prefix) {
  Ipv6 address = prefix.address;
  address.bytes.back() |= 1;
  return address;
}

}  // namespace situp
