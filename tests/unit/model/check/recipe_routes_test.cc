// SPDX-License-Identifier: GPL-2.0-or-later
// The addresses, routes and routers of a recipe.
#include "model/check/recipe.h"

#include <doctest/doctest.h>

#include <string>

#include "unit/model/check/own_recipe.h"

using namespace situp;

namespace {

using List = std::vector<std::string>;

}  // namespace

TEST_CASE("of a method that takes one address, a second one stays a command") {
  const auto addresses = [](const char* method, const Words& more) {
    Words words{{"v4tunnel-endpoint", "192.0.2.1"}};
    words.insert(words.end(), more.begin(), more.end());
    const Stanza stanza = written(method, words, "t0");
    return RecipeReader(stanza, "t0").recipe().addresses;
  };
  const Words two{{"up", "ip addr add 2001:db8:1::2/64 dev t0"},
                  {"up", "ip addr add 2001:db8:2::2/64 dev t0"}};
  CHECK(addresses("static", two) == List{"2001:db8:1::2/64"});
  CHECK(addresses("manual", two) == List{"2001:db8:1::2/64", "2001:db8:2::2/64"});
  CHECK(addresses("static", {{"address", "2001:db8:9::1/64"}, two[0]}).empty());
}

TEST_CASE("addresses that a recipe has are of the global scope, and of an interface") {
  const std::string add = "ip addr add 2001:db8:5::1/64 ";
  for (const char* more : {"dev t0", "scope global dev t0", "dev t0 scope global"}) {
    CAPTURE(more);
    CHECK(recipe({{"up", add + more}}).addresses == List{"2001:db8:5::1/64"});
    CHECK(left({{"up", add + more}}) == "");
  }
  for (const char* more :
       {"dev t0 scope link", "dev t0 peer", "dev t0 home", "dev", "scope", "dev t0 scope"}) {
    CAPTURE(more);
    CHECK(recipe({{"up", add + more}}) == recipe({}));
    CHECK(left({{"up", add + more}}) == "-");
  }
  // A bare one has the length that ip(8) gives it.
  CHECK(recipe({{"up", "ip addr add 2001:db8:5::1 dev t0"}}).addresses ==
        List{"2001:db8:5::1/128"});
  // IPv4 addresses stay commands, even the tunnel's own local one.
  for (const char* line :
       {"ip addr add 172.31.0.5/32 dev t0", "ip addr add 172.31.0.5/32 dev eth1"}) {
    CHECK(recipe({{"up", line}}) == recipe({}));
    CHECK(left({{"up", line}}) == "-");
  }
  const Stanza asked = written("manual",
                               {{"up", "ip tunnel add t0 mode sit remote 192.0.2.1 local `x`"},
                                {"up", "ip addr add 2001:db8::5efe:`x`/64 dev eth1"}},
                               "t0");
  CHECK(RecipeReader(asked, "t0").recipe().lan.empty());
}

