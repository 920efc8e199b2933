// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/check/host_advice.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "unit/world.h"

using namespace situp;

namespace {

std::string for_host(const std::string& method, const Words& options, const HostProgram& host) {
  std::vector<Finding> findings;
  advise_for_host(written(method, options), host, findings);
  std::string text;
  for (const Finding& finding : findings) text += line_of(finding) + "\n";
  return text;
}

/// One line, with that text.
void says(const std::string& advice, const std::string& begin, const std::string& part) {
  CHECK_MESSAGE(advice.rfind(begin, 0) == 0, advice);
  CHECK_MESSAGE(advice.find(part) != std::string::npos, advice);
  CHECK_MESSAGE(advice.find('\n') + 1 == advice.size(), advice);
}

}  // namespace

TEST_CASE("what this host's ifup does not have") {
  const Words stock{{"address", "2001:db8::2"},
                    {"netmask", "64"},
                    {"endpoint", "216.66.80.26"},
                    {"v4tunnel-local", "ec2"}};
  for (const HostProgram& host : {hosts::situp_up, hosts::ifupdown})
    CHECK(for_host("v4tunnel", stock, host) == "");
  says(for_host("v4tunnel", stock, hosts::ifupdown_ng),
       "f:4: endpoint: ", "brings no interface up");
  says(for_host("v4tunnel", stock, hosts::ifupdown2),
       "f:1: iface he-ipv6: ", "write static or manual");
}

TEST_CASE("a v4tunnel stanza without options of situp's is told of, another one is left alone") {
  const Words stock{{"address", "2001:db8::2"}, {"endpoint", "216.66.80.26"}};
  says(for_host("v4tunnel", stock, hosts::ifupdown_ng),
       "f:3: endpoint: ", "write v4tunnel-endpoint");
  CHECK(for_host("auto", {{"privext", "2"}}, hosts::ifupdown2) == "");
  CHECK(for_host("tunnel", stock, hosts::ifupdown_ng) == "");
}

TEST_CASE("an option of the stock method given twice, in a stanza without options of situp's") {
  const Words words{{"address", "2001:db8::2/64"},
                    {"netmask", "64"},
                    {"endpoint", "216.66.80.26"},
                    {"up", "true"},
                    {"up", "true"}};
  CHECK(for_host("v4tunnel", words, hosts::ifupdown) == "");
  Words twice = words;
  twice.emplace_back("netmask", "64");
  says(for_host("v4tunnel", twice, hosts::ifupdown), "f:7: netmask: ", "given twice");
  // These may have several, and are not ours.
  CHECK(for_host("static", twice, hosts::ifupdown) == "");
}

TEST_CASE("an option given twice") {
  const Words twice{{"v4tunnel-endpoint", "216.66.80.26"},
                    {"v4tunnel-local", "ec2"},
                    {"v4tunnel-local", "route"}};
  CHECK(for_host("static", twice, hosts::ifupdown) == "");
  says(for_host("static", twice, hosts::ifupdown_ng),
       "f:4: v4tunnel-local: ", "the last line only");
  says(for_host("static", twice, hosts::ifupdown2), "f:4: v4tunnel-local: ", "the first line only");
}

TEST_CASE("ifupdown-ng runs situp for names in one spelling only") {
  Stanza one{"t0", "t0", "inet6", "static", {}, {"f", 1}};
  one.options.push_back({"v4tunnel-endpoint", "216.66.80.26", {"f", 2}, "V4TUNNEL_ENDPOINT"});
  std::vector<Finding> findings;
  advise_for_host(one, hosts::ifupdown_ng, findings);
  REQUIRE(findings.size() == 1);
  CHECK(line_of(findings[0]).find("V4TUNNEL_ENDPOINT: this host's ifupdown-ng") !=
        std::string::npos);
  one.options.push_back({"v4tunnel-ttl", "64", {"f", 3}});
  findings.clear();
  advise_for_host(one, hosts::ifupdown_ng, findings);
  advise_for_host(one, hosts::ifupdown, findings);
  CHECK(findings.empty());
}

TEST_CASE("a source in ifup's own local") {
  const auto with = [](const char* local) {
    return for_host("v4tunnel",
                    {{"address", "2001:db8::2/64"}, {"endpoint", "216.66.80.26"}, {"local", local}},
                    hosts::ifupdown);
  };
  says(with("ec2"), "f:4: local: \"ec2\" is a source", "write v4tunnel-local ec2");
  says(with("interface:eth0"), "f:4: local: ", "write v4tunnel-local interface:eth0");
  CHECK(with("172.31.14.146") == "");
  CHECK(with("any") == "");
  CHECK(with("$(ec2metadata)") == "");
}

TEST_CASE("a second address, where hooks get one") {
  const Words words{{"address", "2001:db8::2/64"},
                    {"v4tunnel-endpoint", "216.66.80.26"},
                    {"address", "2001:db8:1::2/64"}};
  for (const HostProgram& host : {hosts::ifupdown_ng, hosts::ifupdown2})
    says(for_host("manual", words, host), "f:4: address: this host's " + std::string(host.name),
         "write up ip address add 2001:db8:1::2/64 dev $IFACE");
  CHECK(for_host("manual", words, hosts::ifupdown) == "");
  CHECK(for_host("manual", words, hosts::situp_up) == "");
}

TEST_CASE("the words of one method, where hooks get another") {
  const Words words{
      {"address", "2001:db8::2/64"}, {"v4tunnel-endpoint", "216.66.80.26"}, {"gateway", "::"}};
  says(for_host("manual", words, hosts::ifupdown_ng),
       "f:4: gateway: situp's hooks get the method static from ifupdown-ng: ",
       "without a router goes with the method manual only");
  // Under `static` it is a mistake everywhere, which understand() tells.
  CHECK(for_host("static", words, hosts::ifupdown_ng) == "");
  for (const HostProgram& host : {hosts::ifupdown, hosts::ifupdown2, hosts::situp_up})
    CHECK(for_host("manual", words, host) == "");
}
