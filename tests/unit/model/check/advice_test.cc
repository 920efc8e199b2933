// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/check/advice.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "unit/world.h"

using namespace situp;

namespace {

std::string text_of(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) text += line_of(finding) + "\n";
  return text;
}

std::string advice(const std::string& method, const Words& options) {
  const Stanza one = written(method, options);
  std::vector<Complaint> complaints;
  const TunnelSpec spec = understand_all(one, hosts::ifupdown, complaints);
  CHECK(complaints.empty());
  std::vector<Finding> findings;
  advise(one, spec, findings);
  return text_of(findings);
}

/// One line, of that weight, with that text.
void says(const std::string& advice, const std::string& begin, const std::string& part) {
  CHECK_MESSAGE(advice.rfind(begin, 0) == 0, advice);
  CHECK_MESSAGE(advice.find(part) != std::string::npos, advice);
  CHECK_MESSAGE(advice.find('\n') + 1 == advice.size(), advice);
}

Words far_end(const Words& more, const std::string& endpoint = "216.66.80.26") {
  Words words{{"v4tunnel-endpoint", endpoint}, {"address", "2001:db8::2/64"}};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

}  // namespace

TEST_CASE("a good stanza gets no advice") {
  CHECK(advice("manual", far_end({{"gateway", "2001:db8::1"},
                                  {"v4tunnel-local", "ec2 interface:eth0 172.31.0.5"},
                                  {"v4tunnel-lan", "eth0 2001:db8:1::1/64"}})) == "");
  CHECK(advice("manual", {{"isatap-prefix", "2002:ca0c:1e01::/64"},
                          {"isatap-routers", "172.31.0.10 isatap.example.net"},
                          {"gateway", "fe80::5efe:172.31.0.10"}}) == "");
}

TEST_CASE("a gateway outside of the prefix is a hint, the tunnel's own address is wrong") {
  says(advice("manual", far_end({{"gateway", "2001:db8:9::1"}})),
       "f:4: hint: gateway: ", "outside of the tunnel's prefix, 2001:db8::2/64");
  says(advice("manual", far_end({{"gateway", "2001:db8::2"}})), "f:4: gateway: ", "own address");
  CHECK(advice("manual", far_end({{"gateway", "fe80::1"}})) == "");
}

TEST_CASE("an MTU that can't fit") {
  says(advice("manual", far_end({{"v4tunnel-mtu", "65516"}})), "f:4: v4tunnel-mtu: ", "65535");
  says(advice("manual", far_end({{"mtu", "8981"}})), "f:4: hint: mtu: ", "write 1480");
  says(advice("manual", far_end({{"v4tunnel-mtu", "auto"}})), "f:4: hint: v4tunnel-mtu: ", "8981");
  for (const char* fits : {"8981", "65515", "auto"})
    CHECK(advice("manual", far_end({{"v4tunnel-mtu", fits}}, "172.31.0.9")) == "");
  CHECK(advice("manual", far_end({{"mtu", "1480"}})) == "");
}

TEST_CASE("ISATAP: neighbours must be inside of a prefix") {
  says(advice("manual", {{"isatap-local", "ec2"}, {"address", "2001:db8::5efe:10.0.0.1/128"}}),
       "f:3: address: ", "write /64");
  says(advice("manual", {{"isatap-local", "ec2"}, {"address", "2001:db8::5efe:10.0.0.1/65"}}),
       "f:3: address: ", "write /64");
  CHECK(advice("manual", {{"isatap-local", "ec2"}, {"address", "2001:db8::5efe:10.0.0.1/64"}}) ==
        "");
  CHECK(advice("manual", {{"isatap-prefix", "2001:db8::/64"}, {"address", "2001:db8::7/128"}}) ==
        "");
  says(advice("manual", {{"isatap-local", "ec2"}}),
       "f:1: hint: iface he-ipv6: ", "link-local address only");
  // The router's own stanza.
  CHECK(advice("manual", {{"isatap-local", "10.0.0.1"},
                          {"isatap-prefix", "2001:db8::/64"},
                          {"isatap-routers", "10.0.0.1"}}) == "");
}

TEST_CASE("what is there but wrong is not said to be missing") {
  const Stanza one = written("manual", {{"isatap-prefix", "2001:db8::/128"}});
  std::vector<Complaint> complaints;
  const TunnelSpec spec = understand_all(one, hosts::ifupdown, complaints);
  CHECK(complaints.size() == 1);
  std::vector<Finding> findings;
  advise(one, spec, findings);
  CHECK(text_of(findings) == "");
}

