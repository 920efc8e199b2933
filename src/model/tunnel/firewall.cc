// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/tunnel/firewall.h"

#include <algorithm>

#include "base/text.h"

namespace situp {
namespace {

// The size of an IPv6 and a TCP header.
constexpr unsigned headers = 40 + 20;

/// Sources that no packet out of the tunnel has: the addresses behind this end. Of the prefix
/// on the tunnel itself only the own address, as the other end has one, too.
std::vector<Ipv6Net> own_sources(const Tunnel& tunnel) {
  std::vector<Ipv6Net> all;
  for (const TunnelAddress& own : tunnel.addresses) all.push_back({own.net.address, 128});
  for (const Ipv6Net& own : tunnel.formed) all.push_back({own.address, 128});
  if (tunnel.delegated) all.push_back(*tunnel.delegated);
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
  return outermost(all);
}

// Rules without sets: the kernel numbers the sets of a table's rules, so that two times the same
// rules would differ. Numbers for priorities, and for names that old versions of nft lack.
constexpr const char* table_text = R"(table ip6 situp {
  map sources_of { type ifname : verdict; }
  map input_from { type ifname : verdict; }
  map forward_from { type ifname : verdict; }
  map clamp_of { type ifname : verdict; }
  chain prerouting { type filter hook prerouting priority -300; policy accept; }
  chain input { type filter hook input priority 0; policy accept; }
  chain forward { type filter hook forward priority 0; policy accept; }
}
flush chain ip6 situp prerouting
flush chain ip6 situp input
flush chain ip6 situp forward
table ip6 situp {
  chain prerouting {
    iifname vmap @sources_of
  }
  chain input {
    iifname vmap @input_from
  }
  # TCP in both directions fits the tunnel
  chain forward {
    tcp flags & (syn | rst) == syn oifname vmap @clamp_of
    tcp flags & (syn | rst) == syn iifname vmap @clamp_of
    iifname vmap @forward_from
  }
}
)";

constexpr const char* stateful_text = R"(table ip6 situp {
  chain bogons { }
  chain to_host { }
  chain through_host { }
}
flush chain ip6 situp bogons
flush chain ip6 situp to_host
flush chain ip6 situp through_host
table ip6 situp {
  # sources that no packet out of a tunnel has: RFC 4213, 3.6
  chain bogons {
    ip6 saddr ff00::/8 drop
    ip6 saddr ::1-::ffff:ffff drop
    ip6 saddr ::ffff:0.0.0.0/96 drop
  }
  # to this host: answers, and what RFC 4890, 4.4.1 says must not be dropped: errors, echo,
  # neighbours and routers, groups
  chain to_host {
    ct state established,related accept
    icmpv6 type 1-4 accept
    icmpv6 type 128-129 accept
    ip6 hoplimit 255 icmpv6 type 133-136 accept
    ip6 hoplimit 255 icmpv6 type 141-142 accept
    ip6 hoplimit 255 icmpv6 type 148-149 accept
    ip6 hoplimit 1 ip6 saddr fe80::/10 icmpv6 type 130-132 accept
    ip6 hoplimit 1 ip6 saddr fe80::/10 icmpv6 type 143 accept
    ip6 hoplimit 1 ip6 saddr fe80::/10 icmpv6 type 151-153 accept
    drop
  }
  # through this host: answers, and 4.3.1
  chain through_host {
    ct state established,related accept
    icmpv6 type 1-4 accept
    icmpv6 type 128-129 accept
    drop
  }
}
)";

/// The rules for packets out of a 6rd tunnel: those from outside of the domain are taken from the
/// relays only (RFC 5969 §12).
std::string domain_rules(const Tunnel& tunnel) {
  const std::string foreign = "    ip6 saddr != " + tunnel.sit.domain.prefix.str();
  if (tunnel.relays.empty()) return foreign + " drop\n";
  const std::string mark = hex_mark(relay_mark);
  return foreign + " meta mark != " + mark + " drop\n    meta mark " + mark +
         " meta mark set 0x0\n";
}

std::string relays_text(const Tunnel& tunnel) {
  const std::string rest = " ip daddr " + tunnel.sit.local.str() + " meta mark set ";
  std::string text = "table ip " + std::string(relays_table) + tunnel.iface.str() +
                     " {\n  chain input {\n    type filter hook input priority 0; policy accept;\n";
  const Encap& encap = tunnel.sit.encap;
  const std::string packets =
      encap.is_on() ? "udp dport " + std::to_string(encap.port) : "ip protocol 41";
  for (const Ipv4 relay : tunnel.relays)
    text += "    " + packets + " ip saddr " + relay.str() + rest + hex_mark(relay_mark) + "\n";
  return text + "  }\n}\n";
}

