// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/check/old_recipe.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "unit/world.h"

using namespace situp;

namespace {

/// The stanza to be pasted; empty: nothing of the kind was seen.
std::string rewritten(const Stanza& old, const std::vector<CronPing>& pings = {}) {
  const auto findings = rewrite_old_recipe(old, true, pings);
  for (const Finding& finding : findings)
    if (!finding.instead.empty()) return finding.instead;
  return {};
}

const Words ends{{"address", "2001:db8::2"},
                 {"netmask", "64"},
                 {"endpoint", "216.66.80.26"},
                 {"gateway", "2001:db8::1"}};

Words with(const Words& more) {
  Words words = ends;
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

constexpr const char* expected =
    "# in the place of f:1\n"
    "# unlike the recipe: ttl 255, not that of the inner packet\n"
    "# unlike the recipe: mtu 1480, not that of the interface by which packets leave, less 20\n"
    "auto he-ipv6\n"
    "iface he-ipv6 inet6 v4tunnel\n"
    "    address 2001:db8::2\n"
    "    netmask 64\n"
    "    endpoint 216.66.80.26\n"
    "    gateway 2001:db8::1\n"
    "    v4tunnel-local ec2\n\n";

}  // namespace

TEST_CASE("backticks, and $(…)") {
  for (const char* command : {"`curl -s http://169.254.169.254/latest/meta-data/local-ipv4`",
                              "$(curl http://169.254.169.254/2011-01-01/meta-data/local-ipv4)"})
    CHECK(rewritten(written("v4tunnel", with({{"local", command}}))) == expected);
}

TEST_CASE("routes, addresses and devices by up lines") {
  CHECK(rewritten(written(
            "v4tunnel", with({{"local", "`ec2metadata --local-ipv4`"},
                              {"up", "ip -6 route add ::/0 dev he-ipv6"},
                              {"up", "/sbin/ip link set dev $IFACE up"},
                              {"down", "ip -6 route del ::/0 dev he-ipv6 || true"}}))) == expected);
  // The device by hand, in a stanza of its own, or in eth0's.
  for (const char* name : {"he-ipv6", "eth0"}) {
    Stanza by_hand = written(
        "manual", {{"pre-up",
                    "ip tunnel add he-ipv6 mode sit remote 216.66.80.26 local `curl "
                    "http://169.254.169.254/latest/meta-data/local-ipv4` ttl 255"},
                   {"up", "ip link set he-ipv6 up && ip addr add 2001:db8::2/64 dev he-ipv6"},
                   {"up", "ip route add ::/0 via 2001:db8::1 dev he-ipv6; ethtool eth0"},
                   {"up", "ip -6 addr add 2001:db8:1::1/64 dev eth1"},
                   {"down", "ip -6 addr del 2001:db8:1::1/64 dev eth1"},
                   {"up", "ip -6 route add 2001:db8:9::/48 dev he-ipv6 src $IFACE"},
                   {"post-down", "ip tunnel del he-ipv6"}});
    by_hand.iface = by_hand.logical = name;
    by_hand.options.push_back({"up", "ethtool -K eth0 gro off", {"f", 9}});
    // Another interface keeps all that is not the tunnel's.
    const bool own = by_hand.iface == "he-ipv6";
    CHECK(rewritten(by_hand) ==
          std::string(own ? "# in the place of f:1\n"
                          : "# beside f:1, which stays, without its lines 2, 3, 7, 8, with line 4 "
                            "as up ethtool eth0\n") +
              "# unlike the recipe: mtu 1480, not that of the interface by which packets leave, "
              "less 20\n"
              "auto he-ipv6\n"
              "iface he-ipv6 inet6 manual\n"
              "    address 2001:db8::2/64\n"
              "    v4tunnel-endpoint 216.66.80.26\n"
              "    gateway 2001:db8::1\n"
              "    v4tunnel-local ec2\n" +
              (own ? "    v4tunnel-lan eth1 2001:db8:1::1/64\n"
                     "    up ethtool eth0\n"
                     "    up ip -6 route add 2001:db8:9::/48 dev he-ipv6 src $IFACE\n"
                     "    up ethtool -K eth0 gro off\n\n"
                   : "    up ip -6 route add 2001:db8:9::/48 dev he-ipv6 src eth0\n\n"));
  }
}

TEST_CASE("of another interface's stanza, lines that it inherits are named with their file") {
  Stanza eth0{"eth0", "eth0", "inet", "dhcp", {}, {"f", 1}};
  eth0.options = {{"up", "ip tunnel add he-ipv6 mode sit remote 216.66.80.26", {"g", 3}}};
  CHECK(rewritten(eth0).rfind("# beside f:1, which stays, without its line g:3\n", 0) == 0);
}

TEST_CASE(
    "of two tunnels in one stanza, the second one's stanza is for what the first one's leaves") {
  Stanza eth0{"eth0", "eth0", "inet", "dhcp", {}, {"f", 1}};
  eth0.options = {{"up", "ip tunnel add a mode sit remote 192.0.2.1 ttl 64", {"f", 2}},
                  {"up", "ip tunnel add b mode sit remote 192.0.2.2 ttl 64", {"f", 3}},
                  {"up", "ip link set a up; ip link set b up", {"f", 4}}};
  const auto first = rewrite_old_recipe(eth0, true, {});
  REQUIRE(first.size() == 1);
  CHECK(first[0].instead.find("iface a inet6") != std::string::npos);
  CHECK(first[0].instead.find("without its line 2, with line 4 as up ip link set b up\n") !=
        std::string::npos);
  eth0.options = {eth0.options[1], {"up", "ip link set b up", {"f", 4}}};
  const auto second = rewrite_old_recipe(eth0, true, {});
  REQUIRE(second.size() == 1);
  CHECK(second[0].instead.find("iface b inet6") != std::string::npos);
  CHECK(second[0].instead.find("v4tunnel-endpoint 192.0.2.2") != std::string::npos);
}

TEST_CASE("a stanza with more tunnels or text than people write is no recipe") {
  Stanza eth0{"eth0", "eth0", "inet", "dhcp", {}, {"f", 1}};
  for (unsigned i = 0; i < 100; ++i)
    eth0.options.push_back(
        {"up", "ip tunnel add t" + std::to_string(i) + " mode sit", {"f", i + 2}});
  CHECK(rewrite_old_recipe(eth0, true, {}).size() == 8);
  std::size_t bytes = 0;
  for (const Option& option : eth0.options) bytes += option.value.size();
  eth0.options.push_back({"up", "echo " + std::string(65536 - 5 - bytes, 'x'), {"f", 102}});
  CHECK(rewrite_old_recipe(eth0, true, {}).size() == 8);
  eth0.options.back().value += 'x';
  CHECK(rewrite_old_recipe(eth0, true, {}).empty());
}

TEST_CASE("cron jobs that ping") {
  const auto pings = pings_in_crontab(
      "# m h dom mon dow user command\n"
      "MAILTO=ping6\n"
      "*/2 * * * * root ping6 -c 1 2001:db8::1 >/dev/null\n"
      "* * * * * root ping -6 -c 1 -I he-ipv6 example.org\n"
      "17 * * * * root cd / && run-parts --report /etc/cron.hourly\n"
      "@reboot root /usr/bin/ping6 -i 60 x &\n"
      "0,20,40 * * * * root ping6 y\n"
      "*/0 * * * * root ping6 y\n"
      "@hourly ping6 z\n"
      "@hourly ping6\n"
      "0,4,9,13,18,23,27,32,36,41,46,50,55 * * * * root ping6 y\n"
      "7 * * * * root ping6 y\n"
      "7 4 * * * root ping6 y\n",
      "cron");
  REQUIRE(pings.size() == 9);
  CHECK(pings[6].seconds == 276);
  CHECK(pings[7].seconds == 3600);
  CHECK(pings[8].seconds == 86400);
  CHECK(pings[5].seconds == 3600);
  CHECK(pings[0].seconds == 120);
  CHECK(pings[0].place.line == 3);
  CHECK(pings[1].seconds == 60);
  CHECK(pings[2].seconds == 86400);
  CHECK(pings[3].seconds == 1200);
  CHECK(pings[4].seconds == 0);
}

TEST_CASE("the cron job that pings for a tunnel becomes its keepalive") {
  const Stanza old = written("v4tunnel", with({{"local", "`ec2metadata --local-ipv4`"}}));
  const auto pings = pings_in_crontab("*/5 * * * * root ping6 -c 1 2001:db8::1\n", "cron");
  CHECK(rewritten(old, pings).find("    v4tunnel-keepalive 300\n") != std::string::npos);
  const auto findings = rewrite_old_recipe(old, false, pings);
  REQUIRE(findings.size() == 2);
  CHECK(line_of(findings[0]).rfind("cron:1: hint: ping: v4tunnel-keepalive 300 in he-ipv6's", 0) ==
        0);
  for (const auto& [seconds, keepalive] :
       {std::pair{0U, "120"}, {1U, "1"}, {299U, "299"}, {300U, "300"}, {301U, "120"}})
    CHECK(rewritten(old, {{{"cron", 1}, "ping6 2001:db8::1", seconds}})
              .find(std::string("    v4tunnel-keepalive ") + keepalive + "\n") !=
          std::string::npos);
  // Another tunnel's is none of this one's.
  auto others = pings_in_crontab("* * * * * root ping6 2001:db8:5::1\n", "cron");
  claim_pings({written("v4tunnel", {{"gateway", "2001:db8:5::1"}})}, others);
  CHECK(rewritten(old, others) == expected);
  // No ping names a default route without a router.
  const Stanza without =
      written("manual", {{"up", "ip tunnel add $IFACE mode sit remote 192.0.2.1 ttl 64"},
                         {"up", "ip addr add 2001:db8::2/64 dev $IFACE"},
                         {"up", "ip -6 route add default dev $IFACE"}});
  CHECK(rewrite_old_recipe(without, true, others).size() == 1);
}

TEST_CASE("a cron job that pings through an ISATAP tunnel is a keepalive of that kind") {
  const Stanza old =
      written("manual", {{"up", "ip tunnel add is0 mode isatap local 172.31.0.5 ttl 64"},
                         {"up", "ip addr add 2001:db8::5efe:172.31.0.5/64 dev is0"},
                         {"up", "ip -6 route add default via fe80::5efe:192.0.2.10 dev is0"}});
  const auto findings =
      rewrite_old_recipe(old, false, pings_in_crontab("* * * * * root ping6 -I is0 x\n", "cron"));
  REQUIRE(findings.size() == 2);
  CHECK(line_of(findings[0]).rfind("cron:1: hint: ping: isatap-keepalive 60 in is0's", 0) == 0);
  CHECK(findings[1].instead.find("iface is0 inet6") != std::string::npos);
  CHECK(findings[1].instead.find("    isatap-keepalive 60\n") != std::string::npos);
}

TEST_CASE("a ping that names no tunnel goes by the default route") {
  auto pings = pings_in_crontab("*/5 * * * * root ping6 -c 1 ipv6.google.com\n", "cron");
  const Stanza old = written("v4tunnel", with({{"local", "`ec2metadata --local-ipv4`"}}));
  claim_pings({old}, pings);
  CHECK(rewritten(old, pings).find("    v4tunnel-keepalive 300\n") != std::string::npos);
  const auto findings = rewrite_old_recipe(old, false, pings);
  REQUIRE(findings.size() == 2);
  CHECK(line_of(findings[0]) ==
        "cron:1: hint: ping: if this is to keep he-ipv6 alive, v4tunnel-keepalive 300 in its "
        "stanza does this while the tunnel is up: remove the cron job then");
  // Where the tunnel has no default route, the ping goes elsewhere.
  const auto others =
      rewrite_old_recipe(written("v4tunnel", {{"address", "2001:db8::2"},
                                              {"netmask", "64"},
                                              {"endpoint", "216.66.80.26"},
                                              {"local", "`ec2metadata --local-ipv4`"}}),
                         true, pings);
  REQUIRE(others.size() == 1);
  REQUIRE_FALSE(others[0].instead.empty());
  CHECK(others[0].instead.find("keepalive") == std::string::npos);
}

TEST_CASE("hosts without the method v4tunnel get a stanza that they take") {
  const Stanza old = written("v4tunnel", with({{"local", "`ec2metadata --local-ipv4`"}}));
  const auto text = [&](const HostProgram& host) {
    const auto findings = rewrite_old_recipe(old, true, {}, host);
    REQUIRE(findings.size() == 1);
    return findings[0].instead;
  };
  CHECK(text(hosts::situp_up) == expected);
  const auto has = [](const std::string& stanza, const std::string& line) {
    return stanza.find("    " + line + "\n") != std::string::npos;
  };
  for (const HostProgram& host : {hosts::ifupdown2, hosts::ifupdown_ng}) {
    CHECK(text(host).find("iface he-ipv6 inet6 manual\n"
                          "    address 2001:db8::2/64\n"
                          "    v4tunnel-endpoint 216.66.80.26\n"
                          "    gateway 2001:db8::1\n") != std::string::npos);
    CHECK(has(text(host), "v4tunnel-local ec2"));
  }
  // A command's route has the kernel's metric, and a gateway's this host's.
  const auto by_lines = [](const std::string& via, const HostProgram& host) {
    const auto findings = rewrite_old_recipe(
        written("manual", {{"up", "ip tunnel add $IFACE mode sit remote 192.0.2.1 ttl 64"},
                           {"up", "ip addr add 2001:db8::2/64 dev $IFACE"},
                           {"up", "ip -6 route add default" + via + " dev $IFACE"}}),
        true, {}, host);
    REQUIRE(findings.size() == 1);
    return findings[0];
  };
  CHECK(has(by_lines(" via 2001:db8::1", hosts::ifupdown_ng).instead, "metric 1024"));
  for (const HostProgram& host : {hosts::ifupdown, hosts::ifupdown2}) {
    CHECK(has(by_lines(" via 2001:db8::1", host).instead, "gateway 2001:db8::1"));
    CHECK_FALSE(has(by_lines(" via 2001:db8::1", host).instead, "metric 1024"));
    CHECK(has(by_lines("", host).instead, "gateway ::"));
  }
  CHECK_FALSE(has(text(hosts::ifupdown_ng), "metric 1024"));
  // Its hooks see another method than the stanza's.
  CHECK(by_lines("", hosts::ifupdown_ng).instead.empty());
  CHECK(by_lines("", hosts::ifupdown_ng)
            .complaint.why()
            .find("gateway: situp's hooks get the method static from ifupdown-ng: ") !=
        std::string::npos);
  CHECK(has(text(hosts::ifupdown2), "mtu 1480"));
  CHECK(has(text(hosts::ifupdown_ng), "up test -e /sys/class/net/$IFACE"));
}
