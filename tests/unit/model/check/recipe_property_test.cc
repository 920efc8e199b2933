// SPDX-License-Identifier: GPL-2.0-or-later
// Recipes made at random, in the spellings that people use: what check prints in their place means
// what the recipe makes.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "model/check/advice.h"
#include "model/check/old_recipe.h"
#include "model/check/up_lines.h"
#include "model/stanza/spec.h"
#include "unit/world.h"

using namespace situp;

namespace {

constexpr unsigned cases = 3000;

/// A recipe, and what it makes.
class Recipe {
 public:
  explicit Recipe(unsigned seed) : chance_(seed) {
    isatap = one_in(4);
    stock_ = !isatap && one_in(3);
    beside_ = !stock_ && one_in(3);
    name = beside_ ? "t0" : pick({"t0", "$IFACE", "${IFACE}", "\"$IFACE\""});
    find_local();
    if (!isatap && one_in(2)) tos = pick({"0x10", "b8", "inherit"});
    if (one_in(2)) ttl = pick({"64", "200", "inherit", "0"});
    if (one_in(6)) {
      fragments = true;
      ttl = pick({"inherit", "0", ""});
    }
    make_device();
    settings();
    addresses();
    routes();
    for (const char* line :
         {"up ethtool -K eth0 gro off", "up sysctl -w net.ipv6.conf.all.forwarding=1"})
      if (one_in(3)) add("up", kept.emplace_back(std::string(line).substr(3)));
    if (one_in(2)) add("down", "ip tunnel del " + name);
    if (one_in(3)) add("pre-up", "modprobe sit");
  }

  Stanza stanza() const {
    Stanza result{beside_ ? "eth0" : "t0",
                  beside_ ? "eth0" : "t0",
                  beside_ ? "inet" : "inet6",
                  stock_    ? "v4tunnel"
                  : beside_ ? "dhcp"
                            : "manual",
                  {},
                  {"f", 1}};
    unsigned line = 1;
    for (const auto& [option, value] : lines_)
      result.options.push_back({option, value, {"f", ++line}});
    return result;
  }

  bool isatap = false, fragments = false;
  std::string name, source, ttl, tos, mtu, gateway, metric;
  std::vector<std::string> inner, lan, prefixes, routers;
  std::vector<std::string> kept;  // commands that stay
  bool is_beside() const { return beside_; }

 private:
  bool one_in(unsigned n) { return chance_.once_in(n); }
  std::string pick(const std::vector<std::string>& words) {
    return words[chance_.below(static_cast<unsigned>(words.size()))];
  }

  void add(const std::string& option, const std::string& value) {
    lines_.emplace_back(option, value);
  }

  void find_local() {
    const std::pair<const char*, const char*> spellings[] = {
        {"172.31.14.146", "172.31.14.146"},
        {"$(curl -s http://169.254.169.254/latest/meta-data/local-ipv4)", "ec2"},
        {"`ec2metadata --local-ipv4`", "ec2"},
        {"$(curl -s http://169.254.169.254/latest/meta-data/network/interfaces/macs/$(cat "
         "/sys/class/net/eth1/address)/local-ipv4s)",
         "ec2:eth1"},
        {"$(ip -4 addr show dev eth0 | awk '/inet/{print $2}' | cut -d/ -f1)", "interface:eth0"},
        {"", "any"},
        {"any", "any"},
    };
    const auto& [spelling, word] = spellings[chance_.below(isatap ? 5 : 7)];
    local_ = spelling;
    source = word;
  }

