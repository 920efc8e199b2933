// SPDX-License-Identifier: GPL-2.0-or-later
// v4tunnel-encap, isatap-encap and sixrd-encap: what may be written.
#include <doctest/doctest.h>

#include "model/check/advice.h"
#include "model/tunnel/firewall.h"
#include "model/tunnel/tunnel.h"
#include "unit/world.h"

using namespace situp;

namespace {

Stanza stanza(const std::string& encap, const Words& more = {}) {
  Words words{{"v4tunnel-endpoint", "216.66.80.26"}, {"v4tunnel-encap", encap}};
  words.insert(words.end(), more.begin(), more.end());
  return stanza_of("he", "manual", words);
}

TunnelSpec spec(const std::string& encap, const Words& more = {}) {
  return understand(stanza(encap, more), hosts::situp_up);
}

std::string refusal(const std::string& encap, const Words& more = {}) {
  return refusal_of(stanza(encap, more));
}

std::string hints(const Stanza& stanza) {
  std::vector<Finding> findings;
  advise(stanza, understand(stanza, hosts::situp_up), findings);
  std::string text;
  for (const Finding& finding : findings) text += std::string(finding.complaint.what()) + "\n";
  return text;
}

}  // namespace

TEST_CASE("a port, and a source port") {
  CHECK(spec("fou 5555").sit.encap == Encap{5555, 5555, true});
  CHECK(spec("fou  5555   sport  auto").sit.encap == Encap{5555, 0, true});
  CHECK(spec("fou 1 sport 65535").sit.encap == Encap{1, 65535, true});
  CHECK_FALSE(understand(stanza_of("he", "manual", {{"v4tunnel-endpoint", "216.66.80.26"}}),
                         hosts::situp_up)
                  .sit.encap.is_on());
  CHECK(str(Encap{5555, 5555}) == "fou 5555");
  CHECK(str(Encap{5555, 0}) == "fou 5555 sport auto");
  CHECK(str(Encap{5555, 7}) == "fou 5555 sport 7");
}

TEST_CASE("each other value is refused") {
  const std::string form = " is not fou PORT, or fou PORT sport and auto or a PORT";
  for (const char* value : {"5555", "fou", "fou 5555 sport", "fou 5555 6666", "FOU 5555",
                            "fou 5555 dport 6666", "fou 5555 sport auto more", "none", ""}) {
    CAPTURE(value);
    CHECK(refusal(value) == "v4tunnel-encap: \"" + std::string(value) + "\"" + form);
  }
  for (const char* port : {"0", "65536", "-1", "5555x", "0x10", "auto"}) {
    CAPTURE(port);
    const std::string why = "\"" + std::string(port) + "\" is not a port from 1 to 65535";
    CHECK(refusal("fou " + std::string(port)) == "v4tunnel-encap: " + why);
    if (std::string(port) != "auto")
      CHECK(refusal("fou 5 sport " + std::string(port)) == "v4tunnel-encap: " + why);
  }
  CHECK(refusal("gue 5555") ==
        "v4tunnel-encap: situp makes no GUE, which adds 4 bytes to each packet: write fou PORT");
  CHECK(refusal("fou 5555", {{"v4tunnel-encap", "fou 6666"}}).find("twice") != std::string::npos);
  CHECK(refusal("fou 5555", {{"v4tunnel-broker", "he 123456"}}) ==
        "v4tunnel-broker: the servers of brokers take protocol 41 only, and v4tunnel-encap sends "
        "UDP: remove one of the two");
  // No other tunnel's spelling of it.
  CHECK(refusal("fou 5555", {{"isatap-encap", "fou 5555"}}) != "taken");
}

TEST_CASE("the MTU leaves room for UDP") {
  CHECK(spec("fou 5555").mtu == 1472);
  CHECK(spec("fou 5555", {{"v4tunnel-mtu", "1480"}}).mtu == 1480);
  const TunnelSpec automatic = spec("fou 5555", {{"v4tunnel-mtu", "auto"}});
  Resolved resolved;
  resolved.local = *Ipv4::parse("172.31.14.146");
  resolved.remote = *Ipv4::parse("216.66.80.26");
  resolved.underlay_mtu = 9001;
  CHECK(make_tunnel(automatic, resolved).mtu == 8973);
  resolved.underlay_mtu = 1300;
  CHECK(make_tunnel(automatic, resolved).mtu == 1280);
  CHECK(hints(stanza("fou 5555", {{"v4tunnel-mtu", "1480"}})).find("write 1472") !=
        std::string::npos);
  CHECK(hints(stanza("fou 5555", {{"v4tunnel-mtu", "auto"}})).find("8973 on EC2") !=
        std::string::npos);
  CHECK(hints(stanza("fou 5555", {{"v4tunnel-mtu", "65508"}})).find("can't fit") !=
        std::string::npos);
  CHECK(hints(stanza("fou 5555", {{"v4tunnel-mtu", "1472"}})).find("mtu") == std::string::npos);
}

TEST_CASE("a keepalive is to come before firewalls forget the flow") {
  const Words address{{"address", "2001:db8::2/64"}, {"gateway", "2001:db8::1"}};
  const auto with = [&](const char* seconds) {
    Words words = address;
    words.emplace_back("v4tunnel-keepalive", seconds);
    return hints(stanza("fou 5555", words));
  };
  CHECK(with("25").find("UDP flow") == std::string::npos);
  CHECK(with("30").find("UDP flow") == std::string::npos);
  CHECK(with("31").find("firewalls and NATs forget a UDP flow after 30 seconds") !=
        std::string::npos);
  CHECK(with("700").find("600") == std::string::npos);
}

TEST_CASE("each kind has it, and 6rd's filter knows the relay's packets") {
  const TunnelSpec isatap = understand(
      stanza_of("i0", "manual", {{"isatap-prefix", "2001:db8::/64"}, {"isatap-encap", "fou 5555"}}),
      hosts::situp_up);
  CHECK(isatap.sit.encap.port == 5555);
  CHECK(isatap.mtu == 1472);
  const Stanza sixrd = stanza_of("r0", "manual",
                                 {{"sixrd-prefix", "2001:db8::/48 172.31.0.0/16"},
                                  {"sixrd-relay", "172.31.0.10"},
                                  {"sixrd-local", "172.31.14.146"},
                                  {"sixrd-encap", "fou 5555 sport auto"}});
  Resolved resolved;
  resolved.local = *Ipv4::parse("172.31.14.146");
  resolved.relays = {*Ipv4::parse("172.31.0.10")};
  const Tunnel tunnel = make_tunnel(understand(sixrd, hosts::situp_up), resolved);
  CHECK(tunnel.fou_port == FouPort{5555, resolved.local});
  const std::string filter = firewall_of(tunnel).part;
  CHECK(filter.find("    udp dport 5555 ip saddr 172.31.0.10 ip daddr 172.31.14.146 meta mark set "
                    "0x736974\n") != std::string::npos);
  CHECK(filter.find("protocol 41") == std::string::npos);
}
