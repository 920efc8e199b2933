// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace situp {

/// The URL of a metadata service: "http://HOST[:PORT]", one final slash allowed. HOST is an IPv4
/// address, a bracketed IPv6 address without a zone, or a DNS name. No other scheme, user, path,
/// query or fragment.
class ServiceUrl {
 public:
  static std::optional<ServiceUrl> parse(std::string_view text);

  /// "http://HOST" or "http://HOST:PORT", without the final slash.
  const std::string& str() const { return url_; }
  auto operator<=>(const ServiceUrl&) const = default;

 private:
  explicit ServiceUrl(std::string url) : url_(std::move(url)) {}
  std::string url_;
};

/// Which versions of a metadata service that has tokens are acceptable.
enum class Imds {
  automatic,  // version 2, and version 1 where the service has no tokens: "auto"
  v2,         // version 2 only
};
std::optional<Imds> parse_imds(std::string_view word);
std::string_view str(Imds imds);

}  // namespace situp