std::string relays_removal(const std::string& iface) {
  return "delete table ip " + std::string(relays_table) + iface + "\n";
}

std::string element(const char* verb, std::string_view map, const std::string& iface) {
  return std::string(verb) + " element ip6 situp " + std::string(map) + " { \"" + iface + "\"";
}

}  // namespace

std::string open_note(const TunnelSpec& spec) {
  const KindRow& kind = spec.kind();
  if (spec.firewall != Firewall::unsaid || kind.has_routers) return {};
  return "the tunnel is open to the Internet, past the cloud's security groups: write " +
         kind.option("firewall") + " stateful, or off to keep it open";
}

bool is_name_for_nft(std::string_view iface) {
  return std::all_of(iface.begin(), iface.end(), [](char c) {
    return is_letter_or_digit(c) || c == '_' || c == '-' || c == '.';
  });
}

LoadFirewall firewall_of(const Tunnel& tunnel) {
  const std::string iface = tunnel.iface.str();
  std::string chains;
  LiveFilter part;
  const auto lead_to = [&part](const char* map, const std::string& chain) {
    part.elements.push_back({map, "jump " + chain});
  };
  if (tunnel.firewall) {
    chains +=
        "  # sources that are this host's own\n  chain sources-" + iface + " {\n    jump bogons\n";
    for (const Ipv6Net& net : own_sources(tunnel))
      chains += "    ip6 saddr " + net.str() + " drop\n";
    chains += "  }\n";
    if (!tunnel.filters_domain) lead_to("sources_of", "sources-" + iface);
    lead_to("input_from", "to_host");
    lead_to("forward_from", "through_host");
  }
  if (tunnel.filters_domain) {
    chains += "  # sources from outside of the domain only from the relays\n  chain domain-" +
              iface + " {\n" + domain_rules(tunnel) +
              (tunnel.firewall ? "    jump sources-" + iface + "\n" : std::string()) + "  }\n";
    lead_to("sources_of", "domain-" + iface);
  }
  if (tunnel.clamp) {
    chains += "  chain clamp-" + iface + " {\n    tcp option maxseg size set " +
              std::to_string(tunnel.mtu - headers) + "\n  }\n";
    lead_to("clamp_of", "clamp-" + iface);
  }
  return {.name = iface,
          .stateful = tunnel.firewall,
          .part = "table ip6 situp {\n" + chains + "}\n" + firewall_elements(iface, part) +
                  (tunnel.filters_domain && !tunnel.relays.empty() ? relays_text(tunnel) : "")};
}

std::string firewall_input(const std::vector<LoadFirewall>& parts) {
  const bool stateful = std::any_of(parts.begin(), parts.end(),
                                    [](const LoadFirewall& part) { return part.stateful; });
  std::string text = table_text;
  if (stateful) text += stateful_text;
  for (const LoadFirewall& part : parts) text += part.removal + part.part;
  return text;
}

std::string firewall_removal(const std::string& iface, const LiveFilter& part) {
  std::string text;
  for (const auto& [map, verdict] : part.elements) text += element("delete", map, iface) + " }\n";
  for (const std::string& chain : part.chains) text += "delete chain ip6 situp " + chain + "\n";
  return text + (part.marks_relays ? relays_removal(iface) : "");
}

std::string firewall_elements(const std::string& iface, const LiveFilter& part) {
  std::string text;
  for (const auto& [map, verdict] : part.elements)
    text += element("add", map, iface) + " : " + verdict + " }\n";
  return text;
}

std::string firewall_removal(const std::string& iface, const Live& live) {
  const LiveFilter* part = live.firewall(iface);
  if (part == nullptr) return {};
  if (live.firewalls().size() > 1) return firewall_removal(iface, *part);
  return "delete table ip6 situp\n" + (part->marks_relays ? relays_removal(iface) : "");
}

bool is_stateful(const LiveFilter& part) {
  const auto tracks = [](const LiveFilter::Element& element) {
    return element.map != firewall_maps.back() && !element.verdict.starts_with("jump domain-");
  };
  // A chain of the tunnel leads to them also where its elements are gone.
  const auto leads_there = [](const std::string& chain) {
    return chain.starts_with(firewall_own_chains.front());
  };
  return std::any_of(part.elements.begin(), part.elements.end(), tracks) ||
         std::any_of(part.chains.begin(), part.chains.end(), leads_there);
}

std::uint64_t fingerprint(std::string_view text, std::uint64_t before) {
  for (const char c : text) {
    before ^= static_cast<unsigned char>(c);
    before *= 0x100000001b3;
  }
  return before;
}

}  // namespace situp