  /// The ends, ttl and tos, sometimes at first with other values.
  void make_device() {
    const std::string dev = beside_ ? "t0" : name;
    if (stock_) {
      add("endpoint", "192.0.2.1");
      if (!local_.empty()) add("local", local_);
      if (!ttl.empty() && ttl != "inherit" && ttl != "0" && one_in(2))
        add("ttl", ttl);
      else if (!ttl.empty())
        add("up", "ip tunnel change " + name + " ttl " + ttl);
      if (!tos.empty()) add("post-up", "ip tun chg " + name + " tos " + tos);
      if (fragments) add("up", "ip tunnel change " + name + " nopmtudisc");
      return;
    }
    std::string ends = isatap ? "" : " remote 192.0.2.1";
    std::string before;
    if (!local_.empty() && one_in(2)) {
      before = "L=" + local_ + "; ";
      ends += " local $L";
      variable_ = true;
    } else if (!local_.empty()) {
      ends += " local " + local_;
    }
    if (!ttl.empty()) ends += " " + pick({"ttl ", "hoplimit "}) + ttl;
    if (!tos.empty()) ends += " " + pick({"tos ", "dsfield "}) + tos;
    if (fragments) ends += " nopmtudisc";
    std::string line = one_in(2) ? pick({"ip tunnel add ", "/sbin/ip tun add ", "sudo ip t a "}) +
                                       pick({dev, "name " + dev}) + " mode " +
                                       (isatap ? "isatap" : "sit") + ends
                                 : pick({"ip link add ", "ip l a name ", "ip link add dev "}) +
                                       dev + " type sit" + ends + (isatap ? " isatap" : "");
    if (isatap) {
      // In the same line, where the variable is known.
      prefixes.emplace_back("2001:db8:3::/64");
      line += " && ip addr add 2001:db8:3::5efe:" + (variable_ ? "$L" : local_) + "/64 dev " + dev;
    }
    add(pick({"pre-up", "up"}), before + line);
    if (one_in(4)) lines_.insert(lines_.begin(), {"pre-up", "ip tunnel del " + dev + " || true"});
  }

  void settings() {
    if (one_in(2)) {
      mtu = std::to_string(1280 + chance_.below(200));
      if (stock_ && one_in(2)) add("mtu", "1472");
      add("up",
          pick({"ip link set dev " + name + " mtu " + mtu + " up",
                "ip l s mtu " + mtu + " dev " + name, "ifconfig " + name + " mtu " + mtu + " up",
                "ip link set " + name + " mtu 1500; ip link set " + name + " mtu " + mtu}));
    } else {
      add("up", pick({"ip link set " + name + " up", "ifconfig " + name + " up"}));
    }
  }

  void addresses() {
    if (!isatap) {
      inner.emplace_back("2001:db8:1::2/64");
      if (stock_) {
        add("address", one_in(2) ? "2001:db8:1::2/64" : "2001:db8:1::2");
      } else {
        add("up", pick({"ip -6 addr add 2001:db8:1::2/64 dev " + name,
                        "ip a a 2001:db8:1::2/64 dev " + name + " > /dev/null",
                        "ifconfig " + name + " inet6 add 2001:db8:1::2/64"}));
      }
    }
    if (!beside_ && !isatap && one_in(3)) {
      lan.emplace_back("eth1 2001:db8:9::1/64");
      add("up", pick({"ip addr add 2001:db8:9::1/64 dev eth1",
                      "ifconfig eth1 inet6 add 2001:db8:9::1/64"}));
      if (one_in(2)) add("down", "ip addr del 2001:db8:9::1/64 dev eth1");
    }
    if (isatap && one_in(2)) {
      routers.emplace_back("192.0.2.10");
      add("up", "ip tunnel prl prl-default 192.0.2.10 dev " + name);
    }
  }

  void routes() {
    if (one_in(2)) {
      const std::string router = isatap ? "fe80::5efe:c000:20a" : "2001:db8:1::1";
      const bool bare = !isatap && one_in(3);
      gateway = bare ? "::" : router;
      const std::string via = bare ? "" : " via " + router;
      metric = pick({"", "7"});
      const std::string weight = metric.empty() ? "" : " metric " + metric;
      if (stock_ && !bare && one_in(2)) {
        add("gateway", router);
        if (!metric.empty()) add("metric", metric);
      } else if (metric == "7" && one_in(2)) {
        add("up",
            "route -A inet6 add default" + (bare ? "" : " gw " + router) + " metric 7 dev " + name);
      } else {
        add("up", pick({"ip -6 route add default", "ip route replace ::/0", "ip -6 r a ::/0"}) +
                      via + " dev " + name + weight);
      }
      if (one_in(2)) add("down", "ip -6 route del default dev " + name);
    }
    if (one_in(3)) {
      add("up", kept.emplace_back("ip -6 route add 2000::/3 dev t0"));
    }
  }

