// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/broker/import.h"

namespace situp {
namespace {

/// Well below the 600 s after which EC2 forgets an idle flow.
constexpr const char* keepalive_seconds = "120";

constexpr const char* firewall_comment =
    "# Only answers come in. For a server, write off: the whole Internet can then connect.\n";

/// The gateway is asked, where there is one.
std::string keepalive(const Import& import) {
  std::string value = keepalive_seconds;
  if (import.beside_another_route) value += ' ' + import.info.server_inside.address.str();
  return value;
}

std::string lan(const Import& import) {
  Ipv6Net first = import.info.routed64;
  first.address.bytes.back() = 1;
  return import.lan->str() + ' ' + first.str();
}

std::string routed(const TunnelInfo& info) {
  return info.routed64.str() + (info.routed48 ? ' ' + info.routed48->str() : "");
}

/// As a comment: the domain in which each host of this network has a part of the Routed /48. The
/// hosts are those of the /16 around this one's address.
std::string domain(const Import& import, bool ifcfg) {
  if (!import.info.routed48 || !import.address) return {};
  const std::string prefix =
      import.info.routed48->str() + ' ' + Ipv4Net{*import.address, 16}.prefix().str();
  const std::string relay = import.address->str();
  const std::string text =
      "# A /64 for each host of the network: the same lines on each, and on this one, which is to "
      "forward.\n";
  if (ifcfg)
    return text + "# DEVICE=6rd0\n# DEVICETYPE=sixrd\n# ONBOOT=yes\n# SIXRD_PREFIX=\"" + prefix +
           "\"\n# SIXRD_RELAY=" + relay + "\n# SIXRD_FIREWALL=stateful\n";
  return text + "# auto 6rd0\n# iface 6rd0 inet6 manual\n#     sixrd-prefix " + prefix +
         "\n#     sixrd-relay " + relay + "\n#     sixrd-firewall stateful\n";
}

std::string broker(const Import& import) {
  return import.broker.name.str() + ' ' + import.broker.tunnel.str();
}

}  // namespace

std::string import_stanza(const Import& import, const HostProgram& host) {
  const TunnelInfo& info = import.info;
  const std::string name = import.iface.str();
  // Only ifupdown knows the method, and ifupdown-ng takes a bare `endpoint` for its own.
  const bool stock = host.new_method == "v4tunnel";
  std::string text =
      "auto " + name + "\niface " + name + " inet6 " + std::string(host.new_method) + "\n";
  const auto line = [&text](const char* option, const std::string& value) {
    text += std::string("    ") + option + ' ' + value + '\n';
  };
  if (stock) {
    line("address", info.client_inside.address.str());
    line("netmask", std::to_string(info.client_inside.length));
    line("endpoint", info.server.str());
  } else {
    line("address", info.client_inside.str());
  }
  if (!import.beside_another_route) line("gateway", info.server_inside.address.str());
  if (!host.reads_method) line("mtu", "1480");  // ifupdown2 would make it 1500
  if (!stock) line("v4tunnel-endpoint", info.server.str());
  line("v4tunnel-local", import.local);
  if (import.beside_another_route) line("v4tunnel-route", "default");
  if (import.lan) line("v4tunnel-lan", lan(import));
  line("v4tunnel-routed", routed(info));
  line("v4tunnel-keepalive", keepalive(import));
  line("v4tunnel-broker", broker(import));
  if (import.has_nft) {
    text += std::string("    ") + firewall_comment;
    line("v4tunnel-firewall", "stateful");
  }
  // An older ifupdown-ng passes over a failure of ours, but not over one of this.
  if (!host.reads_method) line("up", "test -e /sys/class/net/$IFACE");
  return text + domain(import, false);
}

std::string import_ifcfg(const Import& import) {
  const TunnelInfo& info = import.info;
  std::string text;
  const auto line = [&text](const char* key, const std::string& value) {
    const bool quotes = value.find(' ') != std::string::npos;
    text += std::string(key) + '=' + (quotes ? '"' + value + '"' : value) + '\n';
  };
  line("DEVICE", import.iface.str());
  line("DEVICETYPE", "v4tunnel");
  line("ONBOOT", "yes");
  line("NM_CONTROLLED", "no");
  line("IPV6TUNNELIPV4", info.server.str());
  line("IPV6TUNNELIPV4LOCAL", import.local);
  line("IPV6ADDR", info.client_inside.str());
  if (import.beside_another_route)
    line("V4TUNNEL_ROUTE", "default");
  else
    line("IPV6_DEFAULTGW", info.server_inside.address.str());
  if (import.lan) line("V4TUNNEL_LAN", lan(import));
  line("V4TUNNEL_ROUTED", routed(info));
  line("V4TUNNEL_KEEPALIVE", keepalive(import));
  line("V4TUNNEL_BROKER", broker(import));
  if (import.has_nft) {
    text += firewall_comment;
    line("V4TUNNEL_FIREWALL", "stateful");
  }
  return text + domain(import, true);
}

}  // namespace situp
