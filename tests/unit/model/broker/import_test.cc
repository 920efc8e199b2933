// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/broker/import.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "hosts/ifcfg.h"
#include "model/check/advice.h"
#include "model/check/host_advice.h"
#include "model/stanza/words.h"

using namespace situp;

namespace {

Import imported() {
  return {
      .iface = *InterfaceName::parse("he-ipv6"),
      .broker = {*BrokerName::parse("he"), *TunnelId::parse("123456")},
      .info = {*Ipv4::parse("216.66.80.26"), *Ipv4::parse("203.0.113.10"),
               *Ipv6Net::parse("2001:470:1f04:1::1/64"), *Ipv6Net::parse("2001:470:1f04:1::2/64"),
               *Ipv6Net::parse("2001:470:abcd:c70::/64"), std::nullopt},
      .lan = InterfaceName::parse("eth0"),
      .has_nft = true};
}

std::vector<std::string> lines_of(const std::string& text) {
  REQUIRE(text.ends_with('\n'));
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
    lines.push_back(text.substr(at, text.find('\n', at) - at));
  return lines;
}

/// The text as a reader of interfaces(5) has it.
Stanza stanza_of(const std::string& text) {
  const auto lines = lines_of(text);
  REQUIRE(lines.size() > 2);
  const auto head = words_of(lines[1]);
  CHECK(lines[0] == "auto " + std::string(head[1]));
  Stanza stanza;
  stanza.iface = stanza.logical = head[1];
  stanza.family = head[2];
  stanza.method = head[3];
  for (std::size_t i = 2; i < lines.size(); ++i) {
    REQUIRE(lines[i].starts_with("    "));
    if (lines[i][4] == '#') continue;
    const auto blank = lines[i].find(' ', 4);
    stanza.options.push_back({lines[i].substr(4, blank - 4), lines[i].substr(blank + 1), {}});
  }
  return stanza;
}

/// What `situp check` would say of it is nothing, and what the tunnel then is.
TunnelSpec understood(const Import& import, const HostProgram& host) {
  const Stanza stanza = stanza_of(import_stanza(import, host));
  std::vector<Complaint> complaints;
  std::vector<Finding> findings;
  auto spec = understand_all(stanza, host, complaints);
  CHECK(complaints.empty());
  advise_for_host(stanza, host, findings);
  advise(stanza, spec, findings);
  CHECK(findings.empty());
  return spec;
}

}  // namespace

TEST_CASE("for ifupdown, the stanza of the manual") {
  CHECK(
      import_stanza(imported(), hosts::ifupdown) ==
      "auto he-ipv6\n"
      "iface he-ipv6 inet6 v4tunnel\n"
      "    address 2001:470:1f04:1::2\n"
      "    netmask 64\n"
      "    endpoint 216.66.80.26\n"
      "    gateway 2001:470:1f04:1::1\n"
      "    v4tunnel-local cloud\n"
      "    v4tunnel-lan eth0 2001:470:abcd:c70::1/64\n"
      "    v4tunnel-routed 2001:470:abcd:c70::/64\n"
      "    v4tunnel-keepalive 120\n"
      "    v4tunnel-broker he 123456\n"
      "    # Only answers come in. For a server, write off: the whole Internet can then connect.\n"
      "    v4tunnel-firewall stateful\n");
}

TEST_CASE("a host without nft gets no filter that would keep the tunnel down") {
  auto import = imported();
  import.has_nft = false;
  for (const HostProgram& host :
       {hosts::situp_up, hosts::ifupdown, hosts::ifupdown_ng, hosts::ifupdown2})
    CHECK(import_stanza(import, host).find("firewall") == std::string::npos);
  CHECK(import_ifcfg(import).find("FIREWALL") == std::string::npos);
}

TEST_CASE("each host gets what it takes, and it is the same tunnel") {
  for (const HostProgram& host :
       {hosts::situp_up, hosts::ifupdown, hosts::ifupdown_ng, hosts::ifupdown2}) {
    CAPTURE(std::string(host.name));
    const auto import = imported();
    const auto spec = understood(import, host);
    CHECK(spec.stock == (host == hosts::ifupdown));
    CHECK(spec.endpoint == Host(import.info.server));
    CHECK(spec.addresses == std::vector{import.info.client_inside});
    CHECK(spec.gateway == import.info.server_inside.address);
    CHECK(spec.mtu == 1480U);
    CHECK(spec.local == std::vector<Source>{FromCloud{}});
    CHECK(spec.lan ==
          std::vector{LanAddress{*import.lan, *Ipv6Net::parse("2001:470:abcd:c70::1/64")}});
    CHECK(spec.routed == std::vector{import.info.routed64});
    CHECK(spec.keepalive == Keepalive{120, import.info.server_inside.address});
    CHECK(spec.broker == import.broker);
    CHECK(spec.routes.empty());
    CHECK(spec.firewall == Firewall::stateful);
  }
}

