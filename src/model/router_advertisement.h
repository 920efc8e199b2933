// SPDX-License-Identifier: GPL-2.0-or-later
// Router solicitations and advertisements (RFC 4861 §4.1, §4.2; route information RFC 4191 §2.3),
// as far as situpd needs them to solicit again in time. The kernel carries out the advertisements.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "model/address.h"

namespace situp {

constexpr std::uint8_t router_solicitation = 133, router_advertisement = 134;  // ICMPv6 types

/// A solicitation, with a checksum of 0 for the kernel to fill in. It has no link-layer address
/// option: routers ignore it (RFC 5214 §8).
std::vector<std::uint8_t> write_router_solicitation();

/// Seconds; all ones = forever.
constexpr std::uint32_t lasts_forever = 0xffffffff;

struct AdvertisedPrefix {
  Ipv6Net net;
  bool on_link = false;
  bool autonomous = false;  // hosts form addresses in it
  std::uint32_t valid = 0, preferred = 0;
  bool operator==(const AdvertisedPrefix&) const = default;
};

struct AdvertisedRoute {
  Ipv6Net net;
  std::uint32_t lifetime = 0;
  bool operator==(const AdvertisedRoute&) const = default;
};

struct RouterAdvertisement {
  std::uint16_t lifetime = 0;  // seconds as a default router; 0 = it is none
  std::optional<std::uint32_t> mtu;
  std::vector<AdvertisedPrefix> prefixes;
  std::vector<AdvertisedRoute> routes;

  /// The seconds until the first of all this ends; empty if it lasts forever. Parts with a lifetime
  /// of 0 don't count.
  std::optional<std::uint32_t> first_end() const;
};

/// A message from its ICMPv6 header on, with a good checksum. Empty for messages that a host must
/// discard (RFC 4861 §6.1.2). An invalid option (RFC 4862 §5.5.3) counts as absent; of each kind
/// the first 32 count.
std::optional<RouterAdvertisement> read_router_advertisement(std::span<const std::uint8_t> message);

}  // namespace situp