  Chance chance_;
  bool stock_ = false, beside_ = false, variable_ = false;
  std::string local_;
  Words lines_;
};

Stanza parsed(std::string_view text) {
  Stanza stanza{{}, {}, "inet6", {}, {}, {"printed", 1}};
  while (!text.empty()) {
    const auto words = words_of(take_until(text, '\n'));
    if (words.empty() || words[0] == "#" || words[0] == "auto") continue;
    const std::string_view value(
        words[0].data() + words[0].size() + 1,
        static_cast<std::size_t>(words.back().data() + words.back().size() - words[0].data()) -
            words[0].size() - 1);
    if (words[0] == "iface") {
      stanza.iface = stanza.logical = words[1];
      stanza.method = words[3];
    } else {
      stanza.options.push_back({std::string(words[0]), std::string(value), {"printed", 2}});
    }
  }
  return stanza;
}

bool names(const std::string& text, const std::string& difference) {
  return text.find("# unlike the recipe: " + difference) != std::string::npos;
}

template <typename List>
std::vector<std::string> texts(const List& list) {
  std::vector<std::string> result;
  for (const auto& one : list) result.push_back(one.str());
  return result;
}

void compare(const Recipe& recipe, const std::string& text) {
  const Stanza stanza = parsed(text);
  std::vector<Complaint> complaints;
  const TunnelSpec spec = understand_all(stanza, hosts::ifupdown, complaints);
  for (const Complaint& complaint : complaints) FAIL_CHECK(complaint.what());
  CHECK(contradictions(stanza, spec, 1024).empty());
  std::vector<Finding> findings;
  advise(stanza, spec, findings);
  for (const Finding& finding : findings) CHECK(finding.weight != Finding::Weight::error);

  CHECK(spec.iface.str() == "t0");
  CHECK((spec.sit.kind == Kind::isatap) == recipe.isatap);
  REQUIRE(spec.local.size() == 1);
  CHECK(str(spec.local[0]) == recipe.source);
  if (!recipe.isatap) CHECK(str(spec.endpoint.value()) == "192.0.2.1");
  if (recipe.ttl.empty() && !recipe.fragments) {
    CHECK(spec.sit.ttl == spec.kind().ttl);
    CHECK(names(text, "ttl "));
  } else {
    const bool inherits = recipe.ttl.empty() || recipe.ttl == "inherit";
    CHECK(spec.sit.ttl == (inherits ? 0U : std::stoul(recipe.ttl)));
    CHECK_FALSE(names(text, "ttl "));
  }
  CHECK(spec.sit.tos == (recipe.tos.empty()     ? 0
                         : recipe.tos == "0x10" ? 16
                         : recipe.tos == "b8"   ? 0xb8
                                                : 1));
  CHECK(spec.sit.pmtu == !recipe.fragments);
  CHECK(std::to_string(spec.mtu.value()) == (recipe.mtu.empty() ? "1480" : recipe.mtu));
  CHECK(names(text, "mtu ") == recipe.mtu.empty());
  CHECK(texts(spec.addresses) == recipe.inner);
  CHECK(texts(spec.prefixes) == recipe.prefixes);
  std::vector<std::string> lan;
  for (const LanAddress& one : spec.lan) lan.push_back(one.iface.str() + " " + one.address.str());
  CHECK(lan == recipe.lan);
  CHECK(spec.gateway.has_value() == !recipe.gateway.empty());
  if (spec.gateway) CHECK(*spec.gateway == *Ipv6::parse(recipe.gateway));
  CHECK(spec.metric.value_or(1024) == (recipe.metric.empty() ? 1024 : std::stoul(recipe.metric)));
  std::vector<std::string> routers;
  for (const Host& host : spec.routers) routers.push_back(str(host));
  CHECK(routers == recipe.routers);
  for (const std::string& command : recipe.kept) {
    const bool tunnels = command.find("t0") != std::string::npos;
    const bool is_there = text.find(" up " + command + "\n") != std::string::npos;
    CHECK(is_there == (tunnels || !recipe.is_beside()));
  }
}

}  // namespace

TEST_CASE("recipes made at random: what check prints means what they make") {
  for (unsigned seed = 1; seed <= cases; ++seed) {
    const Recipe recipe(seed);
    const Stanza old = recipe.stanza();
    CAPTURE(seed);
    std::string whole;
    for (const Option& option : old.options) whole += option.name + " " + option.value + "\n";
    CAPTURE(whole);
    const auto findings = rewrite_old_recipe(old, true, {});
    // A stock stanza without a command in `local` is a recipe by its lines only.
    if (findings.empty()) {
      CHECK(old.method == "v4tunnel");
      CHECK(whole.find("mtu ") == std::string::npos);
      CHECK(whole.find('`') == std::string::npos);
      continue;
    }
    REQUIRE(findings.size() == 1);
    CAPTURE(findings[0].complaint.why());
    CAPTURE(findings[0].instead);
    CHECK_FALSE(findings[0].instead.empty());
    if (!findings[0].instead.empty()) compare(recipe, findings[0].instead);
  }
}
