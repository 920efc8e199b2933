// SPDX-License-Identifier: GPL-2.0-or-later
// Reads netlink attributes.
#pragma once
#include <libmnl/libmnl.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>

#include "model/address.h"

namespace situp {

using EachAttribute = std::function<void(std::uint16_t type, const nlattr*)>;

inline int call_each(const nlattr* attribute, void* each) {
  (*static_cast<const EachAttribute*>(each))(mnl_attr_get_type(attribute), attribute);
  return MNL_CB_OK;
}

inline void for_each_nested(const nlattr* nest, EachAttribute each) {
  mnl_attr_parse_nested(nest, call_each, &each);
}

template <typename Header>
void for_each_attribute(const nlmsghdr* message, EachAttribute each) {
  mnl_attr_parse(message, sizeof(Header), call_each, &each);
}

/// The payload as a T; zero if the payload is shorter.
template <typename T>
T payload(const nlattr* attribute) {
  T result{};
  if (mnl_attr_get_payload_len(attribute) >= sizeof result)
    memcpy(&result, mnl_attr_get_payload(attribute), sizeof result);
  return result;
}

inline std::string payload_text(const nlattr* attribute) {
  const auto* bytes = static_cast<const char*>(mnl_attr_get_payload(attribute));
  return {bytes, strnlen(bytes, mnl_attr_get_payload_len(attribute))};
}

inline Ipv6 payload_ipv6(const nlattr* attribute) {
  return {payload<std::array<std::uint8_t, 16>>(attribute)};
}

inline Ipv4 payload_ipv4(const nlattr* attribute) {
  return Ipv4::from_network(payload<std::uint32_t>(attribute));
}

}  // namespace situp
