// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/check/up_lines.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace situp;

namespace {

using Words = std::vector<std::pair<std::string, std::string>>;

Stanza stanza(const std::string& method, const Words& more) {
  Stanza result{"t0", "t0", "inet6", method, {}, {"interfaces", 1}};
  result.options = {{"address", "2001:db8:1::2/64", {}},
                    {method == "v4tunnel" ? "endpoint" : "v4tunnel-endpoint", "216.66.80.26", {}},
                    {"v4tunnel-local", "ec2", {}}};
  for (const auto& [name, value] : more) result.options.push_back({name, value, {"interfaces", 9}});
  return result;
}

std::vector<std::string> said_of(const Stanza& stanza, std::uint32_t default_metric = 1024) {
  std::vector<std::string> all;
  const TunnelSpec spec = understand(stanza, hosts::ifupdown);
  for (const Complaint& complaint : contradictions(stanza, spec, default_metric))
    all.emplace_back(complaint.what());
  return all;
}
std::vector<std::string> said(const std::string& line, Words more = {}) {
  more.emplace_back("gateway", "2001:db8:1::1");
  more.emplace_back("up", line);
  return said_of(stanza("v4tunnel", more));
}
bool says(const std::string& line, const std::string& part, const Words& more = {}) {
  const auto all = said(line, more);
  return all.size() == 1 && all[0].rfind("interfaces:9: up: ", 0) == 0 &&
         all[0].find(part) != std::string::npos;
}

/// What others have set on a tunnel of the stock method that has these values.
std::string why(const Words& more, std::uint8_t ttl, std::uint8_t tos, unsigned mtu) {
  Live live;
  live.add(LiveLink{2, "eth0", true, 9001, Mac{}, 0, std::nullopt});
  const Stanza one = stanza("v4tunnel", more);
  const TunnelSpec spec = understand(one, hosts::ifupdown);
  const Tunnel tunnel =
      make_tunnel(spec, {*Ipv4::parse("172.31.14.146"), *Ipv4::parse("216.66.80.26"), {}, {}, 0});
  Sit sit;
  sit.remote = tunnel.sit.remote;
  sit.ttl = ttl;
  sit.tos = tos;
  const LiveLink link{9, "t0", true, mtu, std::nullopt, 0, sit};
  live.add(link);
  const auto error = set_by_others(one, tunnel, link, live);
  return error ? std::string(error->what()) : std::string();
}

}  // namespace

TEST_CASE("an up line that sets another value than the stanza is told of") {
  CHECK(said("ip link set dev $IFACE mtu 1280") ==
        std::vector<std::string>{
            "interfaces:9: up: sets mtu \"1280\" on the tunnel, and the stanza stands for 1480: "
            "write v4tunnel-mtu 1280 in place of the line"});
  CHECK(says("/sbin/ip link set mtu 1280 dev t0", "v4tunnel-mtu 1280"));
  CHECK(says("ip li set \"$IFACE\" up mtu 1280", "v4tunnel-mtu 1280"));
  CHECK(says("ifconfig ${IFACE} mtu 1280", "v4tunnel-mtu 1280"));
  CHECK(says("sudo ip tunnel change $IFACE ttl 64", "write v4tunnel-ttl 64"));
  CHECK(says("ip tun chg t0 mode sit ttl inherit", "write v4tunnel-ttl inherit"));
  // ip(8) reads tos as a hexadecimal number.
  CHECK(says("ip tunnel change t0 tos 0x10", "write v4tunnel-tos 16"));
  CHECK(says("ip tunnel change t0 tos 10", "write v4tunnel-tos 16"));
  CHECK(said("ip tunnel change t0 tos 10", {{"v4tunnel-tos", "16"}}).empty());
  CHECK(says("ip tunnel change t0 tos 1ff", "write v4tunnel-tos in decimal"));
  CHECK(says("ip tunnel change t0 tos 10", "stands for inherit", {{"v4tunnel-tos", "inherit"}}));
  CHECK(says("ip link set t0 type sit ttl 64", "write v4tunnel-ttl 64"));
  CHECK(says("ip tunnel change t0 nopmtudisc", "v4tunnel-pmtu no and v4tunnel-ttl inherit"));
  CHECK(says("ip tunnel change t0 local 10.0.0.1", "write v4tunnel-local"));
  CHECK(says("ip tunnel change t0 remote 10.0.0.1", "another far end"));
  // The same value undoes nothing.
  CHECK(said("ip link set dev $IFACE mtu 1480").empty());
  CHECK(said("ip link set dev $IFACE mtu 1280", {{"v4tunnel-mtu", "1280"}}).empty());
  CHECK(said("ip tunnel change t0 mode sit remote 216.66.80.26 ttl 255 tos 0").empty());
  CHECK(said("ip tunnel change t0 ttl 64", {{"ttl", "64"}}).empty());
  // Another interface, another hook, another program, a condition.
  CHECK(said("ip link set dev eth0 mtu 1280").empty());
  CHECK(said("/usr/local/sbin/tunnel-up $IFACE mtu 1280").empty());
  CHECK(said("[ -e /etc/small ] && ip link set dev $IFACE mtu 1280").empty());
  CHECK(said_of(stanza("v4tunnel", {{"down", "ip link set dev t0 mtu 1280"}})).empty());
  CHECK(said_of(stanza("manual", {{"post-up", "ip link set dev t0 mtu 1280"}})).size() == 1);
  CHECK(said("ip link").empty());
  CHECK(said("ip -6").empty());
  CHECK(said("ip link set").empty());
  CHECK(said("ip link set t0 name").empty());
  CHECK(said("ip").empty());
  CHECK(said("").empty());
}