TEST_CASE("addresses of the stanza and of other interfaces, added and removed") {
  const Words address{{"address", "2001:db8:5::1"}, {"netmask", "48"}};
  const auto added = [&](const Words& more) {
    Words words = address;
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  CHECK(left(added({{"up", "ip addr add 2001:db8:5::1/48 dev t0"}})) == "");
  CHECK(recipe(added({{"up", "ip addr add 2001:db8:5::1/48 dev t0"}})).addresses.empty());
  CHECK(recipe(added({{"up", "ip addr add 2001:db8:5::1/64 dev t0"}})).addresses ==
        List{"2001:db8:5::1/64"});
  CHECK(left(added({{"down", "ip addr del 2001:db8:5::1/48 dev t0"}})) == "");
  CHECK(left(added({{"down", "ip addr del 2001:db8:5::1/48 dev eth1"}})) == "-");
  CHECK(left(added({{"down", "ip addr del 2001:db8:5::2/48 dev t0"}})) == "-");
  CHECK(left(added({{"down", "ip addr add 2001:db8:5::2/48 dev t0"}})) == "-");
  CHECK(left({{"up", "ip addr add 2001:db8:6::1/64 dev eth1"},
              {"down", "ip addr del 2001:db8:6::1/64 dev eth1"}}) == "");
  CHECK(recipe({{"up", "ip addr add 2001:db8:6::1/64 dev eth1"},
                {"up", "ip addr add 2001:db8:6::1/64 dev eth1"}})
            .lan == List{"eth1 2001:db8:6::1/64"});
  CHECK(recipe({{"up", "ip addr add 2001:db8:6::1/64 dev t0"},
                {"up", "ip addr del 2001:db8:6::1/64 dev t0"}})
            .addresses.empty());
  CHECK(left({{"up", "ip addr del 2001:db8:6::1/64 dev t0"}}) == "-");
  // What removes all addresses does so of the tunnel that goes.
  CHECK(left({{"down", "ip addr flush dev t0"}}) == "");
  for (const char* line : {"ip addr flush dev eth1", "ip addr flush 2001:db8::1 dev t0"})
    CHECK(left({{"down", line}}) == "-");
  CHECK(left({{"up", "ip addr flush dev t0"}}) == "-");
}

TEST_CASE("the default route by commands, one after the other") {
  const std::string add = "ip -6 route add default via 2001:db8::1 dev t0";
  const std::string remove = "ip -6 route del default dev t0";
  CHECK(recipe({{"up", add + " metric 7"}}).metric == "7");
  CHECK(recipe({{"up", add + " metric 1024"}}).metric.empty());
  const Recipe none = recipe({{"up", add + " metric 7"}, {"up", remove}});
  CHECK(none == recipe({}));
  CHECK(left({{"up", add}, {"down", remove}}) == "");
  // The same route again.
  CHECK(left({{"up", add + " metric 7"}, {"up", "ip -6 r a default dev t0 metric 7"}}) == "");
  for (const char* line :
       {"ip -6 r a default dev t0", "ip -6 r a default via 2001:db8::2 dev t0 metric 7",
        "ip -6 r append default dev t0 metric 7", "ip -6 r replace default dev t0",
        "ip -6 r a default via gw.example dev t0", "ip -6 r a default dev t0 metric x",
        "ip -6 route flush default dev t0", "ip -6 r a default dev t0 metric",
        "ip -6 r a default dev t0 via", "ip -6 r a default dev t0 mtu 1400"}) {
    CAPTURE(line);
    CHECK(left({{"up", add + " metric 7"}, {"up", line}}) == "-");
    CHECK(recipe({{"up", add + " metric 7"}, {"up", line}}) == recipe({{"up", add + " metric 7"}}));
  }
  CHECK(recipe({{"up", add + " metric 7"},
                {"up", "ip -6 r replace default via 2001:db8::2 dev t0 metric 7"}})
            .gateway == "2001:db8::2");
  for (const char* line :
       {"ip -6 r a default via gw.example dev t0", "ip -6 r a default dev t0 metric x",
        "ip -6 r a default dev t0 mtu 1400"}) {
    CAPTURE(line);
    CHECK(left({{"up", line}}) == "-");
    CHECK(recipe({{"up", line}}) == recipe({}));
  }
  // A down line that makes a route, or removes one of the stanza's own.
  CHECK(left({{"down", add}}) == "-");
  CHECK(recipe({{"down", add}}) == recipe({}));
  CHECK(left({{"up", remove}}) == "-");
  CHECK(left({{"gateway", "2001:db8::1"}, {"up", remove}}) == "-");
  // Without dev, by an address of the same net.
  const Words net{{"up", "ip addr add 2001:db8::2/64 dev t0"}};
  CHECK(recipe({net[0], {"up", "ip -6 route add default via 2001:db8::1"}}).gateway ==
        "2001:db8::1");
  CHECK(recipe({net[0], {"up", "ip -6 route add default via 2001:db8:7::1"}}).gateway.empty());
  CHECK(recipe({{"address", "2001:db8::2/64"}, {"up", "ip -6 route add default via 2001:db8::1"}})
            .gateway == "2001:db8::1");
  CHECK(left({{"down", "ip -6 route flush dev t0"}}) == "");
  CHECK(left({{"down", "ip -6 route flush dev eth0"}}) == "-");
}

TEST_CASE("a route without an interface goes by the router's address, if that is known") {
  const auto moves = [](const std::string& line) {
    const Stanza eth0 = written("manual",
                                {{"up", "ip tunnel add t0 mode sit remote 192.0.2.1"},
                                 {"up", "ip addr add 2001:db8::2/64 dev t0"},
                                 {"up", line}},
                                "eth0");
    return left_of(eth0, RecipeReader(eth0, "t0")) == line;
  };
  CHECK(moves("ip -6 route add 2000::/3 via 2001:db8::1"));
  CHECK_FALSE(moves("ip -6 route add 2000::/3 via 2001:db8:7::1"));
  CHECK_FALSE(moves("ip -6 route add 2000::/3 via gw.example"));
}

TEST_CASE("a default route of the usual metric is the same with the metric and without") {
  const auto left_of_route = [](const char* metric, const char* line) {
    const Stanza stanza = written(
        "v4tunnel",
        {{"endpoint", "192.0.2.1"}, {"gateway", "2001:db8::1"}, {"metric", metric}, {"up", line}},
        "t0");
    return left_of(stanza, RecipeReader(stanza, "t0"));
  };
  CHECK(left_of_route("1024", "ip -6 route add default dev t0") == "");
  CHECK(left_of_route("1024", "ip -6 route add default dev t0 metric 7") == "-");
  CHECK(left_of_route("7", "ip -6 route add default dev t0 metric 7") == "");
  CHECK(left_of_route("7", "ip -6 route add default dev t0") == "-");
}

TEST_CASE("a route via the far end makes no difference for the lines after it") {
  const Words lines{{"up", "ip -6 route add 2000::/3 via ::192.0.2.1 dev t0"}, {"up", "logger x"}};
  CHECK(blocker(lines).empty());
  CHECK(left(lines) == "-");
  CHECK(left({{"up", "ip -6 route add 2000::/3 via ::192.0.2.1 dev t0; logger x"}}) ==
        "ip -6 route add 2000::/3 dev t0; logger x");
}

TEST_CASE("the list of routers by commands") {
  const auto routers = [](const Words& more) {
    Words words{{"up", "ip tunnel add t0 mode isatap local 172.31.0.5"}};
    words.insert(words.end(), more.begin(), more.end());
    const Stanza stanza = written("manual", words, "t0");
    const RecipeReader reader(stanza, "t0");
    std::string text;
    for (const std::string& one : reader.recipe().routers) text += one + " ";
    for (const std::string& one : reader.recipe().routers_nodefault) text += "no " + one + " ";
    return text + left_of(stanza, reader);
  };
  const std::string prl = "ip tunnel prl ";
  CHECK(routers({{"up", prl + "prl-default 192.0.2.1 dev t0"}}) == "192.0.2.1 ");
  CHECK(routers({{"up", prl + "dev t0 prl-nodefault 192.0.2.1"}}) == "no 192.0.2.1 ");
  CHECK(routers({{"up", prl + "prl-default 192.0.2.1 dev t0"},
                 {"up", prl + "prl-nodefault 192.0.2.1 dev t0"}}) == "no 192.0.2.1 ");
  CHECK(routers({{"up", prl + "prl-nodefault 192.0.2.1 prl-default 192.0.2.2 dev t0"},
                 {"up", prl + "prl-default 192.0.2.1 prl-delete 192.0.2.2 dev t0"}}) ==
        "192.0.2.1 ");
  CHECK(routers({{"up", prl + "prl-other 192.0.2.1 dev t0"}}) == "-");
  // Commands that lack a value, which fail.
  CHECK(routers({{"up", prl + "dev t0 prl-default"}}) == "-");
  CHECK(routers({{"up", prl + "prl-default 192.0.2.1 dev t0 prl-delete"}}) == "-");
  CHECK(routers({{"up", prl + "prl-default 192.0.2.1 dev t0"},
                 {"down", prl + "prl-delete 192.0.2.1 dev t0"}}) == "192.0.2.1 ");
  CHECK(routers({{"down", prl + "prl-default 192.0.2.1 dev t0"}}) == "-");
}
