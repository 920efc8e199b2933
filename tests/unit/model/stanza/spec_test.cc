// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/stanza/spec.h"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "model/tunnel/tunnel.h"

using namespace situp;

namespace {

using Words = std::vector<std::pair<std::string, std::string>>;

Stanza stanza(const std::string& method, const Words& options,
              const std::string& family = "inet6") {
  Stanza result{"he-ipv6", "he-ipv6", family, method, {}, {"interfaces", 1}};
  unsigned line = 2;
  for (const auto& [name, value] : options)
    result.options.push_back({name, value, {"interfaces", line++}});
  return result;
}

const Words stock_words{{"address", "2001:470:1f04:1::2"},
                        {"netmask", "64"},
                        {"endpoint", "216.66.80.26"},
                        {"gateway", "2001:470:1f04:1::1"}};
const Words managed_words{{"v4tunnel-endpoint", "216.66.80.26"}};

Words with(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

/// The error's line for a stanza that must be refused.
std::string refusal(const Stanza& bad, const HostProgram& host = hosts::ifupdown) {
  try {
    understand(bad, host);
  } catch (const Error& error) {
    CHECK(error.status() == Exit::configuration);
    return error.what();
  }
  FAIL("the stanza was taken");
  return {};
}

std::string refusal(const std::string& method, const Words& words,
                    const HostProgram& host = hosts::ifupdown) {
  return refusal(stanza(method, words), host);
}

bool has(const std::string& text, const std::string& part) {
  INFO(text);
  const bool found = text.find(part) != std::string::npos;
  CHECK_MESSAGE(found, text, " lacks ", part);
  return found;
}

TunnelSpec isatap(const Words& words) {
  return understand(stanza("manual", words), hosts::ifupdown);
}
TunnelSpec managed(const Words& words) {
  return understand(stanza("manual", with(managed_words, words)), hosts::ifupdown);
}

}  // namespace

TEST_CASE("a stock stanza that opts in gets our defaults") {
  const auto spec = understand(stanza("v4tunnel", with(stock_words, {{"v4tunnel-local", "ec2"}})),
                               hosts::ifupdown);
  CHECK(spec.sit.kind == Kind::sixin4);
  CHECK(spec.stock);
  CHECK(spec.sit.ttl == 255);
  CHECK(spec.sit.tos == 0);
  CHECK(spec.sit.pmtu);
  CHECK(spec.mtu == 1480U);
  CHECK(spec.local == std::vector<Source>{default_source()});
  CHECK(str(*spec.endpoint) == "216.66.80.26");
  REQUIRE(spec.addresses.size() == 1);
  CHECK(spec.addresses[0].str() == "2001:470:1f04:1::2/64");
  CHECK(spec.gateway->str() == "2001:470:1f04:1::1");
  CHECK_FALSE(spec.metric);
}

TEST_CASE("stock ttl and mtu go before the defaults, and so does local") {
  const auto spec = understand(
      stanza(
          "v4tunnel",
          with(stock_words,
               {{"ttl", "100"}, {"mtu", "1400"}, {"local", "10.0.0.1"}, {"v4tunnel-pmtu", "yes"}})),
      hosts::ifupdown);
  CHECK(spec.sit.ttl == 100);
  CHECK(spec.mtu == 1400U);
  CHECK(spec.local == std::vector<Source>{*Ipv4::parse("10.0.0.1")});
}

TEST_CASE(
    "a stanza's own accept_ra, by either of its names, comes before what a router list needs") {
  const auto believes = [](const char* more) {
    const auto spec = isatap({{"isatap-routers", "172.31.0.10"}, {more, "0"}});
    return make_tunnel(spec, {{}, {}, {*Ipv4::parse("172.31.0.10")}, {}, 0}).accept_ra;
  };
  CHECK(believes("autoconf"));
  CHECK_FALSE(believes("accept_ra"));
  CHECK_FALSE(believes("accept-ra"));  // from a hook, or for ifupdown2
}

TEST_CASE("the router itself has the same text, and is not on its own list") {
  const auto spec =
      isatap({{"isatap-routers", "172.31.0.10"}, {"isatap-routers-nodefault", "172.31.0.11"}});
  const Ipv4 one = *Ipv4::parse("172.31.0.10");
  const Ipv4 other = *Ipv4::parse("172.31.0.11");
  const Tunnel member = make_tunnel(spec, {*Ipv4::parse("172.31.0.9"), {}, {one}, {other}, 0});
  CHECK(member.routers == std::vector<Router>{{one, true}, {other, false}});
  CHECK(member.accept_ra);
  CHECK(make_tunnel(spec, {one, {}, {one}, {other}, 0}).routers ==
        std::vector<Router>{{other, false}});
  const Tunnel alone = make_tunnel(spec, {one, {}, {one}, {}, 0});
  CHECK(alone.routers.empty());
  CHECK_FALSE(alone.accept_ra);
}

TEST_CASE("a mistake in a value is reported once, as it is") {
  const auto complaints_of = [](const Words& words) {
    std::vector<Complaint> complaints;
    understand_all(stanza("manual", words), hosts::ifupdown, complaints);
    std::string text;
    for (const Complaint& complaint : complaints) text += std::string(complaint.what()) + "\n";
    return text;
  };
  const auto once = [&](const char* value, const std::string& part) {
    const std::string text =
        complaints_of({{"v4tunnel-endpoint", "216.66.80.26"}, {"v4tunnel-local", value}});
    CHECK_MESSAGE(text.find(part) != std::string::npos, text);
    CHECK_MESSAGE(text.find('\n') + 1 == text.size(), text);
  };
  once("ec2 # the private one", "comments on lines of their own");
  once("ec2 #x", "comments on lines of their own");
  once("ec2\xc2\xa0route", "type a space in its place");
  once(
      "\xe2\x80\x9c"
      "ec2\xe2\x80\x9d",
      "has quotes");
  once("\"ec2\"", "has quotes");
  once("'ec2 route'", "has quotes");
  once("$(curl -s http://169.254.169.254/latest/meta-data/local-ipv4)", "runs no shell commands");
  once("eth0", "\"eth0\" is an interface: write interface:eth0");
  once("ens5", "write interface:ens5");
  once("ec3", "is not a source of an address");
  // An option that is given twice hides no other mistake.
  for (const char* twice : {"gateway", "accept_ra"}) {
    CAPTURE(twice);
    std::vector<Complaint> complaints;
    understand_all(stanza("static", {{"v4tunnel-endpoint", "216.66.80.26"},
                                     {twice, "2001:db8::1"},
                                     {twice, "2001:db8::1"},
                                     {"v4tunnel-ttl", "0"}}),
                   hosts::ifupdown, complaints);
    REQUIRE(complaints.size() == 2);
    const std::set<std::string> about{complaints[0].about(), complaints[1].about()};
    CHECK(about == std::set<std::string>{twice, "v4tunnel-ttl"});
  }
  const std::string netmask = complaints_of(
      {{"v4tunnel-endpoint", "216.66.80.26"}, {"address", "2001:db8::2"}, {"netmask", "\"64\""}});
  CHECK_MESSAGE(netmask.find('\n') + 1 == netmask.size(), netmask);
  // An endpoint, gateway or address with such a mistake is not missing as well.
  CHECK(complaints_of({{"v4tunnel-endpoint", "216.66.80.26 # he"}})
            .find("has no v4tunnel-endpoint") == std::string::npos);
  const std::string gateway = complaints_of({{"v4tunnel-endpoint", "216.66.80.26"},
                                             {"gateway", "2001:db8::1 # far"},
                                             {"v4tunnel-keepalive", "120"}});
  CHECK_MESSAGE(gateway.find('\n') + 1 == gateway.size(), gateway);
}

TEST_CASE("the method static with a gateway: advertisements are off, as ifupdown has it") {
  const auto believes = [](const char* method) {
    const Words words{{"isatap-routers", "172.31.0.10"},
                      {"address", "2001:db8:99::1/128"},
                      {"gateway", "fe80::5efe:172.31.0.10"}};
    const auto spec = understand(stanza(method, words), hosts::ifupdown);
    return make_tunnel(spec, {{}, {}, {*Ipv4::parse("172.31.0.10")}, {}, 0}).accept_ra;
  };
  CHECK_FALSE(believes("static"));
  CHECK(believes("manual"));
}

TEST_CASE("an ISATAP stanza") {
  const auto spec = isatap({{"isatap-prefix", "2002:ca0c:1e01::/64 2001:db8::/64"},
                            {"isatap-routers", "172.31.0.10"},
                            {"isatap-routers", "isatap.example.net"},
                            {"isatap-routers-nodefault", "172.31.0.11"}});
  CHECK(spec.sit.kind == Kind::isatap);
  CHECK(spec.manual);
  CHECK(spec.sit.ttl == 64);
  CHECK(spec.prefixes.size() == 2);
  REQUIRE(spec.routers.size() == 2);
  CHECK(str(spec.routers[1]) == "isatap.example.net");
  CHECK(spec.routers_nodefault.size() == 1);
  CHECK(spec.local == std::vector<Source>{default_source()});
  CHECK_FALSE(spec.endpoint);
}

TEST_CASE("repeats and lists mean the same") {
  const auto a = managed({{"v4tunnel-local", "ec2 interface:eth0"},
                          {"v4tunnel-lan", "eth0 2001:db8::1/64 eth1 2001:db8:1::1/64"}});
  const auto b = managed({{"v4tunnel-local", "ec2\ninterface:eth0"},
                          {"v4tunnel-lan", "eth0 2001:db8::1/64"},
                          {"v4tunnel-lan", "eth1 2001:db8:1::1/64"}});
  CHECK(a.local == b.local);
  CHECK(a.local.size() == 2);
  CHECK(a.lan == b.lan);
  CHECK(a.lan.size() == 2);
}

TEST_CASE("outer header and MTU as on the wire") {
  auto spec = managed({{"v4tunnel-ttl", "inherit"},
                       {"v4tunnel-tos", "inherit"},
                       {"v4tunnel-pmtu", "no"},
                       {"v4tunnel-mtu", "auto"},
                       {"v4tunnel-dev", "eth0"}});
  CHECK(spec.sit.ttl == 0);
  CHECK(spec.sit.tos == 1);
  CHECK_FALSE(spec.sit.pmtu);
  CHECK_FALSE(spec.mtu);
  CHECK(spec.dev->str() == "eth0");
  spec = managed({{"v4tunnel-ttl", "1"}, {"v4tunnel-tos", "255"}, {"v4tunnel-mtu", "65555"}});
  CHECK(spec.sit.ttl == 1);
  CHECK(spec.sit.tos == 255);
  CHECK(spec.mtu == 65555U);
}

TEST_CASE("numbers out of range are refused by name and line") {
  for (const auto& [name, value] : Words{{"v4tunnel-ttl", "0"},
                                         {"v4tunnel-ttl", "256"},
                                         {"v4tunnel-ttl", "064"},
                                         {"v4tunnel-ttl", "x"},
                                         {"v4tunnel-tos", "1"},
                                         {"v4tunnel-tos", "256"},
                                         {"v4tunnel-mtu", "1279"},
                                         {"v4tunnel-mtu", "65556"},
                                         {"v4tunnel-pmtu", "maybe"},
                                         {"mtu", "auto"},
                                         {"metric", "0"},
                                         {"metric", "4294967296"},
                                         {"preferred-lifetime", "-1"}})
    has(refusal("manual", with(managed_words, {{name, value}})), "interfaces:3: " + name + ": ");
}

TEST_CASE("pmtu no needs ttl inherit, because the kernel forbids fragments otherwise") {
  has(refusal("manual", with(managed_words, {{"v4tunnel-pmtu", "no"}})), "v4tunnel-ttl inherit");
  has(refusal("manual", {{"isatap-pmtu", "no"}}), "isatap-ttl inherit");
}

TEST_CASE("an unknown word under our prefixes is never ignored") {
  has(refusal("v4tunnel", with(stock_words, {{"v4tunnel-locl", "ec2"}})),
      "v4tunnel-locl: situp has no such option");
  has(refusal("manual", {{"isatap-", "x"}}), "isatap-: situp has no such option; see");
}

TEST_CASE("what a terminal would obey is shown, and not sent, also of an option's name") {
  has(refusal("manual", with(managed_words, {{"v4tunnel-\x1b[2J", "x"}})),
      "v4tunnel-?[2J: situp has");
}

TEST_CASE("a misspelt option is told what was meant") {
  const auto asks = [](const std::string& written, const std::string& meant) {
    has(refusal("manual", with(managed_words, {{written, "x"}})),
        written + ": situp has no such option; did you mean " + meant + "? see");
  };
  asks("v4tunnel-locl", "v4tunnel-local");
  asks("v4tunnel-endpiont", "v4tunnel-endpoint");
  asks("v4tunnel-tt", "v4tunnel-ttl");
  asks("isatap-router", "isatap-routers");
  CHECK(nearest_option("v4tunel-local") == "v4tunnel-local");
  CHECK(nearest_option("isatab-prefix") == "isatap-prefix");
  CHECK(nearest_option("address").empty());
  CHECK(nearest_option("v4tunnel-").empty());
}

TEST_CASE("all that is wrong is told by those who ask for it, each once and where it stands") {
  std::vector<Complaint> all;
  const auto spec = understand_all(stanza("manual", {{"v4tunnel-endpiont", "216.66.80.26"},
                                                     {"v4tunnel-local", "ec3 any ec2"},
                                                     {"v4tunnel-ttl", "300"},
                                                     {"v4tunnel-pmtu", "no"},
                                                     {"address", "2001:db8::2"},
                                                     {"gateway", "router"},
                                                     {"ttl", "64"},
                                                     {"v4tunnel-lan", "eth0 x eth1 2001:db8::1/64"},
                                                     {"mtu", "1400"},
                                                     {"mtu", "1400"}}),
                                   hosts::ifupdown, all);
  std::string lines;
  for (const Complaint& one : all)
    lines += std::to_string(one.place().line) + " " + one.about() + " [" + one.word() + "]\n";
  // The misspelt endpoint is not missed once more.
  CHECK(lines ==
        "2 v4tunnel-endpiont []\n"
        "8 ttl []\n"
        "3 v4tunnel-local [ec3]\n"
        "3 v4tunnel-local []\n"
        "4 v4tunnel-ttl []\n"
        "5 v4tunnel-pmtu []\n"
        "11 mtu []\n"
        "6 address []\n"
        "7 gateway [router]\n"
        "9 v4tunnel-lan [x]\n");
  CHECK(spec.lan.size() == 1);
  CHECK(all[0].what() == std::string("interfaces:2: v4tunnel-endpiont: ") + all[0].why());
}

TEST_CASE("a stanza that up takes has nothing that is wrong") {
  std::vector<Complaint> all;
  const auto good = stanza("v4tunnel", with(stock_words, {{"v4tunnel-local", "ec2"}}));
  CHECK(understand_all(good, hosts::ifupdown, all).endpoint ==
        understand(good, hosts::ifupdown).endpoint);
  CHECK(all.empty());
}

TEST_CASE("a keepalive asks the gateway, unless another address is named") {
  const Words gateway{{"gateway", "2001:db8::1"}};
  const auto with_keepalive = [&](const char* value) {
    return managed(with(gateway, {{"v4tunnel-keepalive", value}})).keepalive;
  };
  CHECK(with_keepalive("120") == Keepalive{120, *Ipv6::parse("2001:db8::1")});
  CHECK(with_keepalive("5 2001:db8:9::9") == Keepalive{5, *Ipv6::parse("2001:db8:9::9")});
  CHECK_FALSE(with_keepalive("off"));
  CHECK(managed({{"v4tunnel-keepalive", "7 fe80::1"}}).keepalive ==
        Keepalive{7, *Ipv6::parse("fe80::1")});
  const auto refused = [&](const char* value, const char* why) {
    has(refusal("manual", with(managed_words, {{"v4tunnel-keepalive", value}})), why);
  };
  refused("120", "no gateway that could be asked");
  refused("0 2001:db8::1", "\"0\" is not a number of seconds from 1 to 86400");
  refused("86401 2001:db8::1", "\"86401\" is not a number");
  refused("120 gateway", "\"gateway\" is not an IPv6 address");
  refused("120 ff02::1", "\"ff02::1\" is not an IPv6 address that could answer");
  refused("120 2001:db8::1 twice", "takes SECONDS");
  refused("off 2001:db8::1", "\"off\" is not a number");
  has(refusal("manual", with(managed_words, {{"address", "2001:db8::2/64"},
                                             {"v4tunnel-keepalive", "60 2001:db8::2"}})),
      "is the tunnel's own address");
}

TEST_CASE("a tunnel of which nothing can change needs no upkeep") {
  const auto needs = [](const Words& more) { return needs_upkeep(managed(more)); };
  CHECK_FALSE(needs({{"v4tunnel-local", "10.0.0.5"}}));
  CHECK_FALSE(needs({{"v4tunnel-local", "any"}}));
  CHECK(needs({{"v4tunnel-local", "ec2"}}));
  CHECK(needs({{"v4tunnel-local", "10.0.0.5"}, {"v4tunnel-keepalive", "60 2001:db8::1"}}));
  CHECK(needs({{"v4tunnel-local", "10.0.0.5"}, {"v4tunnel-broker", "he 123456"}}));
  CHECK(needs({{"v4tunnel-local", "10.0.0.5 interface:eth0"}}));
  const auto isatap_needs = [](const Words& more) {
    return needs_upkeep(
        understand(stanza("manual", with({{"isatap-local", "10.0.0.5"}}, more)), hosts::ifupdown));
  };
  CHECK_FALSE(isatap_needs({{"isatap-prefix", "2001:db8:3::/64"}}));
  CHECK(isatap_needs({{"isatap-routers", "10.0.0.1"}}));
  CHECK(isatap_needs({{"isatap-routers-nodefault", "10.0.0.1"}}));
  CHECK(needs_upkeep(understand(
      stanza("manual", {{"v4tunnel-endpoint", "tunnel.example"}, {"v4tunnel-local", "10.0.0.5"}}),
      hosts::ifupdown)));
}

TEST_CASE("a broker is its name and the tunnel's number there") {
  CHECK(!managed({}).broker);
  const auto broker = managed({{"v4tunnel-broker", " he  123456"}}).broker;
  REQUIRE(broker);
  CHECK(broker->name.str() == "he");
  CHECK(broker->tunnel.str() == "123456");
  for (const char* value : {"he", "123456", "he 1 2", "", "he 123456 extra"})
    has(refusal("manual", with(managed_words, {{"v4tunnel-broker", value}})),
        "v4tunnel-broker: takes a broker and the number of the tunnel there, such as he 123456");
  has(refusal("manual", with(managed_words, {{"v4tunnel-broker", "HE 123456"}})),
      "\"HE\" is not a broker's name");
  for (const char* id : {"12345678901", "tserv1", "1&myip=6.6.6.6", "-1"})
    has(refusal("manual", with(managed_words, {{"v4tunnel-broker", std::string("he ") + id}})),
        "is not the number of a tunnel: 1 to 10 digits");
  has(refusal("manual", {{"isatap-local", "ec2"}, {"v4tunnel-broker", "he 1"}}),
      "one stanza is one tunnel");
}

TEST_CASE("a default route without a router is for a tunnel with one far end") {
  CHECK(managed({{"gateway", "::"}}).gateway == Ipv6{});
  has(refusal("static", with(managed_words, {{"gateway", "::"}})), "goes with the method manual");
  has(refusal("manual", {{"isatap-local", "ec2"}, {"gateway", "::"}}),
      "must hold its IPv4 address");
}

TEST_CASE("where situp is the method, a tunnel may have several addresses") {
  const Words words{{"address", "2001:db8::2/64"}, {"address", "2001:db8:1::2/48"}};
  CHECK(managed(words).addresses ==
        std::vector{*Ipv6Net::parse("2001:db8::2/64"), *Ipv6Net::parse("2001:db8:1::2/48")});
  has(refusal("static", with(managed_words, words)), "interfaces:4: address: given twice");
  has(refusal("v4tunnel",
              with(stock_words, {{"v4tunnel-local", "ec2"}, {"address", "2001:db8::3"}})),
      "given twice");
  has(refusal("manual", with(managed_words, with(words, {{"netmask", "64"}}))),
      "interfaces:5: netmask: there are several addresses");
  has(refusal("manual", with(managed_words, with(words, {{"address", "2001:db8::2/128"}}))),
      "interfaces:5: address: 2001:db8::2 is there twice");
}

TEST_CASE("the same thing said twice is an error") {
  has(refusal("v4tunnel", with(stock_words, {{"local", "10.0.0.1"}, {"v4tunnel-local", "ec2"}})),
      "the same as v4tunnel-local");
  has(refusal("v4tunnel", with(stock_words, {{"v4tunnel-endpoint", "1.2.3.4"}})),
      "the same as endpoint");
  has(refusal("v4tunnel", with(stock_words, {{"ttl", "3"}, {"v4tunnel-ttl", "3"}})),
      "the same as ttl");
  has(refusal("manual", with(managed_words, {{"mtu", "1400"}, {"v4tunnel-mtu", "1400"}})),
      "the same as mtu");
  has(refusal("manual", with(managed_words, {{"v4tunnel-dev", "a"}, {"v4tunnel-dev", "b"}})),
      "given twice");
  has(refusal("manual", with(managed_words, {{"address", "2001:db8::2/64"}, {"netmask", "64"}})),
      "already says /64");
  has(refusal("manual", {{"isatap-routers", "10.0.0.1 10.0.0.1"}}), "there twice");
  has(refusal("manual", {{"isatap-prefix", "2001:db8::/64 2001:db8::/64"}}), "there twice");
  has(refusal("manual", with(managed_words, {{"v4tunnel-dev", "he-ipv6"}})), "the tunnel itself");
  has(refusal("manual", {{"isatap-routers", "10.0.0.1"}, {"isatap-routers-nodefault", "10.0.0.1"}}),
      "in isatap-routers too");
}

TEST_CASE("families, methods and the two kinds don't mix") {
  has(refusal("manual", with(managed_words, {{"isatap-prefix", "2001:db8::/64"}})),
      "two interfaces");
  has(refusal(stanza("static", managed_words, "inet")), "write \"inet6\"");
  has(refusal("dhcp", managed_words), "not with \"dhcp\"");
  has(refusal("v4tunnel", with(stock_words, {{"isatap-prefix", "2001:db8::/64"}})),
      "not with \"v4tunnel\"");
  has(refusal("static", {{"address", "2001:db8::2/64"}, {"v4tunnel-local", "ec2"}}),
      "has no v4tunnel-endpoint");
  has(refusal("static", {{"endpoint", "1.2.3.4"}, {"v4tunnel-local", "ec2"}}),
      "write v4tunnel-endpoint");
  has(refusal("manual", {{"endpoint", "1.2.3.4"}, {"isatap-local", "ec2"}}), "no single endpoint");
}

TEST_CASE("an ISATAP tunnel needs a local address and a neighbour's prefix") {
  has(refusal("manual", {{"isatap-local", "any"}}), "needs a local address");
  has(refusal("manual", {{"isatap-local", "route"}}), "route needs an endpoint");
  has(refusal("manual", {{"isatap-prefix", "2001:db8::/128"}}), "must be a /64");
  has(refusal("manual", {{"isatap-prefix", "2001:db8::1/64"}}), "bits behind the /64");
  has(refusal("manual", {{"isatap-prefix", "fe80::/64"}}), "not a prefix");
  has(refusal("manual", {{"isatap-prefix", "2001:db8::/64"}, {"gateway", "fe80::1"}}),
      "fe80::5efe:A.B.C.D");
  CHECK(
      isatap({{"isatap-prefix", "2001:db8::/64"}, {"gateway", "fe80::5efe:172.31.0.10"}}).gateway);
}

TEST_CASE("addresses that can't be") {
  has(refusal("manual", with(managed_words, {{"address", "2001:db8::2"}})), "no prefix length");
  has(refusal("manual", with(managed_words, {{"address", "ff02::1/64"}})),
      "not an address that an interface can have");
  has(refusal("manual", with(managed_words, {{"netmask", "64"}})), "no address");
  has(refusal("manual", with(managed_words, {{"gateway", "ff02::1"}})), "not a router's");
  has(refusal("manual", {{"v4tunnel-endpoint", "127.0.0.1"}}), "can't be the other end");
  has(refusal("manual", {{"v4tunnel-endpoint", "1.2.3"}}),
      "neither an IPv4 address nor a host name");
  has(refusal("manual", {{"v4tunnel-endpoint", "2001:db8::1"}}), "is an IPv6 address: outside, ");
  has(refusal("manual", with(managed_words, {{"v4tunnel-local", "216.66.80.26"}})), "both ends");
  has(refusal("v4tunnel", with(stock_words, {{"local", "216.66.80.26"}, {"v4tunnel-ttl", "64"}})),
      "both ends of the tunnel are 216.66.80.26: write this host's own address");
  has(refusal("v4tunnel", with(stock_words, {{"local", "eth0"}, {"v4tunnel-ttl", "64"}})),
      "\"eth0\" is not an IPv4 address of an interface");
  has(refusal("v4tunnel", with(stock_words, {{"local", "interface:eth0"}, {"v4tunnel-ttl", "64"}})),
      "is a source of an address: write v4tunnel-local interface:eth0");
  has(refusal("manual", with(managed_words, {{"v4tunnel-lan", "eth0"}})), "takes pairs");
  has(refusal("manual", with(managed_words, {{"v4tunnel-lan", "he-ipv6 2001:db8::1/64"}})),
      "the tunnel itself");
  has(refusal("manual", with(managed_words, {{"v4tunnel-local", "any ec2"}})),
      "nothing can come after any");
  CHECK(understand(stanza("static", with(managed_words, {{"address", "2001:db8::2"}})),
                   hosts::ifupdown)
            .addresses.at(0)
            .length == 64);
}

TEST_CASE("the stock method takes no host name, the managed form does") {
  has(refusal("v4tunnel", {{"address", "2001:db8::2/64"},
                           {"endpoint", "broker.example.net"},
                           {"v4tunnel-local", "ec2"}}),
      "takes an IPv4 address only");
  CHECK(str(*understand(stanza("static", {{"v4tunnel-endpoint", "broker.example.net"}}),
                        hosts::ifupdown)
                 .endpoint) == "broker.example.net");
}

TEST_CASE("shell words are never ours to run") {
  has(refusal("v4tunnel",
              with(stock_words, {{"v4tunnel-mtu", "1400"}, {"local", "$(situp address ec2)"}})),
      "write v4tunnel-local ec2");
  has(refusal("v4tunnel", with(stock_words, {{"v4tunnel-local", "`curl x`"}})),
      "runs no shell commands");
  // An address that the method itself puts in is ifup's own business, but nobody's under situp up.
  const Words words{
      {"address", "$(cat /etc/addr)"}, {"endpoint", "216.66.80.26"}, {"v4tunnel-local", "ec2"}};
  CHECK(understand(stanza("v4tunnel", words), hosts::ifupdown).addresses.empty());
  has(refusal("v4tunnel", words, hosts::situp_up), "address: situp runs no shell commands");
  has(refusal("manual", with(managed_words, {{"address", "$(x)"}})), "not an IPv6 address");
}

TEST_CASE(
    "situp up refuses stock options that it would have to ignore, ifup's hooks don't mind them") {
  const auto words = with(managed_words, {{"accept_ra", "2"}});
  CHECK(understand(stanza("static", words), hosts::situp_up).accept_ra == 2);
  has(refusal("static", with(managed_words, {{"accept_ra", "yes"}}), hosts::situp_up),
      "accept_ra: \"yes\" is not 0 (off), 1 (on) or 2 (on, also where the host forwards)");
  has(refusal("static", with(managed_words, {{"privext", "2"}}), hosts::situp_up),
      "privext: situp up does not carry this out");
  CHECK(understand(stanza("static", words), hosts::ifupdown).sit.kind == Kind::sixin4);
  has(refusal("auto", managed_words, hosts::situp_up), "does not carry out the method auto");
}

TEST_CASE("what only ifup carries out is listed once each") {
  const auto names = left_to_ifup(
      stanza("manual",
             with(managed_words,
                  {{"up", "true"}, {"up", "false"}, {"dns-nameservers", "::1"}, {"mtu", "1400"}})));
  CHECK(names == std::vector<std::string>{"up", "dns-nameservers"});
}

TEST_CASE("interface names that the kernel or situp can't have") {
  for (const char* name : {"live", ".lock", "a b", "sixteen-bytes-xx", "a/b"}) {
    Stanza bad = stanza("manual", managed_words);
    bad.iface = name;
    has(refusal(bad), name);
  }
}

TEST_CASE("a stanza without options of ours is not opted in") {
  CHECK_FALSE(is_opted_in(stanza("v4tunnel", stock_words)));
  CHECK(is_opted_in(stanza("manual", {{"isatap-nonsense", "x"}})));
  has(refusal("v4tunnel", stock_words), "not a tunnel of situp's");
}

TEST_CASE("a name that ifupdown would not know, or of which a hook sees one of two") {
  CHECK(refusal("manual", with(managed_words, {{"ACCEPT_RA", "0"}})) ==
        "interfaces:3: ACCEPT_RA: ifupdown knows this option as accept_ra only: write that");
  CHECK(understand(stanza("manual", with(managed_words, {{"accept-ra", "0"}})), hosts::ifupdown)
            .accept_ra == 0);
  CHECK(refusal("manual", with(managed_words, {{"Address", "2001:db8::1/64"}})) ==
        "interfaces:3: Address: ifupdown knows this option as address only: write that");
  CHECK(refusal("manual", with(managed_words, {{"preferred_lifetime", "1"}})) ==
        "interfaces:3: preferred_lifetime: ifupdown knows this option as preferred-lifetime only: "
        "write that");
  Stanza two = stanza("manual", with(managed_words, {{"v4tunnel-lan", "eth0 2001:db8::1/64"},
                                                     {"v4tunnel-lan", "eth0 2001:db8::2/64"}}));
  CHECK(understand(two, hosts::ifupdown).lan.size() == 2);
  two.options[2].key = "v4tunnel_lan";
  CHECK(refusal(two) ==
        "interfaces:4: v4tunnel_lan: is v4tunnel-lan again, and hooks get only one of the two: "
        "spell both alike");
  // The endpoint was meant, and is not missing as well.
  std::vector<Complaint> complaints;
  understand_all(stanza("v4tunnel", {{"ENDPOINT", "216.66.80.26"}, {"v4tunnel-local", "ec2"}}),
                 hosts::ifupdown, complaints);
  CHECK(complaints.size() == 1);
}
