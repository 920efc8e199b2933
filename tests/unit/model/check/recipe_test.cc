// SPDX-License-Identifier: GPL-2.0-or-later
// The options and commands that are part of a recipe, and those that it leaves.
#include "model/check/recipe.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>

#include "unit/model/check/own_recipe.h"

using namespace situp;

namespace {

using List = std::vector<std::string>;

}  // namespace

TEST_CASE("a tunnel is made by a command that adds a sit device") {
  for (const auto& one :
       {std::pair<const char*, List>{"ip tunnel add mode sit remote 192.0.2.1 name t0", {"t0"}},
        {"ip link add t0 type sit; ip link add t0 type sit; ip tunnel add t1 mode isatap",
         {"t0", "t1"}},
        {"N=t0; ip tunnel add $N mode ipv6/ip", {"t0"}},
        {"ip link set t0 up", {}},
        {"ip link set t0 type sit ttl 64", {}},
        {"ip tunnel change t0 mode sit ttl 64", {}},
        {"ip tunnel add t0 mode gre remote 192.0.2.1", {}},
        {"ip link add sit type bridge", {}},
        {"ip tunnel add t0 mode", {}}}) {
    CAPTURE(one.first);
    CHECK(RecipeReader::made_by(written("manual", {{"up", one.first}}, "eth0")) == one.second);
  }
}

TEST_CASE("the first device of net-tools has the number of the stanza's name") {
  for (const auto& one : {std::pair{"eth3", "sit1"},
                          {"sitx", "sit1"},
                          {"sit0", "sit1"},
                          {"sit1", "sit1"},
                          {"sit2", "sit2"}}) {
    CAPTURE(one.first);
    CHECK(RecipeReader::made_by(written("manual", {{"up", "ifconfig sit0 tunnel ::192.0.2.1"}},
                                        one.first)) == List{one.second});
  }
}

TEST_CASE("the stanza's own options are part of its recipe") {
  const Stanza six = written("v4tunnel",
                             {{"endpoint", "192.0.2.1"},
                              {"v4tunnel-local", "ec2 route"},
                              {"v4tunnel-dev", "eth0"},
                              {"ttl", "64"},
                              {"v4tunnel-tos", "16"},
                              {"v4tunnel-pmtu", "no"},
                              {"mtu", "1400"},
                              {"gateway", "2001:db8::1"},
                              {"metric", "7"},
                              {"v4tunnel-lan", "eth0 2001:db8:1::1/64 eth1"}},
                             "t0");
  Recipe expected;
  expected.name = "t0";
  expected.remote = "192.0.2.1";
  expected.local = "ec2 route";
  expected.dev = "eth0";
  expected.ttl = "64";
  expected.tos = "16";
  expected.pmtu = "no";
  expected.mtu = "1400";
  expected.gateway = "2001:db8::1";
  expected.metric = "7";
  expected.lan = {"eth0 2001:db8:1::1/64", "eth1"};
  CHECK(RecipeReader(six, "t0").recipe() == expected);
  const Stanza isatap = written("manual",
                                {{"isatap-local", "172.31.0.5"},
                                 {"isatap-routers", "192.0.2.1 192.0.2.2"},
                                 {"isatap-routers-nodefault", "192.0.2.3"}},
                                "t0");
  const Recipe of_isatap = RecipeReader(isatap, "t0").recipe();
  CHECK(of_isatap.kind == Kind::isatap);
  CHECK(of_isatap.routers == List{"192.0.2.1", "192.0.2.2"});
  CHECK(of_isatap.routers_nodefault == List{"192.0.2.3"});
  // They say nothing about another tunnel that the stanza makes.
  CHECK(RecipeReader(six, "t1").recipe().remote.empty());
}

TEST_CASE("a command of several settings is taken as a whole or not at all") {
  const Recipe both = recipe({{"up", "ifconfig t0 mtu 1400 add 2001:db8:5::1/64"}});
  CHECK(both.mtu == "1400");
  CHECK(both.addresses == List{"2001:db8:5::1/64"});
  for (const char* line : {"ifconfig t0 add 2001:db8:5::1/64 mtu x", "ifconfig t0 mtu x up",
                           "ifconfig t0 down mtu x"}) {
    CAPTURE(line);
    CHECK(recipe({{"up", line}}) == recipe({}));
    CHECK(blocker({{"up", line}}).empty());
    CHECK(left({{"up", line}}) == "-");
  }
  const Stanza stock = written("v4tunnel", {{"up", "ifconfig t0 mtu 1400 mtu x"}}, "t0");
  CHECK(RecipeReader(stock, "t0").first_line() == nullptr);
}

