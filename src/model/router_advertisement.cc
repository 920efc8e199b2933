// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/router_advertisement.h"

#include <algorithm>

namespace situp {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t header_size = 16;  // type, code, checksum, hop limit, flags, lifetime, timers
constexpr std::size_t most_of_a_kind = 32;
constexpr std::uint8_t prefix_information = 3, mtu_option = 5, route_information = 24;

std::uint16_t two_bytes(Bytes from) {
  return static_cast<std::uint16_t>(from[0] << 8 | from[1]);
}

std::uint32_t four_bytes(Bytes from) {
  return static_cast<std::uint32_t>(two_bytes(from)) << 16 | two_bytes(from.subspan(2));
}

/// A prefix of which the option holds only some bytes, without the bits beyond its length.
Ipv6Net prefix_of(Bytes bytes, std::uint8_t length) {
  Ipv6Net net;
  net.length = length;
  for (std::size_t i = 0; i < bytes.size() && i * 8 < length; ++i) {
    const std::size_t bits = std::min<std::size_t>(8, length - i * 8);
    net.address.bytes[i] = static_cast<std::uint8_t>(bytes[i] & (0xff00U >> bits));
  }
  return net;
}

void read_prefix(Bytes option, std::vector<AdvertisedPrefix>& prefixes) {
  if (option.size() != 32 || option[2] > 128 || prefixes.size() == most_of_a_kind) return;
  AdvertisedPrefix prefix;
  prefix.net = prefix_of(option.subspan(16), option[2]);
  prefix.on_link = (option[3] & 0x80) != 0;
  prefix.autonomous = (option[3] & 0x40) != 0;
  prefix.valid = four_bytes(option.subspan(4));
  prefix.preferred = four_bytes(option.subspan(8));
  if (prefix.net.address.is_link_local() || prefix.net.address.is_multicast() ||
      prefix.preferred > prefix.valid)
    return;
  prefixes.push_back(prefix);
}

void read_route(Bytes option, std::vector<AdvertisedRoute>& routes) {
  // The option holds as many bytes of the prefix as its length needs, in eights (RFC 4191 §2.3),
  // and no more than 128 bits.
  if (option[1] > 3 || option.size() < 8 + (option[2] + 63U) / 64 * 8 ||
      routes.size() == most_of_a_kind)
    return;
  routes.push_back({prefix_of(option.subspan(8), option[2]), four_bytes(option.subspan(4))});
}

}  // namespace

std::vector<std::uint8_t> write_router_solicitation() {
  return {router_solicitation, 0, 0, 0, 0, 0, 0, 0};
}

std::optional<RouterAdvertisement> read_router_advertisement(Bytes message) {
  if (message.size() < header_size || message[0] != router_advertisement || message[1] != 0)
    return std::nullopt;
  RouterAdvertisement result;
  result.lifetime = two_bytes(message.subspan(6));
  Bytes left = message.subspan(header_size);
  while (!left.empty()) {
    if (left.size() < 8) return std::nullopt;
    const std::size_t size = left[1] * std::size_t{8};
    if (size == 0 || size > left.size()) return std::nullopt;
    const Bytes option = left.first(size);
    if (option[0] == prefix_information)
      read_prefix(option, result.prefixes);
    else if (option[0] == mtu_option && size == 8)
      result.mtu = four_bytes(option.subspan(4));
    else if (option[0] == route_information)
      read_route(option, result.routes);
    left = left.subspan(size);
  }
  return result;
}

std::optional<std::uint32_t> RouterAdvertisement::first_end() const {
  std::uint32_t first = lasts_forever;
  const auto count = [&first](std::uint32_t seconds) {
    if (seconds != 0) first = std::min(first, seconds);
  };
  count(lifetime);
  for (const AdvertisedPrefix& prefix : prefixes) {
    if (prefix.on_link || prefix.autonomous) count(prefix.valid);
    if (prefix.autonomous) count(prefix.preferred);
  }
  for (const AdvertisedRoute& route : routes) count(route.lifetime);
  if (first == lasts_forever) return std::nullopt;
  return first;
}

}  // namespace situp
