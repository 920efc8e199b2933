// SPDX-License-Identifier: GPL-2.0-or-later
// A tunnel broker as stanzas, situp.conf and the credentials name it, and where it is told of a
// public address.
#pragma once
#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "model/address.h"

namespace situp {

/// "he", or the name of a [broker NAME] in situp.conf: 1 to 32 lower-case letters, digits and
/// hyphens, a letter first.
class BrokerName {
 public:
  static std::optional<BrokerName> parse(std::string_view text);
  const std::string& str() const { return name_; }
  auto operator<=>(const BrokerName&) const = default;

 private:
  explicit BrokerName(std::string_view name) : name_(name) {}
  std::string name_;
};

/// The broker's number for a tunnel: 1 to 10 digits, as written.
class TunnelId {
 public:
  static std::optional<TunnelId> parse(std::string_view text);
  const std::string& str() const { return digits_; }
  auto operator<=>(const TunnelId&) const = default;

 private:
  explicit TunnelId(std::string_view digits) : digits_(digits) {}
  std::string digits_;
};

/// The value of `v4tunnel-broker`.
struct Broker {
  BrokerName name;
  TunnelId tunnel;
  auto operator<=>(const Broker&) const = default;
};

class Login;

/// Where a broker takes updates: "https://HOST[:PORT]/PATH". HOST is an IPv4 address or a DNS name.
/// No other scheme, no user, no fragment.
class UpdateUrl {
 public:
  /// dyndns2's: no query; a path of letters, digits and "-._~/".
  static std::optional<UpdateUrl> parse(std::string_view text);
  /// A whole URL, with {tunnel}, {address}, {user} and {key} in path and query.
  static std::optional<UpdateUrl> parse_template(std::string_view text);
  /// Why a text is no such URL, to follow the name of its key, with the remedy; empty if it is one.
  /// Of the text, it has only the name of a field that is known: the rest may hold a key.
  static std::string template_trouble(std::string_view text);

  const std::string& str() const { return url_; }
  /// `placeholder`: with its braces.
  bool has(std::string_view placeholder) const { return url_.find(placeholder) != url_.npos; }
  /// The key, of 4 characters or more, stands in path or query as it is, or percent-encoded.
  bool shows_key(const Login& login) const;
  /// The URL with percent-encoded values in the place of its placeholders.
  std::string filled(const TunnelId& tunnel, std::optional<Ipv4> address, const Login& login) const;
  auto operator<=>(const UpdateUrl&) const = default;

 private:
  explicit UpdateUrl(std::string_view url) : url_(url) {}
  std::string url_;
};

/// Who may change the broker's tunnel info. Never printed, never an argument.
class Login {
 public:
  /// The user is 1 to 128 printable ASCII characters without a colon, the key 1 to 128 without a
  /// blank.
  static std::optional<Login> parse(std::string_view user, std::string_view key);
  static bool is_user(std::string_view text);
  static bool is_key(std::string_view text);
  const std::string& user() const { return user_; }
  const std::string& key() const { return key_; }

  /// "USER\nKEY\n", as situp-net takes it on its stdin, and back.
  std::string lines() const;
  static std::optional<Login> from_lines(std::string_view text);

 private:
  Login(std::string_view user, std::string_view key) : user_(user), key_(key) {}
  std::string user_, key_;
};

}  // namespace situp