TEST_CASE("an up line that undoes the tunnel is told of") {
  CHECK(says("ip link delete $IFACE", "removes the tunnel"));
  CHECK(says("ip tunnel del t0", "removes the tunnel"));
  CHECK(says("ip link set dev $IFACE down", "sets the tunnel down"));
  CHECK(said("ip link set dev $IFACE down; ip link set dev $IFACE up").empty());
  CHECK(says("ip link set t0 name t1", "another name"));
  CHECK(says("ip -6 addr flush dev t0", "takes the tunnel's addresses off"));
  CHECK(says("ip -6 route del default dev t0", "removes the tunnel's default route"));
  CHECK(said("ip -6 addr flush dev eth0").empty());
  CHECK(said("ip -6 addr add 2001:db8:5::1/64 dev t0").empty());
}

TEST_CASE("a second default route of the metric of gateway is told of") {
  for (const char* line :
       {"ip -6 route add default via 2001:db8:1::1 dev $IFACE", "ip route add ::/0 dev t0",
        "ip -6 r add default via 2001:db8:1::1 metric 1024",
        "ip route add default via 2001:db8:1::1 dev t0", "ip -family inet6 ro add default dev t0",
        "route -A inet6 add default gw 2001:db8:1::1 metric 1024"}) {
    CAPTURE(line);
    CHECK(says(line, "adds a default route of metric 1024, which gateway has made already"));
  }
  CHECK(says("ip -6 route replace default dev eth0", "replaces the tunnel's own default route"));
  CHECK(says("ip -6 route add default dev t0 metric 7", "of metric 7", {{"metric", "7"}}));
  for (const char* line :
       {"ip -6 route add default dev t0 metric 7", "ip -6 route add default dev t0 table 100",
        "ip -6 route add default from 2001:db8:1::/64 dev t0", "ip route add default via 10.0.0.1",
        "ip -6 route add 2001:db8:9::/48 dev t0", "ip -6 route add default dev t0 || true",
        "route -A inet6 add default dev t0", "ip -6 route replace default dev t0"}) {
    CAPTURE(line);
    CHECK(said(line).empty());
  }
  const Words one{{"up", "ip -6 route add default dev t0"}};
  CHECK(said_of(stanza("v4tunnel", one)).empty());
  Words both = one;
  both.emplace_back("gateway", "2001:db8:1::1");
  CHECK(said_of(stanza("static", both)).size() == 1);
  CHECK(said_of(stanza("static", both), 1).empty());  // ifupdown-ng's own has metric 1
}

