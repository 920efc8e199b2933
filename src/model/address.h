// SPDX-License-Identifier: GPL-2.0-or-later
// The field's own values as types: a value of such a type has been checked, so later code does not
// check it again.
#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace situp {

/// An IPv4 address. `value` is in host order.
struct Ipv4 {
  std::uint32_t value = 0;

  /// Four decimal numbers only: no leading zeros, no blanks, no shorter forms (RFC 6943 §3.1.1
  /// gives the reason).
  static std::optional<Ipv4> parse(std::string_view text);
  static Ipv4 from_network(std::uint32_t big_endian);
  std::uint32_t network() const;
  std::string str() const;

  /// True for addresses that can't be an end of a tunnel: 0/8, 127/8, multicast, 240/4 and
  /// broadcast.
  bool is_unusable_as_endpoint() const;
  /// As RFC 5214 §6.1 needs it for the u bit and as ipv6_isatap_ifid() in the kernel decides it
  /// (include/net/addrconf.h).
  bool is_private_for_isatap() const;
  /// Those and the shared ones of RFC 6598: the Internet has no route to them.
  bool is_private() const;

  auto operator<=>(const Ipv4&) const = default;
};

/// An IPv4 prefix.
struct Ipv4Net {
  Ipv4 address;
  std::uint8_t length = 32;

  /// "ADDRESS/LENGTH"; empty without a length.
  static std::optional<Ipv4Net> parse(std::string_view text);
  std::string str() const;
  /// The same without host bits.
  Ipv4Net prefix() const;
  bool contains(Ipv4 other) const { return Ipv4Net{other, length}.prefix() == prefix(); }

  auto operator<=>(const Ipv4Net&) const = default;
};

/// An IPv6 address, in network order.
struct Ipv6 {
  std::array<std::uint8_t, 16> bytes{};

  static std::optional<Ipv6> parse(std::string_view text);
  std::string str() const;
  bool is_link_local() const { return bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80; }
  bool is_multicast() const { return bytes[0] == 0xff; }
  bool is_unspecified() const { return *this == Ipv6{}; }

  auto operator<=>(const Ipv6&) const = default;
};

/// An address with a prefix length, as `address` and `v4tunnel-lan` take it (host bits allowed), or
/// a prefix (see has_host_bits).
struct Ipv6Net {
  Ipv6 address;
  std::uint8_t length = 128;

  /// "ADDRESS/LENGTH"; empty without a length.
  static std::optional<Ipv6Net> parse(std::string_view text);
  std::string str() const;
  bool has_host_bits() const;
  /// The same without host bits.
  Ipv6Net prefix() const;
  bool contains(const Ipv6& other) const;

  auto operator<=>(const Ipv6Net&) const = default;
};

/// Each of the nets once, in their order, without those inside a wider one of them.
std::vector<Ipv6Net> outermost(const std::vector<Ipv6Net>& nets);

/// fe80::a.b.c.d, the link-local address of a 6in4 tunnel (RFC 4213 §3.7).
Ipv6 sixin4_link_local(Ipv4 local);
/// PREFIX::[200:]5efe:a.b.c.d (RFC 5214 §6.1): the u bit is set where the IPv4 address is globally
/// unique.
Ipv6 isatap_address(const Ipv6& prefix, Ipv4 local);
Ipv6 isatap_link_local(Ipv4 local);
/// The IPv4 address inside an ISATAP interface identifier, with or without the u bit.
std::optional<Ipv4> embedded_in_isatap(const Ipv6& address);
/// The IPv4 address inside fe80::a.b.c.d.
std::optional<Ipv4> embedded_in_link_local(const Ipv6& address);
/// ::a.b.c.d, an IPv4-compatible address (RFC 4291 §2.5.5.1): a sit device without a remote end
/// takes the IPv4 address inside for the next hop.
Ipv6 compatible_address(Ipv4 address);
/// The IPv4 address inside such an address.
std::optional<Ipv4> embedded_in_compatible(const Ipv6& address);

/// A network interface's name as dev_valid_name() in the kernel allows it (at most 15 bytes; no
/// slash, colon or blank), and without '%', which the kernel would take for a template.
class InterfaceName {
 public:
  static std::optional<InterfaceName> parse(std::string_view text);
  std::string str() const { return name_.data(); }
  const char* c_str() const { return name_.data(); }
  auto operator<=>(const InterfaceName&) const = default;

 private:
  std::array<char, 16> name_{};
};

/// A DNS name: letters, digits, hyphens and dots, at most 253 bytes, not of the form of an IPv4
/// address. In lower case: DNS ignores case.
class HostName {
 public:
  static std::optional<HostName> parse(std::string_view text);
  const std::string& str() const { return name_; }
  auto operator<=>(const HostName&) const = default;

 private:
  explicit HostName(std::string_view name);
  std::string name_;
};

/// A 48-bit hardware address, "0a:1b:2c:3d:4e:5f".
struct Mac {
  std::array<std::uint8_t, 6> bytes{};
  static std::optional<Mac> parse(std::string_view text);
  std::string str() const;
  auto operator<=>(const Mac&) const = default;
};

/// A decimal number without sign, blanks or leading zeros, at most `most`.
std::optional<std::uint32_t> parse_number(std::string_view text, std::uint32_t most);

}  // namespace situp
