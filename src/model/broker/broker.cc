// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/broker/broker.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/text.h"

namespace situp {
namespace {

bool is_printable(char c) {
  return c >= ' ' && c < '\x7f';
}

/// Each character is a letter, a digit or one of these.
bool has_only(std::string_view text, std::string_view others) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return is_letter_or_digit(c) || others.find(c) != std::string_view::npos;
  });
}

bool is_path(std::string_view path) {
  return path.starts_with('/') && path.find("/.") == std::string_view::npos &&
         has_only(path, "-._~/");
}

/// "HOST" or "HOST:PORT".
bool is_host(std::string_view host) {
  if (const auto colon = host.find(':'); colon != host.npos) {
    if (parse_number(host.substr(colon + 1), 65535).value_or(0) == 0) return false;
    host = host.substr(0, colon);
  }
  return Ipv4::parse(host) || HostName::parse(host);
}

constexpr std::string_view scheme = "https://";
constexpr std::size_t longest_url = 1024;
constexpr std::size_t longest_login = 128;

constexpr std::array<std::string_view, 4> placeholders{"{tunnel}", "{address}", "{user}", "{key}"};
constexpr const char* in_credentials = " into " SITUP_SYSCONFDIR "/situp/credentials";

/// Puts a letter in the place of each placeholder; the error if a brace is left.
std::string take_placeholders(std::string& text) {
  for (const std::string_view placeholder : placeholders)
    for (auto at = text.find(placeholder); at != text.npos; at = text.find(placeholder, at))
      text.replace(at, placeholder.size(), "x");
  const auto open = text.find_first_of("{}");
  if (open == text.npos) return {};
  // The name is not shown: it may be the key, which a person has put where {key} stands.
  const auto close = text.find('}', open);
  if (text[open] != '{' || close == text.npos ||
      !has_only(std::string_view(text).substr(open + 1, close - open - 1), "-_"))
    return "has a brace that belongs to no placeholder; write %7B or %7D";
  return "has an unknown placeholder; it takes {tunnel}, {address}, {user} and {key}";
}

/// A field of the query whose name says that it is a secret, with its value in plain text.
std::string literal_secret(std::string_view query) {
  constexpr std::array<std::string_view, 19> names{
      "key",       "apikey",     "api_key", "api-key", "apitoken",
      "updatekey", "update_key", "p",       "pass",    "passwd",
      "password",  "passphrase", "pwd",     "pw",      "access_token",
      "token",     "secret",     "auth",    "authkey"};
  while (!query.empty()) {
    auto value = take_until(query, '&');
    std::string name(take_until(value, '='));
    std::transform(name.begin(), name.end(), name.begin(), lower);
    if (!value.empty() && value.find('{') == value.npos &&
        std::find(names.begin(), names.end(), name) != names.end())
      return name;
  }
  return {};
}

/// Each '%' is of a percent-encoded byte.
bool percents_are_right(std::string_view text) {
  for (auto at = text.find('%'); at != text.npos; at = text.find('%', at + 1)) {
    const auto digits = text.substr(at + 1, 2);
    if (digits.size() < 2 || !is_hexadecimal(digits)) return false;
  }
  return true;
}

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  while (!text.empty()) {
    unsigned byte = 0;
    const bool is_encoded =
        text.size() >= 3 && text.front() == '%' &&
        std::from_chars(text.data() + 1, text.data() + 3, byte, 16).ptr == text.data() + 3;
    decoded += is_encoded ? static_cast<char>(byte) : text.front();
    text.remove_prefix(is_encoded ? 3 : 1);
  }
  return decoded;
}

std::string percent_encoded(std::string_view value) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (has_only({&c, 1}, "-._~"))
      text += c;
    else
      text.append({'%', digits[byte >> 4U], digits[byte & 15U]});
  }
  return text;
}

}  // namespace

std::optional<BrokerName> BrokerName::parse(std::string_view text) {
  if (text.empty() || text.size() > 32 || !is_letter(text.front())) return std::nullopt;
  for (const char c : text)
    if (c != lower(c) || (!is_letter_or_digit(c) && c != '-')) return std::nullopt;
  return BrokerName(text);
}

std::optional<TunnelId> TunnelId::parse(std::string_view text) {
  if (text.empty() || text.size() > 10 || !std::all_of(text.begin(), text.end(), is_digit))
    return std::nullopt;
  return TunnelId(text);
}

