// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "base/list.h"
#include "base/text.h"

namespace situp {
namespace {

bool in_prefix(Ipv4 address, std::uint32_t prefix, int length) {
  return (address.value ^ prefix) >> (32 - length) == 0;
}

Ipv6 with_identifier(const Ipv6& prefix, std::uint32_t high, Ipv4 low) {
  Ipv6 result = prefix;
  const std::uint32_t words[2] = {htonl(high), low.network()};
  memcpy(result.bytes.data() + 8, words, sizeof words);
  return result;
}

Ipv4 last_four(const Ipv6& address) {
  Ipv4 last;
  for (std::size_t i = 12; i < address.bytes.size(); ++i)
    last.value = last.value << 8 | address.bytes[i];
  return last;
}

const Ipv6 link_local_prefix{{0xfe, 0x80}};

}  // namespace

std::optional<std::uint32_t> parse_number(std::string_view text, std::uint32_t most) {
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    number = number * 10 + static_cast<unsigned>(c - '0');
    if (number > most) return std::nullopt;
  }
  return static_cast<std::uint32_t>(number);
}

std::optional<Ipv4> Ipv4::parse(std::string_view text) {
  Ipv4 address;
  for (int i = 0; i < 4; ++i) {
    const std::size_t dot = i < 3 ? text.find('.') : text.size();
    if (dot == std::string_view::npos) return std::nullopt;
    const auto number = parse_number(text.substr(0, dot), 255);
    if (!number) return std::nullopt;
    address.value = address.value << 8 | *number;
    text.remove_prefix(std::min(dot + 1, text.size()));
  }
  return address;
}

Ipv4 Ipv4::from_network(std::uint32_t big_endian) {
  return Ipv4{ntohl(big_endian)};
}

std::uint32_t Ipv4::network() const {
  return htonl(value);
}

std::string Ipv4::str() const {
  char text[INET_ADDRSTRLEN];
  static_cast<void>(snprintf(text, sizeof text, "%u.%u.%u.%u", value >> 24, value >> 16 & 255,
                             value >> 8 & 255, value & 255));
  return text;
}

bool Ipv4::is_unusable_as_endpoint() const {
  return value < 0x01000000 || in_prefix(*this, 0x7f000000, 8) || value >= 0xe0000000;
}

bool Ipv4::is_private_for_isatap() const {
  return value == 0 || in_prefix(*this, 0x0a000000, 8) || in_prefix(*this, 0x7f000000, 8) ||
         in_prefix(*this, 0xa9fe0000, 16) || in_prefix(*this, 0xac100000, 12) ||
         in_prefix(*this, 0xc0000200, 24) || in_prefix(*this, 0xc0586300, 24) ||
         in_prefix(*this, 0xc0a80000, 16) || in_prefix(*this, 0xc6120000, 15) ||
         in_prefix(*this, 0xe0000000, 4) || value == 0xffffffff;
}

bool Ipv4::is_private() const {
  return is_private_for_isatap() || in_prefix(*this, 0x64400000, 10);
}

namespace {

/// An address and a length of at most `most`.
template <typename Net, typename Address>
std::optional<Net> parse_net(std::string_view text, std::uint32_t most) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto address = Address::parse(text.substr(0, slash));
  const auto length = parse_number(text.substr(slash + 1), most);
  if (!address || !length) return std::nullopt;
  return Net{*address, static_cast<std::uint8_t>(*length)};
}

}  // namespace

std::optional<Ipv4Net> Ipv4Net::parse(std::string_view text) {
  return parse_net<Ipv4Net, Ipv4>(text, 32);
}

std::string Ipv4Net::str() const {
  return address.str() + "/" + std::to_string(length);
}

Ipv4Net Ipv4Net::prefix() const {
  const std::uint32_t mask = length == 0 ? 0 : 0xffffffffU << (32 - length);
  return {Ipv4{address.value & mask}, length};
}

std::optional<Ipv6> Ipv6::parse(std::string_view text) {
  // inet_pton() does not see beyond a zero byte.
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  Ipv6 address;
  if (inet_pton(AF_INET6, std::string(text).c_str(), address.bytes.data()) != 1)
    return std::nullopt;
  return address;
}

std::string Ipv6::str() const {
  char text[INET6_ADDRSTRLEN];
  return inet_ntop(AF_INET6, bytes.data(), text, sizeof text);
}

std::optional<Ipv6Net> Ipv6Net::parse(std::string_view text) {
  return parse_net<Ipv6Net, Ipv6>(text, 128);
}

std::string Ipv6Net::str() const {
  return address.str() + "/" + std::to_string(length);
}

