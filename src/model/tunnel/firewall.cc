// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/tunnel/firewall.h"

#include <algorithm>

namespace situp {
namespace {

// The size of an IPv6 and a TCP header.
constexpr unsigned headers = 40 + 20;

/// Sources that no packet out of the tunnel can have: the addresses behind this end. Of the prefix
/// on the tunnel itself only the own address, as the other end has one, too.
std::vector<Ipv6Net> own_sources(const Tunnel& tunnel) {
  std::vector<Ipv6Net> all;
  for (const TunnelAddress& own : tunnel.addresses) all.push_back({own.net.address, 128});
  for (const LanAddress& lan : tunnel.lan) {
    Ipv6Net net = lan.address.prefix();
    const auto overlaps = [&net](const TunnelAddress& own) {
      return net.contains(own.net.address) || own.net.contains(net.address);
    };
    if (std::any_of(tunnel.addresses.begin(), tunnel.addresses.end(), overlaps) ||
        (tunnel.route && net.contains(tunnel.route->gateway)))
      net = {lan.address.address, 128};
    all.push_back(net);
  }
  // A set may hold no element twice, and none within another.
  std::vector<Ipv6Net> sources;
  for (const Ipv6Net& net : all) {
    const auto covers = [&net](const Ipv6Net& other) {
      return other != net && other.length <= net.length && other.contains(net.address);
    };
    if (std::none_of(all.begin(), all.end(), covers) &&
        std::find(sources.begin(), sources.end(), net) == sources.end())
      sources.push_back(net);
  }
  return sources;
}

std::string in_braces(const std::vector<Ipv6Net>& nets) {
  std::string text = "{ ";
  for (const Ipv6Net& net : nets) text += (text.size() == 2 ? "" : ", ") + net.str();
  return text + " }";
}

/// Removes the table. The first line creates it, so that the second can't fail.
std::string removal(const std::string& table) {
  return "table ip6 " + table + "\ndelete table ip6 " + table + "\n";
}

}  // namespace

std::string firewall_table(std::string_view iface) {
  return "situp-" + std::string(iface);
}

const char* const open_text =
    "the tunnel is open to the Internet, past the cloud's security groups: write v4tunnel-firewall "
    "stateful, or off to keep it open";

bool is_open(const TunnelSpec& spec) {
  return spec.firewall == Firewall::unsaid && has_option(spec.kind(), "firewall");
}

bool is_name_for_nft(std::string_view iface) {
  return std::all_of(iface.begin(), iface.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
}

std::string firewall_ruleset(const Tunnel& tunnel) {
  const std::string table = firewall_table(tunnel.iface.str());
  const std::string in = "iifname \"" + tunnel.iface.str() + "\"";
  const std::string elsewhere = "iifname != \"" + tunnel.iface.str() + "\" accept\n";
  const std::string clamp = "tcp flags & (syn | rst) == syn tcp option maxseg size set " +
                            std::to_string(tunnel.mtu - headers) + "\n";
  const auto own = own_sources(tunnel);
  // Numbers for priorities, and for names that old versions of nft lack.
  return removal(table) + "table ip6 " + table + " {\n" +
         "  # sources that nothing from out there has: RFC 4213, 3.6, and our own\n"
         "  chain sources {\n"
         "    type filter hook prerouting priority -300; policy accept;\n"
         "    " +
         in + " ip6 saddr { ff00::/8, ::1-::ffff:ffff, ::ffff:0.0.0.0/96 } drop\n" +
         (own.empty() ? "" : "    " + in + " ip6 saddr " + in_braces(own) + " drop\n") +
         "  }\n"
         "  # to this host: answers, and what RFC 4890, 4.4.1 says must not be dropped\n"
         "  chain input {\n"
         "    type filter hook input priority 0; policy accept;\n"
         "    " +
         elsewhere +
         "    ct state established,related accept\n"
         "    icmpv6 type { destination-unreachable, packet-too-big, time-exceeded, "
         "parameter-problem, echo-request, echo-reply } accept\n"
         "    ip6 hoplimit 255 icmpv6 type { nd-router-solicit, nd-router-advert, "
         "nd-neighbor-solicit, nd-neighbor-advert, ind-neighbor-solicit, ind-neighbor-advert, 148, "
         "149 } accept\n"
         "    ip6 hoplimit 1 ip6 saddr fe80::/10 icmpv6 type { mld-listener-query, "
         "mld-listener-report, mld-listener-done, mld2-listener-report, 151, 152, 153 } accept\n"
         "    drop\n"
         "  }\n"
         "  # through this host: answers, and 4.3.1; TCP in both directions fits the tunnel\n"
         "  chain forward {\n"
         "    type filter hook forward priority 0; policy accept;\n"
         "    oifname \"" +
         tunnel.iface.str() + "\" " + clamp + "    " + elsewhere + "    " + clamp +
         "    ct state established,related accept\n"
         "    icmpv6 type { destination-unreachable, packet-too-big, time-exceeded, "
         "parameter-problem, echo-request, echo-reply } accept\n"
         "    drop\n"
         "  }\n"
         "}\n";
}

std::string firewall_again(std::string_view iface, const std::string& listing) {
  return removal(firewall_table(iface)) + listing;
}

std::string firewall_removal(std::string_view iface) {
  return removal(firewall_table(iface));
}

std::uint64_t fingerprint(std::string_view text, std::uint64_t before) {
  for (const char c : text) {
    before ^= static_cast<unsigned char>(c);
    before *= 0x100000001b3;
  }
  return before;
}

}  // namespace situp
