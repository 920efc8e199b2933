// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/ask/service_url.h"

#include "model/address.h"

namespace situp {
namespace {

bool is_host(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']'))
    return Ipv6::parse(host.substr(1, host.size() - 2)).has_value();
  return Ipv4::parse(host) || HostName::parse(host);
}

bool is_port(std::string_view port) {
  const auto number = parse_number(port, 65535);
  return number && *number != 0;
}

}  // namespace

std::optional<ServiceUrl> ServiceUrl::parse(std::string_view text) {
  constexpr std::string_view scheme = "http://";
  if (!text.starts_with(scheme)) return std::nullopt;
  if (text.ends_with('/') && text.size() > scheme.size()) text.remove_suffix(1);
  auto host = text.substr(scheme.size());
  // The colons of an IPv6 address are inside its brackets.
  const auto colon = host.ends_with(']') ? std::string_view::npos : host.rfind(':');
  if (colon != std::string_view::npos) {
    if (!is_port(host.substr(colon + 1))) return std::nullopt;
    host = host.substr(0, colon);
  }
  if (!is_host(host)) return std::nullopt;
  return ServiceUrl(std::string(text));
}

std::optional<Imds> parse_imds(std::string_view word) {
  for (const Imds imds : {Imds::automatic, Imds::v2})
    if (str(imds) == word) return imds;
  return std::nullopt;
}

std::string_view str(Imds imds) {
  return imds == Imds::v2 ? "v2" : "auto";
}

}  // namespace situp