TEST_CASE("beside another default route, it takes the tunnel's own packets only") {
  auto import = imported();
  import.beside_another_route = true;
  for (const HostProgram& host :
       {hosts::situp_up, hosts::ifupdown, hosts::ifupdown_ng, hosts::ifupdown2}) {
    const auto spec = understood(import, host);
    CHECK(!spec.gateway);
    CHECK(spec.routes.size() == 1);
    CHECK(spec.keepalive == Keepalive{120, import.info.server_inside.address});
  }
  CHECK(import_ifcfg(import).find("\nV4TUNNEL_ROUTE=default\n") != std::string::npos);
  CHECK(import_ifcfg(import).find("\nV4TUNNEL_KEEPALIVE=\"120 2001:470:1f04:1::1\"\n") !=
        std::string::npos);
  CHECK(import_ifcfg(import).find("DEFAULTGW") == std::string::npos);
}

TEST_CASE("other sources, and no interface for the LAN") {
  auto import = imported();
  import.local = "ec2 route";
  import.lan.reset();
  const auto spec = understood(import, hosts::ifupdown);
  CHECK(spec.local == std::vector<Source>{default_source(), FromRoute{}});
  CHECK(spec.lan.empty());
  CHECK(import_ifcfg(import).find("\nIPV6TUNNELIPV4LOCAL=\"ec2 route\"\n") != std::string::npos);
}

TEST_CASE("both prefixes that the broker routes are routed, with the tunnel's own in one of them") {
  auto import = imported();
  import.info.routed48 = Ipv6Net::parse("2001:470:9000::/48");
  auto spec = understood(import, hosts::ifupdown);
  CHECK(spec.routed == std::vector{import.info.routed64, *import.info.routed48});
  CHECK(import_ifcfg(import).find(
            "\nV4TUNNEL_ROUTED=\"2001:470:abcd:c70::/64 2001:470:9000::/48\"\n") !=
        std::string::npos);
  import.info.routed48 = Ipv6Net::parse("2001:470:1f04::/48");
  spec = understood(import, hosts::situp_up);
  CHECK(spec.routed.back() == *import.info.routed48);
}

TEST_CASE("a part of the Routed /48 is offered to each host of the network") {
  auto import = imported();
  import.address = Ipv4::parse("172.31.14.146");
  const std::string without = import_stanza(import, hosts::ifupdown);
  CHECK(without.find("6rd0") == std::string::npos);
  import.info.routed48 = Ipv6Net::parse("2001:470:9000::/48");
  const std::string text = import_stanza(import, hosts::ifupdown);
  // The comment, without its signs, is a stanza.
  std::string offered;
  for (const std::string& line : lines_of(text.substr(text.find("# auto"))))
    offered += line.substr(2) + "\n";
  const TunnelSpec spec = understand(stanza_of(offered), hosts::ifupdown);
  CHECK(spec.sit.domain.prefix == *import.info.routed48);
  CHECK(spec.sit.domain.hosts == *Ipv4Net::parse("172.31.0.0/16"));
  CHECK(spec.relays == std::vector<Host>{*import.address});
  CHECK(import_ifcfg(import).find("\n# SIXRD_PREFIX=\"2001:470:9000::/48 172.31.0.0/16\"\n") !=
        std::string::npos);
  import.address.reset();
  CHECK(import_stanza(import, hosts::ifupdown).find("6rd0") == std::string::npos);
}

TEST_CASE("for network-scripts, the file of the manual, and the same tunnel") {
  const auto text = import_ifcfg(imported());
  CHECK(text ==
        "DEVICE=he-ipv6\n"
        "DEVICETYPE=v4tunnel\n"
        "ONBOOT=yes\n"
        "NM_CONTROLLED=no\n"
        "IPV6TUNNELIPV4=216.66.80.26\n"
        "IPV6TUNNELIPV4LOCAL=cloud\n"
        "IPV6ADDR=2001:470:1f04:1::2/64\n"
        "IPV6_DEFAULTGW=2001:470:1f04:1::1\n"
        "V4TUNNEL_LAN=\"eth0 2001:470:abcd:c70::1/64\"\n"
        "V4TUNNEL_ROUTED=2001:470:abcd:c70::/64\n"
        "V4TUNNEL_KEEPALIVE=120\n"
        "V4TUNNEL_BROKER=\"he 123456\"\n"
        "# Only answers come in. For a server, write off: the whole Internet can then connect.\n"
        "V4TUNNEL_FIREWALL=stateful\n");
  std::vector<std::string> variables{"CONFIG=ifcfg-he-ipv6"};
  for (auto line : lines_of(text)) {
    line.erase(std::remove(line.begin(), line.end(), '"'), line.end());
    variables.push_back(line);
  }
  std::vector<const char*> environment;
  environment.reserve(variables.size() + 1);
  for (const auto& variable : variables) environment.push_back(variable.c_str());
  environment.push_back(nullptr);
  const auto stanza = as_stanza(read_ifcfg(environment.data()));
  CHECK(stanza.remarks.empty());
  const auto spec = understand(stanza.stanza, hosts::situp_up);
  CHECK(spec.endpoint == Host(imported().info.server));
  CHECK(spec.gateway == imported().info.server_inside.address);
  CHECK(spec.broker == imported().broker);
  CHECK(spec.lan.size() == 1);
}