TEST_CASE("what neither the stock method nor the stanza has set") {
  // As the method leaves it, and as the stanza wants it.
  CHECK(why({}, 0, 0, 8981).empty());
  CHECK(why({}, 0, 0, 1480).empty());
  CHECK(why({}, 255, 0, 1480).empty());
  CHECK(why({{"ttl", "64"}, {"mtu", "1400"}}, 64, 0, 1400).empty());
  CHECK(why({{"v4tunnel-tos", "16"}}, 0, 16, 8981).empty());
  CHECK(why({}, 64, 0, 8981) ==
        "t0: an up line or another hook has set ttl 64 on the tunnel, and the stanza stands for "
        "255: write v4tunnel-ttl 64 in place of that");
  CHECK(why({}, 0, 16, 8981).find("tos 16") != std::string::npos);
  CHECK(why({}, 0, 0, 1280).find("mtu 1280") != std::string::npos);
  CHECK(why({{"mtu", "1400"}}, 0, 0, 1280).find("mtu 1280") != std::string::npos);
}

TEST_CASE("the line that sets the tunnel down is named, whichever lines come after it") {
  Stanza one =
      stanza("v4tunnel", {{"gateway", "2001:db8:1::1"}, {"up", "ip link set $IFACE down"}});
  one.options.push_back({"up", "echo done", {"interfaces", 12}});
  CHECK(said_of(one) ==
        std::vector<std::string>{"interfaces:9: up: sets the tunnel down: remove the line"});
}

TEST_CASE("a setting without a value in the stanza is told by the word for it") {
  CHECK(says("ip link set t0 mtu 1280", "stands for auto: write v4tunnel-mtu 1280",
             {{"v4tunnel-mtu", "auto"}}));
  CHECK(says("ip link set t0 mtu x", "sets mtu \"x\""));
  const Words inherits{{"v4tunnel-ttl", "inherit"}};
  CHECK(says("ip tunnel change t0 ttl 64", "stands for inherit", inherits));
  CHECK(said("ip tunnel change t0 ttl inherit", inherits).empty());
  CHECK(said("ip tunnel change t0 ttl 0", inherits).empty());
  CHECK(said("ip tunnel change t0 ttl 0xff").empty());
  CHECK(says("ip tunnel change t0 hlim 0xfe", "stands for 255: write v4tunnel-ttl 0xfe"));
  CHECK(said("ip tunnel change t0 tos inherit", {{"v4tunnel-tos", "inherit"}}).empty());
  CHECK(says("ip tunnel change t0 tos inherit", "write v4tunnel-tos inherit"));
  // Keys without a value.
  CHECK(said("ip link set t0 mtu").empty());
  CHECK(said("ip tunnel change t0 mtu 1480 ttl").empty());
  CHECK(said("ip tunnel change t0 ttl 255 mtu 1480").empty());
}

TEST_CASE("DF on outer packets is told of where the stanza has it otherwise") {
  const Words fragments{{"v4tunnel-pmtu", "no"}, {"v4tunnel-ttl", "inherit"}};
  CHECK(
      says("ip tunnel change t0 pmtudisc", "remove v4tunnel-pmtu in place of the line", fragments));
  CHECK(said("ip tunnel change t0 nopmtudisc", fragments).empty());
  CHECK(said("ip tunnel change t0 pmtudisc").empty());
}

TEST_CASE("the ends of the tunnel are the stanza's") {
  const auto of = [](const Words& options, const std::string& line) {
    Stanza one{"t0", "t0", "inet6", "static", {}, {"interfaces", 1}};
    for (const auto& [name, value] : options) one.options.push_back({name, value, {}});
    one.options.push_back({"up", line, {"interfaces", 9}});
    return said_of(one);
  };
  const auto sixin4 = [&](const char* local, const char* line) {
    return of({{"address", "2001:db8:1::2/64"},
               {"v4tunnel-endpoint", "216.66.80.26"},
               {"v4tunnel-local", local}},
              std::string("ip tunnel change t0 ") + line);
  };
  CHECK(sixin4("10.0.0.1", "local 10.0.0.1").empty());
  CHECK(sixin4("ec2 10.0.0.1", "local 10.0.0.1").empty());
  CHECK(sixin4("any", "local any").empty());
  CHECK(sixin4("10.0.0.1", "local 10.0.0.2").size() == 1);
  CHECK(sixin4("10.0.0.1", "local any").size() == 1);
  CHECK(sixin4("any", "local 10.0.0.1").size() == 1);
  CHECK(sixin4("any", "local other").size() == 1);
  CHECK(sixin4("any", "remote 216.66.80.26").empty());
  CHECK(sixin4("any", "remote any").size() == 1);
  CHECK(sixin4("any", "remote tunnel.example").size() == 1);
  CHECK(sixin4("any", "remote 216.66.80.27").size() == 1);
  CHECK(of({{"isatap-prefix", "2001:db8:1::/64"}, {"isatap-local", "ec2"}},
           "ip tunnel change t0 remote 216.66.80.26") ==
        std::vector<std::string>{
            "interfaces:9: up: sets another far end than the stanza: remove the line"});
}

