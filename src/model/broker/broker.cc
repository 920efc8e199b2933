// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/broker/broker.h"

#include <algorithm>

#include "model/address.h"

namespace situp {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

bool is_printable(char c) {
  return c >= ' ' && c < '\x7f';
}

bool is_path(std::string_view path) {
  return path.starts_with('/') && path.find("/.") == std::string_view::npos &&
         std::all_of(path.begin(), path.end(), [](char c) {
           return is_digit(c) || is_lower(c) || (c >= 'A' && c <= 'Z') ||
                  std::string_view("-._~/").find(c) != std::string_view::npos;
         });
}

constexpr std::size_t longest_login = 128;

}  // namespace

std::optional<BrokerName> BrokerName::parse(std::string_view text) {
  if (text.empty() || text.size() > 32 || !is_lower(text.front())) return std::nullopt;
  for (const char c : text)
    if (!is_lower(c) && !is_digit(c) && c != '-') return std::nullopt;
  return BrokerName(text);
}

std::optional<TunnelId> TunnelId::parse(std::string_view text) {
  if (text.empty() || text.size() > 10 || !std::all_of(text.begin(), text.end(), is_digit))
    return std::nullopt;
  return TunnelId(text);
}

std::optional<UpdateUrl> UpdateUrl::parse(std::string_view text) {
  constexpr std::string_view scheme = "https://";
  constexpr std::size_t longest = 1024;
  if (!text.starts_with(scheme) || text.size() > longest) return std::nullopt;
  const auto rest = text.substr(scheme.size());
  const auto slash = rest.find('/');
  if (slash == std::string_view::npos || !is_path(rest.substr(slash))) return std::nullopt;
  auto host = rest.substr(0, slash);
  if (const auto colon = host.find(':'); colon != std::string_view::npos) {
    const auto port = parse_number(host.substr(colon + 1), 65535);
    if (!port || *port == 0) return std::nullopt;
    host = host.substr(0, colon);
  }
  if (!Ipv4::parse(host) && !HostName::parse(host)) return std::nullopt;
  return UpdateUrl(text);
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
  const auto first = text.find('\n');
  if (first == std::string_view::npos || !text.ends_with('\n') || first + 1 == text.size())
    return std::nullopt;
  return parse(text.substr(0, first), text.substr(first + 1, text.size() - first - 2));
}

}  // namespace situp