TEST_CASE("a line is the first of a recipe if it sets a value") {
  const auto is_first = [](const std::string& line) {
    const Stanza stanza = written("static", {{"isatap-local", "172.31.0.5"}, {"up", line}}, "t0");
    return RecipeReader(stanza, "t0").first_line() == &stanza.options[1];
  };
  for (const char* line :
       {"ip link set t0 mtu 1400", "ip addr add 2001:db8::2/64 dev t0",
        "ip -6 route add default dev t0", "ip tunnel prl prl-default 192.0.2.1 dev t0"}) {
    CAPTURE(line);
    CHECK(is_first(line));
  }
  for (const char* line : {"ip link set t0 up", "ip -6 route add 2000::/3 dev t0", "logger t0"}) {
    CAPTURE(line);
    CHECK_FALSE(is_first(line));
  }
}

TEST_CASE("settings have the limits of ip(8)") {
  const auto odd = [](const std::string& setting) {
    const Stanza stanza =
        written("manual", {{"up", "ip link add t0 type sit remote 192.0.2.1 " + setting}}, "t0");
    const RecipeReader reader(stanza, "t0");
    CHECK(reader.recipe().is_made);
    return reader.blocker();
  };
  for (const char* setting : {"ttl 255", "hoplimit inherit", "tos ff", "mtu 1400", "mode ip6ip",
                              "local any", "link eth0"}) {
    CAPTURE(setting);
    CHECK(odd(setting).empty());
  }
  for (const auto& one : {std::pair{"ttl 256", "ttl"},
                          {"tos 100", "tos"},
                          {"mtu x", "mtu"},
                          {"mode gre", "mode"},
                          {"dev", "dev"},
                          {"key 1", "key"}}) {
    CAPTURE(one.first);
    CHECK(odd(one.first) == "no option stands for \"" + std::string(one.second) +
                                "\" in the command that makes the tunnel");
  }
}

TEST_CASE("the tunnel's name stands before or behind its settings") {
  CHECK(blocker({{"up", "ip link set down t0"}}) == "a line sets the tunnel down");
  CHECK(blocker({{"up", "ip link set down dev t0"}}) == "a line sets the tunnel down");
  CHECK(left({{"down", "ip link set down t0"}}) == "");
  CHECK(left({{"down", "ip link set down dev t0"}}) == "");
  CHECK(recipe({{"up", "ip link set mtu 1400 t0"}}).mtu == "1400");
}

TEST_CASE("a command is about the tunnel if it has the tunnel's whole name in it") {
  const auto moves = [](const std::string& line) {
    const Stanza eth0 = written(
        "manual", {{"up", "ip tunnel add t0 mode sit remote 192.0.2.1"}, {"up", line}}, "eth0");
    return left_of(eth0, RecipeReader(eth0, "t0")) == line;
  };
  for (const char* line : {"logger t0", "logger /run/t0", "logger t0.conf", "logger xt0:t0",
                           "logger /t0/", "logger t0x,t0"}) {
    CAPTURE(line);
    CHECK(moves(line));
  }
  for (const char* line : {"logger x", "logger xt0", "logger 9t0", "logger -t0", "logger _t0",
                           "logger t0x", "logger t01", "logger t0-", "logger t0_"}) {
    CAPTURE(line);
    CHECK_FALSE(moves(line));
  }
}

TEST_CASE("what only makes sit0 ready is no part of what stays") {
  for (const char* line : {"ip link set sit0 up", "ip link set dev sit0 up", "ifconfig sit0 up",
                           "modprobe -q sit", "true"}) {
    CAPTURE(line);
    CHECK(left({{"up", line}}) == "");
  }
  for (const char* line : {"ip link set sit0 down", "modprobe gre", "modprobe sit gre"}) {
    CAPTURE(line);
    CHECK(left({{"up", line}}) == "-");
  }
}

TEST_CASE("the lines of a recipe are in the stanza's order, though up lines are read first") {
  const Stanza stanza = own({{"down", "ip addr flush dev t0"},
                             {"up", "ip link set t0 mtu 1400"},
                             {"pre-up", "ip tunnel del t0"}});
  const RecipeReader reader(stanza, "t0");
  REQUIRE(reader.lines().size() == 4);
  for (std::size_t i = 0; i < 4; ++i) CHECK(reader.lines()[i].option == &stanza.options[i]);
}

TEST_CASE("another interface's stanza keeps lines that are not about the tunnel") {
  const Stanza eth0 =
      written("static",
              {{"address", "2001:db8:9::1/64"},
               {"up", "ip tunnel add t0 mode sit remote 192.0.2.1"},
               {"up", "true"},
               {"up", "date && logger x; logger y"},
               {"up", "ip addr add 2001:db8:1::2/64 dev t0; ip addr add 2001:db8:2::2/64 dev t0"}},
              "eth0");
  const RecipeReader reader(eth0, "t0");
  CHECK(reader.blocker().empty());
  REQUIRE(reader.lines().size() == 2);
  CHECK(reader.lines()[0].option == &eth0.options[1]);
  CHECK(reader.lines()[1].option == &eth0.options[4]);
  // Two addresses of its method are nothing of the tunnel's.
  CHECK(reader.recipe().addresses == List{"2001:db8:1::2/64", "2001:db8:2::2/64"});
}