TEST_CASE("only commands that set are read, and only as their program has them") {
  for (const char* line :
       {"ip link add t0 type sit ttl 64", "ip addr add 2001:db8:5::1/64 dev t0 ttl 64",
        "ip tunnel add t0 mode sit ttl 64", "ip link set eth0 name t1", "ip link set t0 name t0",
        "ip link set t0 name $IFACE", "ip link set eth0 down", "ip link set t0 up"}) {
    CAPTURE(line);
    CHECK(said(line).empty());
  }
  CHECK(says("ip link set t0 up; ip link set t0 down", "sets the tunnel down"));
  CHECK(said_of(stanza("v4tunnel", {{"pre-up", "ip link set t0 mtu 1280"}})).empty());
}

TEST_CASE("a default route is compared with gateway by its metric, its table and its device") {
  for (const char* line :
       {"ip -6 route add default dev t0 metric 0", "ip -6 route add default dev t0 metric 0x400",
        "ip -6 route add default dev t0 table main", "ip -6 route add default dev t0 table 254",
        "ip -6 route add default dev eth0 preference 1024",
        "ip -6 route add default dev t0 metric x"}) {
    CAPTURE(line);
    CHECK(says(line, "adds a default route of metric 1024"));
  }
  CHECK(says("ip -6 route replace default dev eth0 priority 1024", "replaces the tunnel's own"));
  CHECK(says("ip -6 route del default dev $IFACE metric 7", "removes the tunnel's default route"));
  for (const char* line :
       {"ip -6 route replace default via 2001:db8:1::1",
        "ip -6 route replace default dev eth0 metric 7", "ip -6 route del default dev eth0",
        "ip -6 route del default", "ip -6 route append default dev t0",
        "ip -6 route del default dev t0 table 7", "ip -6 route add 2000::/3 dev t0"}) {
    CAPTURE(line);
    CHECK(said(line).empty());
  }
  // 0 means the kernel's own metric.
  CHECK(said("ip -6 route add default dev t0 metric 0", {{"metric", "7"}}).empty());
  CHECK(said("ip -6 route add default dev t0", {{"metric", "7"}}).empty());
}

TEST_CASE("what others have set is compared with the options and with the interface's MTU") {
  const auto text = [](const std::string& what, const std::string& value,
                       const std::string& should) {
    return "t0: an up line or another hook has set " + what + " " + value +
           " on the tunnel, and the stanza stands for " + should + ": write v4tunnel-" + what +
           " " + value + " in place of that";
  };
  CHECK(why({{"ttl", "64"}}, 0, 0, 1480) == text("ttl", "inherit", "64"));
  CHECK(why({{"v4tunnel-ttl", "inherit"}}, 64, 0, 1480) == text("ttl", "64", "inherit"));
  CHECK(why({}, 0, 1, 1480) == text("tos", "inherit", "0"));
  CHECK(why({{"v4tunnel-tos", "inherit"}}, 0, 16, 1480) == text("tos", "16", "inherit"));
  CHECK(why({{"v4tunnel-tos", "inherit"}}, 0, 0, 1480).empty());
  // The method sets the stanza's own mtu, so that the kernel's is another one's.
  CHECK(why({{"mtu", "1400"}}, 0, 0, 8981) == text("mtu", "8981", "1400"));
  CHECK(why({{"mtu", "1400"}}, 0, 0, 1400).empty());
  CHECK(why({{"v4tunnel-mtu", "1300"}}, 0, 0, 8981).empty());
  // No interface has this one: the kernel takes it without a route.
  CHECK(why({{"v4tunnel-mtu", "1300"}}, 0, 0, 1480).empty());
  CHECK(why({{"v4tunnel-mtu", "1300"}}, 0, 0, 1479) == text("mtu", "1479", "1300"));
}
