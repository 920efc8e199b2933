// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/refusal_text.h"

#include <cerrno>

#include "base/error.h"

namespace situp {
namespace {

constexpr std::size_t longest_excuse = 160;

std::string first_line(const std::string& text) {
  std::string line;
  for (const char c : text) {
    if (c == '\n' && !line.empty()) break;
    if (c != '\n' && line.size() < longest_excuse) line += c >= ' ' && c <= '~' ? c : '?';
  }
  return line.empty() ? "it doesn't say why" : line;
}

}  // namespace

bool means_no_sit(int error) {
  return error == EOPNOTSUPP || error == ENOTSUP || error == ENODEV;
}

std::string refusal_text(const Operation& operation, const Refusal& refusal) {
  const bool adds_address = std::holds_alternative<AddAddress>(operation);
  const auto* port = std::get_if<AddFouPort>(&operation);
  if (port != nullptr && refusal.error == EPERM)
    return "not permitted: run it as root (CAP_NET_ADMIN), and not in a container that has users "
           "of "
           "its own";
  if (port != nullptr && refusal.error == EADDRINUSE)
    return "UDP port " + std::to_string(port->port.port) + " is taken (" + refusal.message +
           "): end that, or write another port at both ends";
  if (port != nullptr && refusal.error == EADDRNOTAVAIL)
    return "no interface of this host holds " + port->port.local.str();
  const bool creates = std::holds_alternative<CreateLink>(operation);
  if (refusal.error == EPERM || (refusal.error == EACCES && !adds_address))
    return "not permitted: run it as root (CAP_NET_ADMIN in this network namespace)";
  if (adds_address && refusal.error == EACCES)
    return "IPv6 is disabled on this interface: sysctl net.ipv6.conf." +
           std::get<AddAddress>(operation).dev + ".disable_ipv6=0";
  if (creates && means_no_sit(refusal.error)) return no_sit_text;
  if (std::holds_alternative<SetAcceptRa>(operation) && refusal.error == EROFS)
    return "/proc/sys is read-only here: set it where it is not (outside of the container, or of "
           "the unit with ProtectKernelTunables=yes)";
  const auto* route = std::get_if<AddRoute>(&operation);
  // The kernel gives its own message from 5.13 on.
  if (route != nullptr && route->route.from && refusal.error == EINVAL)
    return "this kernel has no routes by source (CONFIG_IPV6_SUBTREES), which v4tunnel-route needs "
           "here: remove the option, or write default table N and an ip -6 rule of your own";
  if (route != nullptr && refusal.error == EEXIST)
    return "another default route has this metric already: give the stanza a metric of its own (ip "
           "-6 route show default)";
  if (std::holds_alternative<LoadFirewall>(operation)) return refusal.message;
  std::string text = meaning_of(refusal.error);
  if (!refusal.message.empty()) text += " (" + refusal.message + ")";
  return text;
}

Refusal refusal_of_nft(const std::string& output) {
  const auto has = [&output](const char* words) { return output.find(words) != std::string::npos; };
  return {has("not permitted") ? EPERM : EIO,
          "nft can't do it (" + first_line(output) + "): " +
              (has("exists") || has("busy")
                   ? "another program has put chains, maps or rules into the table: "
                     "nft delete table ip6 situp, then situp up --all"
                   : "…-firewall needs a kernel with nf_tables and connection "
                     "tracking, …-mss one with nf_tables")};
}

}  // namespace situp
