// SPDX-License-Identifier: GPL-2.0-or-later
// What is left of a recipe's line does what it did.
#include <doctest/doctest.h>

#include <string>

#include "model/check/old_recipe.h"
#include "model/check/recipe.h"
#include "unit/world.h"

using namespace situp;

namespace {

/// What stays of a line of the tunnel's own stanza; "-": the line stays as it is.
std::string rest(const std::string& option, const std::string& value) {
  const Stanza own = written(
      "manual", {{"pre-up", "ip tunnel add $IFACE mode sit remote 192.0.2.1"}, {option, value}},
      "t0");
  const RecipeReader reader(own, "t0");
  CHECK(reader.blocker().empty());
  for (const RecipeLine& line : reader.lines())
    if (line.option == &own.options[1]) return line.stays + line.moves;
  return "-";
}

}  // namespace

TEST_CASE("assignments stay that the rest of the line uses") {
  const std::string mtu = "; ip link set $IFACE mtu 1400; ";
  for (const char* use : {"date >/run/$A", "echo ${A%x}", "echo ${A:-x}", "echo \"$A\""})
    CHECK(rest("up", "A=x" + mtu + use) == std::string("A=x; ") + use);
  CHECK(rest("up", "A=x; B=$A-y" + mtu + "logger $B") == "A=x; B=$A-y; logger $B");
  CHECK(rest("up", "A=x; B=$A-y" + mtu + "logger $AB") == "logger $AB");
  CHECK(rest("up", "A=1400; ip link set $IFACE mtu $A").empty());
  CHECK(rest("up", "PATH=/opt; export A=x" + mtu + "logger y") ==
        "PATH=/opt; export A=x; logger y");
}

TEST_CASE("a failure that the line passes over does not end ifup afterwards") {
  CHECK(rest("up", "modprobe sit && logger x || true; ip link set $IFACE up") ==
        "logger x || true");
  CHECK(rest("up", "logger x && modprobe sit || true; ip link set $IFACE mtu 1400") ==
        "logger x || true");
  CHECK(rest("down", "logger x && ip tunnel del $IFACE || true") == "logger x || true");
  CHECK(rest("up", "ip link set $IFACE mtu 1400 || true; logger x") == "logger x");
  CHECK(rest("up", "logger x; ip link set $IFACE mtu 1400") == "logger x || true");
  CHECK(rest("up", "logger x || exit 1; ip link set $IFACE mtu 1400") == "logger x || exit 1");
  CHECK(rest("up", "logger x && ip link set $IFACE mtu 1400") == "logger x");
}

TEST_CASE("a line that ends well without the tunnel's part has no stanza in its place") {
  for (const char* line : {"date || exit 0; ip link set $IFACE mtu 1400",
                           "logger x || exit 0; ip link set $IFACE mtu 1400",
                           "ip -6 route add 2000::/3 dev t0 || exit 0; ip link set t0 mtu 1400"}) {
    const Stanza own =
        written("manual",
                {{"pre-up", "ip tunnel add $IFACE mode sit remote 192.0.2.1"}, {"up", line}}, "t0");
    CAPTURE(line);
    CHECK(RecipeReader(own, "t0").blocker() ==
          "its line 3 changes the tunnel only if another command succeeds");
  }
}

TEST_CASE("a line goes on behind a command that stays, whether that succeeds or not") {
  CHECK(rest("up", "ip -6 route add 2000::/3 dev t0; ip link set t0 mtu 1400") ==
        "ip -6 route add 2000::/3 dev t0 || true");
  CHECK(rest("up", "date || exit 1; ip link set t0 mtu 1400") == "date || exit 1");
  CHECK(rest("up", "date || exit 1 0; ip link set t0 mtu 1400") == "date || exit 1 0");
  CHECK(rest("up", "date || exit; ip link set t0 mtu 1400") == "date || exit");
  // One that stays is decided about as before; only where it moves to another stanza, it is not.
  const char* const decided = "date && ip -6 route add 2000::/3 dev t0; true";
  CHECK(rest("up", decided) == "-");
  const Stanza eth0 = written(
      "manual", {{"up", "ip tunnel add t0 mode sit remote 192.0.2.1"}, {"up", decided}}, "eth0");
  CHECK(RecipeReader(eth0, "t0").blocker() ==
        "its line 3 changes the tunnel only if another command succeeds");
  // No tunnel is there yet that the line removes.
  const Stanza own = written("manual",
                             {{"pre-up", "ip tunnel del t0; logger x"},
                              {"up", "ip tunnel add $IFACE mode sit remote 192.0.2.1"}},
                             "t0");
  const RecipeReader reader(own, "t0");
  REQUIRE(reader.lines().size() == 1);
  CHECK(reader.lines()[0].option == &own.options[1]);
}

TEST_CASE("a conditional line of another interface's that is not about the tunnel stays there") {
  const Stanza eth0 = written("manual",
                              {{"up", "ip tunnel add t0 mode sit remote 192.0.2.1 ttl 64"},
                               {"up", "[ -e /x ] && echo hello"},
                               {"up", "[ -e /x ] && logger t0"}},
                              "eth0");
  const auto findings = rewrite_old_recipe(eth0, true, {});
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].instead.find("hello") == std::string::npos);
  CHECK(findings[0].instead.find("logger t0") != std::string::npos);
}

TEST_CASE("another interface's stanza keeps no line that removes the tunnel") {
  for (const char* line : {"ip tunnel del t0 || true", "ip link del t0 2>/dev/null; true"}) {
    const Stanza eth0 = written(
        "manual", {{"pre-up", line}, {"up", "ip tunnel add t0 mode sit remote 192.0.2.1 ttl 64"}},
        "eth0");
    const auto findings = rewrite_old_recipe(eth0, true, {});
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].instead.find("# beside f:1, which stays, without its lines 2, 3\n") == 0);
  }
}

TEST_CASE("variables of another interface's stanza have their values in lines that move") {
  Stanza eth0 = written("manual",
                        {{"gw6", "2001:db8::1"},
                         {"up", "ip tunnel add t0 mode sit remote 192.0.2.1 ttl 64"},
                         {"up", "ip -6 r a 2000::/3 via $IF_GW6 dev t0 src $LOGICAL"}},
                        "eth0");
  eth0.logical = "home";
  const auto findings = rewrite_old_recipe(eth0, true, {});
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].instead.find("    up ip -6 r a 2000::/3 via 2001:db8::1 dev t0 src home\n") !=
        std::string::npos);
}