TEST_CASE("a netmask too many hides nothing else") {
  for (const auto& [address, second] :
       {std::pair("2001:db8::2/64", "v4tunnel-ttl"), std::pair("2001:db8::2", "netmask")}) {
    const Stanza one = written("v4tunnel", {{"address", address},
                                            {"netmask", "64"},
                                            {second, "64"},
                                            {"endpoint", "216.66.80.26"},
                                            {"gateway", "2001:db8:9::1"},
                                            {"v4tunnel-local", "ec2"}});
    std::vector<Complaint> complaints;
    const TunnelSpec spec = understand_all(one, hosts::ifupdown, complaints);
    REQUIRE(complaints.size() == 1);
    CHECK(std::string(complaints[0].what()).find("netmask: ") != std::string::npos);
    std::vector<Finding> findings;
    advise(one, spec, findings);
    says(text_of(findings), "f:6: hint: gateway: ", "outside of the tunnel's prefix");
  }
}

TEST_CASE("6to4 prefixes that lead elsewhere") {
  const Words words{{"v4tunnel-endpoint", "192.0.2.1"}, {"address", "2002:c000:201::2/64"}};
  says(advice("manual", words), "f:3: hint: address: ", "6to4 prefix of the endpoint 192.0.2.1");
  const Words last{{"v4tunnel-endpoint", "192.0.2.1"}, {"address", "2002:c000:201:ffff::2/64"}};
  says(advice("manual", last), "f:3: hint: address: ", "6to4 prefix of the endpoint 192.0.2.1");
  says(advice("manual", {{"isatap-prefix", "2002:ac1f:e92::/64"}}),
       "f:2: hint: isatap-prefix: ", "172.31.14.146, a private address");
  // Only 2002::/16 has the IPv4 address inside, here 10.0.0.0.
  for (const char* address : {"2001:a00::2/64", "2a02:a00::2/64"})
    CHECK(advice("manual", {{"v4tunnel-endpoint", "192.0.2.1"}, {"address", address}}) == "");
  says(advice("manual", far_end({}, "192.88.99.1")), "f:2: hint: v4tunnel-endpoint: ", "RFC 7526");
}

TEST_CASE("a source of another interface than packets leave by") {
  for (const char* source : {"interface:eth1", "ec2:eth1"})
    says(advice("manual", far_end({{"v4tunnel-local", source}, {"v4tunnel-dev", "eth0"}})),
         "f:4: hint: v4tunnel-local: \"" + std::string(source) + "\"",
         " gives eth1's address, and packets leave by eth0 (v4tunnel-dev)");
  for (const char* source : {"interface:eth0", "ec2:eth0", "ec2", "10.0.0.1", "route"})
    CHECK(advice("manual", far_end({{"v4tunnel-local", source}, {"v4tunnel-dev", "eth0"}})) == "");
  CHECK(advice("manual", far_end({{"v4tunnel-local", "interface:eth1"}})) == "");
}

TEST_CASE("sources that are never asked, or that can't answer") {
  says(advice("manual", far_end({{"v4tunnel-local", "10.0.0.1 ec2"}})),
       "f:4: hint: v4tunnel-local: \"ec2\"", "never asked");
  says(advice("manual", far_end({{"v4tunnel-local", "interface:he-ipv6"}})),
       "f:4: v4tunnel-local: ", "the tunnel itself");
}

TEST_CASE("a keepalive that is too rare") {
  says(advice("manual", far_end({{"gateway", "2001:db8::1"}, {"v4tunnel-keepalive", "601"}})),
       "f:5: hint: v4tunnel-keepalive: ", "600 seconds");
  CHECK(advice("manual", far_end({{"v4tunnel-keepalive", "600 2001:db8::1"}})) == "");
}

TEST_CASE("the LAN's prefix is not the tunnel's own") {
  says(advice("manual", far_end({{"v4tunnel-lan", "eth0 2001:db8::5/64"}})),
       "f:4: hint: v4tunnel-lan: \"2001:db8::5/64\"", "Routed /64");
}

TEST_CASE("a slip is told once, and what was meant is in its place") {
  Stanza one = written("v4tunnel", {{"endpiont", "216.66.80.26"},
                                    {"v4tunel-local", "ec3"},
                                    {"adress", "2001:db8::2/64"},
                                    {"accept_ra", "0"},
                                    {"bridge_ports", "none"},
                                    // Near those that have no effect on a tunnel.
                                    {"hostnam", "x"},
                                    {"autocnf", "1"},
                                    {"pots-up", "true"}});
  std::vector<Finding> findings;
  correct_slips(one, findings);
  CHECK(text_of(findings) ==
        "f:2: endpiont: neither situp nor ifupdown has this option; did you mean endpoint?\n"
        "f:3: v4tunel-local: neither situp nor ifupdown has this option; did you mean "
        "v4tunnel-local?\n"
        "f:4: adress: neither situp nor ifupdown has this option; did you mean address?\n"
        "f:9: pots-up: neither situp nor ifupdown has this option; did you mean post-up?\n");
  std::vector<Complaint> complaints;
  understand_all(one, hosts::ifupdown, complaints);
  REQUIRE(complaints.size() == 1);
  // In the user's word for it.
  CHECK(std::string(complaints[0].what()).rfind("f:3: v4tunel-local: \"ec3\"", 0) == 0);
}