std::optional<UpdateUrl> UpdateUrl::parse(std::string_view text) {
  if (!text.starts_with(scheme) || text.size() > longest_url) return std::nullopt;
  const auto rest = text.substr(scheme.size());
  const auto slash = rest.find('/');
  if (slash == std::string_view::npos || !is_path(rest.substr(slash)) ||
      !is_host(rest.substr(0, slash)))
    return std::nullopt;
  return UpdateUrl(text);
}

std::string UpdateUrl::template_trouble(std::string_view text) {
  if (!text.starts_with(scheme)) return "has to begin with https://";
  if (text.size() > longest_url) return "is longer than 1024 characters";
  const auto rest = text.substr(scheme.size());
  const auto slash = std::min(rest.find_first_of("/?#"), rest.size());
  const auto host = rest.substr(0, slash);
  if (host.find('@') != host.npos)
    return std::string("has a user in it; write {user} and {key}, or neither, and put both") +
           in_credentials;
  if (host.find('{') != host.npos)
    return "has a placeholder in its host; placeholders stand in the path and the query";
  if (!is_host(host)) return "names no host; it takes https://HOST/PATH";
  std::string plain(rest.substr(slash));
  if (!plain.starts_with('/')) return "has no path; it takes https://HOST/PATH";
  if (auto trouble = take_placeholders(plain); !trouble.empty()) return trouble;
  std::string_view query = plain;
  const auto path = take_until(query, '?');
  if (!has_only(path, "-._~/%!$&'()*+,;:=@") || !has_only(query, "-._~/%!$&'()*+,;:=@?") ||
      !percents_are_right(plain))
    return "has a character that a URL can't have there; write it percent-encoded, such as %20";
  if (path.find("/.") != path.npos) return "has a /. in its path; remove it";
  auto with_values = rest.substr(slash);
  static_cast<void>(take_until(with_values, '?'));
  if (const auto name = literal_secret(with_values); !name.empty())
    return "has a literal '" + name +
           "=', and everybody may read it; write {key} there, and the key" + in_credentials;
  return {};
}

std::optional<UpdateUrl> UpdateUrl::parse_template(std::string_view text) {
  return template_trouble(text).empty() ? std::optional(UpdateUrl(text)) : std::nullopt;
}

std::string UpdateUrl::filled(const TunnelId& tunnel, std::optional<Ipv4> address,
                              const Login& login) const {
  const std::array<std::string, 4> values{tunnel.str(), address ? address->str() : std::string(),
                                          percent_encoded(login.user()),
                                          percent_encoded(login.key())};
  std::string url;
  std::string_view rest = url_;
  while (!rest.empty()) {
    url += take_until(rest, '{');
    // The braces of a template are those of its placeholders.
    const auto name = rest.empty() ? std::string_view() : take_until(rest, '}');
    for (std::size_t i = 0; i < placeholders.size(); ++i)
      if (placeholders.at(i).substr(1, placeholders.at(i).size() - 2) == name) url += values.at(i);
  }
  return url;
}

bool UpdateUrl::shows_key(const Login& login) const {
  constexpr std::size_t long_enough = 4;
  if (login.key().size() < long_enough) return false;
  std::string plain = url_.substr(std::min(url_.find('/', scheme.size()), url_.size()));
  static_cast<void>(take_placeholders(plain));
  return plain.find(login.key()) != plain.npos ||
         percent_decoded(plain).find(login.key()) != std::string::npos;
}

bool Login::is_user(std::string_view text) {
  return !text.empty() && text.size() <= longest_login &&
         text.find(':') == std::string_view::npos &&
         std::all_of(text.begin(), text.end(), is_printable);
}

bool Login::is_key(std::string_view text) {
  return !text.empty() && text.size() <= longest_login &&
         text.find(' ') == std::string_view::npos &&
         std::all_of(text.begin(), text.end(), is_printable);
}

std::optional<Login> Login::parse(std::string_view user, std::string_view key) {
  if (!is_user(user) || !is_key(key)) return std::nullopt;
  return Login(user, key);
}

std::string Login::lines() const {
  return user_ + '\n' + key_ + '\n';
}

std::optional<Login> Login::from_lines(std::string_view text) {
  if (!text.ends_with('\n')) return std::nullopt;
  text.remove_suffix(1);
  const auto user = take_until(text, '\n');
  return parse(user, text);
}

}  // namespace situp
