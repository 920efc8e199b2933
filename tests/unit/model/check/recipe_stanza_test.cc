// SPDX-License-Identifier: GPL-2.0-or-later
// The stanza in a recipe's place, and the recipes that have none.
#include <doctest/doctest.h>

#include <string>

#include "model/check/old_recipe.h"
#include "model/check/recipe_stanza.h"
#include "unit/world.h"

using namespace situp;

namespace {

/// The stanza to be pasted; empty: there is none.
std::string rewritten(const Stanza& old) {
  const auto findings = rewrite_old_recipe(old, true, {});
  return findings.empty() ? std::string() : findings[0].instead;
}

Words with(const Words& more) {
  Words words{{"address", "2001:db8::2"},
              {"netmask", "64"},
              {"endpoint", "216.66.80.26"},
              {"gateway", "2001:db8::1"}};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

bool has(const std::string& text, const std::string& line) {
  return text.find("    " + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("of two values, the later one stands") {
  const std::string text = rewritten(written(
      "v4tunnel", with({{"mtu", "1400"},
                        {"ttl", "255"},
                        {"local", "172.31.0.5"},
                        {"up", "ip link set dev $IFACE mtu 1280"},
                        {"up", "ip tunnel change he-ipv6 ttl 64 tos inherit"},
                        {"up", "ip -6 route replace default via 2001:db8::9 dev $IFACE"}})));
  for (const char* line : {"mtu 1280", "ttl 64", "v4tunnel-tos inherit", "gateway 2001:db8::9",
                           "v4tunnel-local 172.31.0.5"})
    CHECK(has(text, line));
  for (const char* other : {"1400", "255", "2001:db8::1\n", "unlike"})
    CHECK(text.find(other) == std::string::npos);
}

TEST_CASE("options of situp's in the recipe's stanza stay, each once") {
  const std::string text =
      rewritten(written("v4tunnel", {{"address", "2001:db8::2/64"},
                                     {"endpoint", "216.66.80.26"},
                                     {"v4tunnel-local", "interface:eth0 ec2"},
                                     {"v4tunnel-mtu", "1400"},
                                     {"v4tunnel-lan", "eth0 2001:db8:1::1/64"},
                                     {"v4tunnel-route", "default from 2001:db8::/64"},
                                     {"v4tunnel-broker", "he 123456"},
                                     {"up", "ip link set $IFACE mtu 1300"},
                                     {"up", "ip -6 addr add 2001:db8:2::1/64 dev eth1"},
                                     {"up", "ip -6 route add default dev $IFACE metric 7"}}));
  for (const char* line : {"v4tunnel-local interface:eth0 ec2", "v4tunnel-mtu 1300",
                           "v4tunnel-lan eth0 2001:db8:1::1/64 eth1 2001:db8:2::1/64",
                           "v4tunnel-route default from 2001:db8::/64", "v4tunnel-broker he 123456",
                           // v4tunnel-route is there in the place of a default route for all.
                           "up ip -6 route add default dev $IFACE metric 7"})
    CHECK(has(text, line));
  CHECK(text.find("gateway") == std::string::npos);
  CHECK(text.find("1400") == std::string::npos);
}

TEST_CASE("without a local address, the tunnel has none afterwards") {
  for (const Words& local : {Words{}, Words{{"local", "any"}}}) {
    Words words = with(local);
    words.emplace_back("up", "ip link set $IFACE mtu 1400");
    CHECK(has(rewritten(written("v4tunnel", words)), "v4tunnel-local any"));
  }
  CHECK(
      has(rewritten(written("manual", {{"up", "ip tunnel add $IFACE mode sit remote 192.0.2.1"}})),
          "v4tunnel-local any"));
}

TEST_CASE("a route that is no default route stays a command") {
  const std::string text =
      rewritten(written("v4tunnel", {{"address", "2001:db8::2"},
                                     {"netmask", "64"},
                                     {"endpoint", "216.66.80.26"},
                                     {"local", "$(ec2metadata --local-ipv4)"},
                                     {"up", "ip -6 route add 2000::/3 dev $IFACE"},
                                     {"up", "echo 1 > /proc/sys/net/ipv6/conf/all/forwarding"}}));
  CHECK(has(text, "up ip -6 route add 2000::/3 dev $IFACE"));
  CHECK(has(text, "up echo 1 > /proc/sys/net/ipv6/conf/all/forwarding"));
  CHECK(text.find("gateway") == std::string::npos);
  CHECK(text.find("inet6 v4tunnel\n") != std::string::npos);
  // Where situp makes the device, pre-up comes too early.
  CHECK(
      has(rewritten(written("manual", {{"pre-up", "ip tunnel add $IFACE mode sit remote 192.0.2.1"},
                                       {"pre-up", "ip -6 route add 2000::/3 dev $IFACE"}})),
          "up ip -6 route add 2000::/3 dev $IFACE"));
}

TEST_CASE("today's kernels refuse the far end as a router: the route has none then") {
  const std::string text =
      rewritten(written("manual", {{"up", "ip tunnel add $IFACE mode sit remote 192.0.2.1"},
                                   {"up", "ip -6 route add 2000::/3 via ::192.0.2.1 dev $IFACE"},
                                   {"up", "ip -6 route add default via ::192.0.2.1 dev $IFACE"}}));
  CHECK(has(text, "up ip -6 route add 2000::/3 dev $IFACE"));
  CHECK(has(text, "gateway ::"));
  const auto remark = text.find("# unlike the recipe: no route via ::192.0.2.1, ");
  CHECK(remark != std::string::npos);
  CHECK(text.find("no route via", remark + 30) == std::string::npos);
  // Without -6, the router alone says that the route is an IPv6 one.
  const std::string plain =
      rewritten(written("manual", {{"up", "ip tunnel add $IFACE mode sit remote 192.0.2.1"},
                                   {"up", "ip route add default via ::192.0.2.1 dev $IFACE"}}));
  CHECK(has(plain, "gateway ::"));
  CHECK(plain.find("ip route") == std::string::npos);
  for (const char* spelling : {"ip -6 route add 2000::/3 via  ::192.0.2.1 dev $IFACE",
                               "R=192.0.2.1; ip -6 route add 2000::/3 via ::$R dev $IFACE",
                               "ip -6 route add 2000::/3 dev $IFACE via \"::192.0.2.1\"",
                               "route -A inet6 add 2000::/3 gw ::192.0.2.1 $IFACE",
                               "route --inet6 add 2000::/3 gateway ::192.0.2.1 dev $IFACE"}) {
    CAPTURE(spelling);
    const std::string printed = rewritten(
        written("manual", {{"up", "ip tunnel add $IFACE mode sit remote 192.0.2.1"},
                           {"up", spelling},
                           {"down", "ip -6 route del 2000::/3 via ::192.0.2.1 dev $IFACE"}}));
    CHECK(printed.find("# unlike the recipe: no route via ::192.0.2.1, ") != std::string::npos);
    CHECK(printed.find("    up ") != std::string::npos);
    CHECK(printed.find("192.0.2.1", printed.find("    up ")) == std::string::npos);
    CHECK(has(printed, "down ip -6 route del 2000::/3 dev $IFACE"));
  }
  // With onlink, they take it.
  const std::string onlink =
      rewritten(written("manual", {{"up", "ip tunnel add $IFACE mode sit remote 192.0.2.1"},
                                   {"up", "ip -6 r a default via ::192.0.2.1 dev $IFACE onlink"}}));
  CHECK(has(onlink, "up ip -6 r a default via ::192.0.2.1 dev $IFACE onlink"));
  CHECK(onlink.find("no route via") == std::string::npos);
}

TEST_CASE("a default route without a router needs the form with manual") {
  const std::string text =
      rewritten(written("v4tunnel", {{"address", "2001:db8::2"},
                                     {"netmask", "64"},
                                     {"endpoint", "216.66.80.26"},
                                     {"local", "$(ec2metadata --local-ipv4)"},
                                     {"up", "ip -6 route add ::/0 dev $IFACE"}}));
  for (const char* line :
       {"address 2001:db8::2/64", "gateway ::", "v4tunnel-endpoint 216.66.80.26"})
    CHECK(has(text, line));
  CHECK(text.find("inet6 manual\n") != std::string::npos);
}

TEST_CASE("net-tools") {
  const std::string text =
      rewritten(written("manual", {{"up", "ifconfig sit0 up"},
                                   {"up", "ifconfig sit0 inet6 tunnel ::216.66.80.26"},
                                   {"up", "ifconfig sit1 up"},
                                   {"up", "ifconfig sit1 inet6 add 2001:db8::2/64"},
                                   {"up", "ifconfig sit1 mtu 1400"},
                                   {"up", "route -A inet6 add ::/0 dev sit1"}}));
  // As the kernel makes it for SIOCSIFDSTADDR.
  for (const char* line : {"address 2001:db8::2/64", "gateway ::", "metric 1", "v4tunnel-ttl 64",
                           "mtu 1400", "v4tunnel-endpoint 216.66.80.26", "v4tunnel-local any"})
    CHECK(has(text, line));
  CHECK(text.find("iface sit1 inet6 manual") != std::string::npos);
  // The kernel counts the devices that are there: a stanza of this name makes its own.
  Stanza sit2 = written("manual", {{"up", "ifconfig sit0 inet6 tunnel ::216.66.80.26"},
                                   {"up", "ifconfig sit2 inet6 add 2001:db8::2/64"}});
  sit2.iface = sit2.logical = "sit2";
  CHECK(has(rewritten(sit2), "address 2001:db8::2/64"));
  CHECK(rewritten(sit2).find("# in the place of f:1\n") == 0);
}

TEST_CASE("a tunnel of ip link carries IPv4, too, unless its mode says otherwise") {
  const auto differs = [](const std::string& mode) {
    const std::string text =
        rewritten(written("manual", {{"up", "ip link add t type sit remote 192.0.2.1" + mode}}));
    REQUIRE_FALSE(text.empty());
    return text.find("# unlike the recipe: mode ip6ip, not any") != std::string::npos;
  };
  CHECK(differs(""));
  CHECK(differs(" mode any"));
  CHECK_FALSE(differs(" mode ip6ip"));
  const std::string text =
      rewritten(written("manual", {{"up", "ip tunnel add t mode sit remote 192.0.2.1"}}));
  REQUIRE_FALSE(text.empty());
  CHECK(text.find("mode") == std::string::npos);
}

TEST_CASE("ISATAP") {
  const std::string text = rewritten(written(
      "manual", {{"pre-up",
                  "LOCAL=$(curl -s http://169.254.169.254/latest/meta-data/local-ipv4); ip tunnel "
                  "add is0 mode isatap remote 192.0.2.10 local $LOCAL ttl 64 && ip addr add "
                  "2001:db8::5efe:$LOCAL/64 dev is0"},
                 {"up", "ip link set is0 mtu 1280 up"},
                 {"up", "ip -6 addr add 2001:db8:5::1/64 dev is0"},
                 {"up", "ip -6 route add default via fe80::5efe:192.0.2.10 dev is0"},
                 {"up", "ip tunnel prl prl-default 192.0.2.11 dev is0"}}));
  for (const char* line : {"isatap-prefix 2001:db8::/64", "address 2001:db8:5::1/64",
                           "gateway fe80::5efe:c000:20a", "mtu 1280", "isatap-local ec2",
                           "isatap-routers 192.0.2.11", "isatap-routers-nodefault 192.0.2.10"})
    CHECK(has(text, line));
  CHECK(text.find("# unlike the recipe: no remote: ") != std::string::npos);
  CHECK(text.find("# unlike the recipe: 192.0.2.10 is on the router list") != std::string::npos);
  CHECK(text.find("ttl") == std::string::npos);
  // Of a source that is not asked here, no address is known to hold the local one.
  CHECK(has(rewritten(written("manual", {{"isatap-local", "ec2"},
                                         {"isatap-prefix", "2001:db8::/64"},
                                         {"up", "ip addr add 2001:db8:5::1/64 dev $IFACE"}})),
            "address 2001:db8:5::1/64"));
  // It has no option for an address of another interface.
  Stanza old =
      written("manual", {{"up", "ip tunnel add $IFACE mode isatap local 172.31.0.5 ttl 64"},
                         {"up", "ip addr add 2001:db8::5efe:172.31.0.5/64 dev $IFACE"},
                         {"up", "ip addr add 2001:db8:9::1/64 dev eth1"}});
  CHECK(has(rewritten(old), "up ip addr add 2001:db8:9::1/64 dev eth1"));
}

namespace {

/// The reason why there is no stanza; empty: there is one, or no finding.
std::string refusal(const Stanza& old) {
  const auto findings = rewrite_old_recipe(old, true, {});
  if (findings.size() != 1 || !findings[0].instead.empty()) return {};
  return findings[0].complaint.why();
}
std::string refusal(const Words& options) {
  return refusal(written("manual", options));
}
bool refuses(const Words& options, const char* why) {
  const std::string said = refusal(options);
  CAPTURE(said);
  return said.find(why) != std::string::npos;
}

}  // namespace

TEST_CASE("6to4 gets the stanza of situp's, with the public address in its prefix") {
  CHECK(six_to_four_stanza(written("6to4", {{"local", "203.0.113.1"}}), true) ==
        "# in the place of f:1\nauto he-ipv6\niface he-ipv6 inet6 manual\n"
        "    sixrd-prefix 2002::/16\n    sixrd-local 203.0.113.1\n"
        "    sixrd-firewall stateful\n\n");
  CHECK(six_to_four_stanza(written("6to4", {{"local", "10.0.0.1"}}), false) ==
        "# in the place of f:1\niface he-ipv6 inet6 manual\n    sixrd-prefix 2002::/16\n"
        "    sixrd-local 10.0.0.1\n    sixrd-address public\n    sixrd-firewall stateful\n\n");
  CHECK(six_to_four_stanza(written("6to4", {{"local", "`curl x`"}}), false)
            .find("    sixrd-local cloud\n    sixrd-address public\n") != std::string::npos);
}

TEST_CASE("6to4 gets the reason") {
  const auto reason = [](const Stanza& old) {
    return rewrite_old_recipe(old, true, {}).at(0).complaint.why();
  };
  for (const char* end : {"any", "0.0.0.0"})
    CHECK(reason(written("v4tunnel", {{"address", "2002:c000:201::1"}, {"endpoint", end}}))
              .find("6to4, which fails behind NAT") != std::string::npos);
  CHECK(reason(written("6to4", {{"local", "`curl -s ifconfig.me`"}})).find("6to4") !=
        std::string::npos);
  for (const char* line :
       {"ip tunnel add he-ipv6 mode sit ttl 64 remote any local 192.0.2.1",
        "ip tunnel add he-ipv6 mode sit local 192.0.2.1", "ip link add he-ipv6 type sit"})
    CHECK(refuses({{"up", line}}, "6to4, which fails behind NAT"));
  CHECK(refuses({{"up", "ip tunnel add t mode sit local 192.0.2.1"},
                 {"up", "ip tunnel 6rd dev t 6rd-prefix 2001:db8::/32"}},
                "6rd"));
}

TEST_CASE("where no stanza does the same, the reason is told") {
  const std::string add = "ip tunnel add t mode sit remote 192.0.2.1 ";
  CHECK(refuses({{"up", add + "ttl 3 nopmtudisc"}}, "v4tunnel-pmtu: the kernel forbids"));
  CHECK(refuses({{"up", add + "ttl 64; ip link set t mtu 1000"}}, "mtu: \"1000\""));
  CHECK(refuses({{"up", add + "key 5"}}, "no option stands for \"key\""));
  CHECK(refuses({{"up", "[ -e /sys/class/net/t ] || " + add}}, "under a condition"));
  CHECK(refuses({{"up", add}, {"up", "ip link set t down"}}, "sets the tunnel down"));
  CHECK(refuses({{"up", add}, {"up", "V=via; ip -6 r a 2000::/3 $V ::192.0.2.1 dev t"}},
                "its line 3 has a route via ::192.0.2.1, which today's kernels refuse"));
  for (const char* line : {"ping6 -c 1 x && ip -6 route add default dev t || true",
                           "ping6 -c 1 x && ip -6 route add default dev t; logger x",
                           "ping6 -c 1 x || exit 0; ip -6 route add default dev t",
                           "ip -6 route add 2000::/3 dev t && ip link set t mtu 1400 || :"}) {
    CAPTURE(line);
    CHECK(refuses({{"up", add}, {"up", line}},
                  "its line 3 changes the tunnel only if another command succeeds"));
  }
  CHECK(refuses({{"up", add}, {"up", "ip addr flush dev t"}}, "takes the tunnel's addresses off"));
  CHECK(refuses({{"up", add + "local `hostname -I`"},
                 {"up", "ip addr add 2001:db8::5efe:`hostname -I`/64 dev t"}},
                "holds the local one: isatap-prefix"));
  CHECK(refuses({{"up", "ip tunnel add t mode isatap local `hostname -I`"},
                 {"up", "ip addr add 2001:db8::x:`hostname -I`/64 dev t"}},
                "holds the local one: isatap-prefix"));
  CHECK(refuses({{"up", add + "ttl 64"},
                 {"up", "ip addr add 2001:db8::2/64 dev t"},
                 {"up", "ip -6 route add default via 2001:db8::2 dev t"}},
                "gateway: is the tunnel's own address"));
  CHECK(refuses({{"up", "ip tunnel add t mode isatap local `hostname -I`"}},
                "route needs an endpoint"));
  CHECK(refuses({{"up", "ip tunnel add t mode isatap"}}, "needs a local address"));
  CHECK(
      refusal(written("v4tunnel", {{"local", "`hostname -I`"}})).find("has no v4tunnel-endpoint") !=
      std::string::npos);
  CHECK(refusal(Stanza{"t", "t", "inet", "static", {{"pre-up", add, {"f", 2}}}, {"f", 1}})
            .find("the method static of inet does more") != std::string::npos);
}

TEST_CASE("what is no recipe is left alone") {
  const auto is_left = [](const std::string& method, const Words& options) {
    return rewrite_old_recipe(written(method, options), true, {}).empty();
  };
  CHECK(is_left("v4tunnel", with({{"local", "172.31.0.5"}})));
  CHECK(is_left("v4tunnel", with({{"local", "$(situp address ec2)"}})));
  CHECK(is_left("v4tunnel", with({{"up", "modprobe sit"}, {"up", "true"}})));
  CHECK(
      is_left("v4tunnel", with({{"up", "ip link set $IFACE up"}, {"down", "ip link del $IFACE"}})));
  CHECK(is_left("manual", {{"up", "ip link add br0 type bridge"}}));
  CHECK(is_left("manual", {{"up", "ip tunnel add x mode gre remote 1.2.3.4"}}));
  CHECK(is_left("manual", {{"up", "ip -n other tunnel add x mode sit remote 1.2.3.4"}}));
  CHECK(is_left("static", {{"address", "2001:db8::9/64"},
                           {"up", "ip -6 route add default via fe80::1 dev he-ipv6"}}));
}

TEST_CASE("a recipe whose device has no name that an interface can have gets no stanza") {
  for (const char* name : {"$TUNNEL", "a-name-of-16-let"}) {
    Stanza recipe = written(
        "manual", {{"up", "ip tunnel add " + std::string(name) + " mode sit remote 216.66.80.26"}},
        "eth0");
    CHECK(rewritten(recipe) == "");
  }
}

TEST_CASE("a setting that is the default is not written unless the stanza has it") {
  CHECK(rewritten(written("v4tunnel", with({{"up", "ip tunnel change $IFACE ttl 64 pmtudisc"}})))
            .find("pmtu") == std::string::npos);
  CHECK(has(rewritten(written("v4tunnel", with({{"v4tunnel-pmtu", "yes"},
                                                {"v4tunnel-local", "172.31.0.5"},
                                                {"up", "ip tunnel change $IFACE ttl 64"}}))),
            "v4tunnel-pmtu yes"));
}

TEST_CASE("a default route that a later line removes is in no stanza") {
  const std::string text =
      rewritten(written("manual", {{"pre-up", "ip tunnel add $IFACE mode sit remote 192.0.2.1"},
                                   {"up", "ip -6 route add default via 2001:db8::1 dev $IFACE"},
                                   {"up", "ip -6 route del default dev $IFACE"}}));
  CHECK(text.find("v4tunnel-endpoint 192.0.2.1") != std::string::npos);
  CHECK(text.find("gateway") == std::string::npos);
}