TEST_CASE("stanzas in each other's way") {
  const auto both = [](const Stanza& a, const Stanza& b, bool automatic,
                       const HostProgram& host = hosts::ifupdown) {
    Together together(host);
    std::vector<Finding> findings;
    for (const Stanza* one : {&a, &b})
      together.add(*one, understand(*one, host), automatic, findings);
    return text_of(findings);
  };
  const Stanza one = written("manual", far_end({{"gateway", "2001:db8::1"}}));
  Stanza other = one;
  says(both(one, other, true), "f:1: iface he-ipv6: ", "a second stanza of this name");
  other.iface = other.logical = "he-2";
  other.options[0].value = "216.66.80.30";
  says(both(one, other, true), "f:4: gateway: ", "he-ipv6 at f:1 has one");
  CHECK(both(one, other, false) == "");
  // A gateway's metric is the host's where the stanza has none.
  other.options.push_back({"metric", "1024", {"f", 9}});
  says(both(one, other, true), "f:4: gateway: ", "he-ipv6 at f:1 has one");
  CHECK(both(one, other, true, hosts::ifupdown_ng) == "");
  other.options.back().value = "1";
  CHECK(both(one, other, true) == "");
  says(both(one, other, true, hosts::ifupdown_ng), "f:4: gateway: ", "he-ipv6 at f:1 has one");
  other.options.pop_back();
  other.options[0].value = "216.66.80.26";
  other.options.push_back({"metric", "2048", {"f", 9}});
  says(both(one, other, true), "f:1: iface he-2: ", "same two ends as he-ipv6");
  says(both(one, other, false), "f:1: hint: iface he-2: ", "only one of them can be up");
  for (const bool first : {false, true}) {
    Together together(hosts::ifupdown);
    std::vector<Finding> findings;
    together.add(one, understand(one, hosts::ifupdown), first, findings);
    together.add(other, understand(other, hosts::ifupdown), !first, findings);
    says(text_of(findings), "f:1: hint: iface he-2: ", "only one of them can be up");
  }
}

TEST_CASE("a prefix where an address belongs") {
  says(advice("manual", {{"v4tunnel-endpoint", "216.66.80.26"}, {"address", "2001:db8:1::/64"}}),
       "f:3: hint: address: ", "such as 2001:db8:1::2");
  says(advice("v4tunnel", {{"endpoint", "216.66.80.26"},
                           {"address", "2001:db8:1::"},
                           {"netmask", "64"},
                           {"v4tunnel-local", "ec2"}}),
       "f:3: hint: address: ", "is the prefix itself");
  says(advice("manual", far_end({{"v4tunnel-lan", "eth0 2001:db8:1::/64"}})),
       "f:4: hint: v4tunnel-lan: ", "such as 2001:db8:1::1");
  says(advice("manual", far_end({{"v4tunnel-lan", "eth0 2001:db8:1::1/48"}})),
       "f:4: hint: v4tunnel-lan: ", "hosts form addresses of their own in a /64 only");
  // RFC 6164: both addresses of a /127 are hosts.
  CHECK(advice("manual",
               {{"v4tunnel-endpoint", "216.66.80.26"}, {"address", "2001:db8:1::/127"}}) == "");
}

TEST_CASE("the two ends of a broker's tunnel, swapped") {
  const auto with = [](const char* address, const char* gateway) {
    return advice(
        "manual",
        {{"v4tunnel-endpoint", "216.66.80.26"}, {"address", address}, {"gateway", gateway}});
  };
  says(with("2001:db8:1::1/64", "2001:db8:1::2"), "f:4: hint: gateway: ", "swapped");
  CHECK(with("2001:db8:1::2/64", "2001:db8:1::1") == "");
  CHECK(with("2001:db8:1::1/127", "2001:db8:1::") == "");
  says(with("2001:db8:1::1/127", "2001:db8:1::2"), "f:4: hint: gateway: ", "outside");
  // ISATAP has no broker.
  CHECK(advice("manual", {{"isatap-prefix", "2001:db8::/64"},
                          {"isatap-routers", "10.0.0.2"},
                          {"address", "2001:db8::5efe:10.0.0.1/120"},
                          {"gateway", "2001:db8::5efe:10.0.0.2"}}) == "");
}

TEST_CASE("a router that the kernel would not believe") {
  const auto with = [](const Words& more) {
    Words words{{"isatap-prefix", "2002:ca0c:1e01::/64"}, {"gateway", "fe80::5efe:172.31.0.10"}};
    words.insert(words.end(), more.begin(), more.end());
    return advice("manual", words);
  };
  says(with({}), "f:3: gateway: ", "add isatap-routers-nodefault 172.31.0.10");
  says(with({{"isatap-routers", "172.31.0.11"}}), "f:3: gateway: ", "is on no router list");
  CHECK(with({{"isatap-routers", "172.31.0.10"}}) == "");
  CHECK(with({{"isatap-routers-nodefault", "172.31.0.11 172.31.0.10"}}) == "");
  CHECK(with({{"isatap-routers", "isatap.example.net"}}) == "");
}
