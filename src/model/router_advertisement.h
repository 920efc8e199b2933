// SPDX-License-Identifier: GPL-2.0-or-later
// Router solicitations and advertisements (RFC 4861 §4.1, §4.2; route information RFC 4191 §2.3),
// as far as somebody is concerned who has to ask again in time. What is advertised is the kernel's
// to carry out.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "model/address.h"

namespace situp {

constexpr std::uint8_t router_solicitation = 133, router_advertisement = 134;  // ICMPv6 types

/// A solicitation, with a checksum of 0 for the kernel to fill in. On ISATAP links no link-layer
/// address is told: options that would are ignored there (RFC 5214 §8).
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

  /// After how many seconds the first of all this ends; nothing where it lasts forever. What has
  /// ended with the advertisement itself (a lifetime of 0) doesn't count.
  std::optional<std::uint32_t> first_end() const;
};

/// A message from its ICMPv6 header on, whose checksum was good. Nothing for what RFC 4861 §6.1.2
/// has a host discard; an option that can't be right (RFC 4862 §5.5.3) counts as absent, and of
/// each kind the first 32 count.
std::optional<RouterAdvertisement> read_router_advertisement(std::span<const std::uint8_t> message);

}  // namespace situp