bool Ipv6Net::contains(const Ipv6& other) const {
  const std::size_t whole = length / 8;
  if (!std::equal(address.bytes.begin(), address.bytes.begin() + static_cast<std::ptrdiff_t>(whole),
                  other.bytes.begin()))
    return false;
  const int rest = length % 8;
  return rest == 0 || (address.bytes[whole] ^ other.bytes[whole]) >> (8 - rest) == 0;
}

bool Ipv6Net::has_host_bits() const {
  for (std::size_t bit = length; bit < 128; ++bit)
    if ((address.bytes[bit / 8] >> (7 - bit % 8) & 1) != 0) return true;
  return false;
}

Ipv6Net Ipv6Net::prefix() const {
  Ipv6Net result = *this;
  for (std::size_t bit = length; bit < 128; ++bit)
    result.address.bytes[bit / 8] &= static_cast<std::uint8_t>(~(0x80U >> bit % 8));
  return result;
}

std::vector<Ipv6Net> outermost(const std::vector<Ipv6Net>& nets) {
  std::vector<Ipv6Net> outer;
  for (const Ipv6Net& net : nets) {
    const auto covers = [&net](const Ipv6Net& other) {
      return other.length < net.length && other.contains(net.address);
    };
    if (std::none_of(nets.begin(), nets.end(), covers)) add_missing(outer, net);
  }
  return outer;
}

Ipv6 sixin4_link_local(Ipv4 local) {
  return with_identifier(link_local_prefix, 0, local);
}

Ipv6 isatap_address(const Ipv6& prefix, Ipv4 local) {
  return with_identifier(prefix, local.is_private_for_isatap() ? 0x00005efe : 0x02005efe, local);
}

Ipv6 isatap_link_local(Ipv4 local) {
  return isatap_address(link_local_prefix, local);
}

std::optional<Ipv4> embedded_in_isatap(const Ipv6& address) {
  const auto& b = address.bytes;
  if ((b[8] & ~2) != 0 || b[9] != 0 || b[10] != 0x5e || b[11] != 0xfe) return std::nullopt;
  return last_four(address);
}

std::optional<Ipv4> embedded_in_link_local(const Ipv6& address) {
  if (!Ipv6Net{link_local_prefix, 96}.contains(address)) return std::nullopt;
  const Ipv4 embedded = last_four(address);
  // Administrators choose addresses like fe80::1; they embed no address in 0/8.
  if (embedded.value < 0x01000000) return std::nullopt;
  return embedded;
}

Ipv6 compatible_address(Ipv4 address) {
  return with_identifier({}, 0, address);
}

std::optional<Ipv4> embedded_in_compatible(const Ipv6& address) {
  const Ipv4 embedded = last_four(address);
  // :: and ::1 have meanings of their own, and no host has an address in 0/8.
  if (!Ipv6Net{{}, 96}.contains(address) || embedded.value < 0x01000000) return std::nullopt;
  return embedded;
}

std::optional<InterfaceName> InterfaceName::parse(std::string_view text) {
  if (text.empty() || text.size() > 15 || text == "." || text == "..") return std::nullopt;
  for (const char c : text)
    if (c <= ' ' || c > '~' || c == '/' || c == ':' || c == '%') return std::nullopt;
  InterfaceName name;
  std::copy(text.begin(), text.end(), name.name_.begin());
  return name;
}

HostName::HostName(std::string_view name) : name_(name) {
  std::transform(name_.begin(), name_.end(), name_.begin(), lower);
}

std::optional<HostName> HostName::parse(std::string_view text) {
  if (text.size() > 253) return std::nullopt;
  bool letter_in_last = false;
  std::size_t label = 0;
  char before = '.';
  for (const char c : text) {
    if (c == '.') {
      if (label == 0 || before == '-') return std::nullopt;
      label = 0;
      letter_in_last = false;
    } else if (is_letter_or_digit(c) || (c == '-' && label > 0)) {
      if (++label > 63) return std::nullopt;
      letter_in_last |= is_letter(c);
    } else {
      return std::nullopt;
    }
    before = c;
  }
  if (before == '-' || !letter_in_last) return std::nullopt;
  return HostName(text);
}

std::optional<Mac> Mac::parse(std::string_view text) {
  if (text.size() != 17) return std::nullopt;
  Mac mac;
  for (std::size_t i = 0; i < 17; ++i) {
    const char c = text[i];
    if (i % 3 == 2) {
      if (c != ':') return std::nullopt;
      continue;
    }
    const auto digit = std::string_view("0123456789abcdef").find(lower(c));
    if (digit == std::string_view::npos) return std::nullopt;
    auto& byte = mac.bytes[i / 3];
    byte = static_cast<std::uint8_t>(byte * 16U + digit);
  }
  return mac;
}

std::string Mac::str() const {
  char text[18];
  static_cast<void>(snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", bytes[0], bytes[1],
                             bytes[2], bytes[3], bytes[4], bytes[5]));
  return text;
}

}  // namespace situp
