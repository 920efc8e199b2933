// SPDX-License-Identifier: GPL-2.0-or-later
// An edit of each option of the manual: what `status` calls edited is what `plan` does or says.
#include "model/stanza/edits.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "model/tunnel/choose_routes.h"
#include "model/tunnel/compare.h"

using namespace situp;

namespace {

using Words = std::vector<std::pair<std::string, std::string>>;
using Names = std::vector<std::string>;

Stanza stanza(const std::string& method, const Words& words) {
  Stanza result{"t0", "t0", "inet6", method, {}, {}};
  for (const auto& [name, value] : words) result.options.push_back({name, value, {}});
  return result;
}

const Words managed{{"address", "2001:db8:1::2/64"},
                    {"gateway", "2001:db8:1::1"},
                    {"v4tunnel-endpoint", "216.66.80.26"}};
const Words without_gateway{{"address", "2001:db8:1::2/64"}, {"v4tunnel-endpoint", "216.66.80.26"}};
const Words stock{{"address", "2001:db8:1::2"},
                  {"netmask", "64"},
                  {"gateway", "2001:db8:1::1"},
                  {"endpoint", "216.66.80.26"},
                  {"v4tunnel-lan", "eth0 2001:db8:9::1/64"}};
const Words isatap{{"isatap-prefix", "2001:db8:3::/64"}, {"isatap-routers", "172.31.0.10"}};

const Words sixrd{{"sixrd-prefix", "2001:db8:5::/48 172.31.0.0/16"},
                  {"sixrd-relay", "172.31.0.10"}};

/// An empty value takes the option out.
Words with(Words words, const std::string& name, const std::string& value) {
  words.erase(std::remove_if(words.begin(), words.end(),
                             [&](const auto& word) { return word.first == name; }),
              words.end());
  if (!value.empty()) words.emplace_back(name, value);
  return words;
}

/// The part of an edit that a command carries out.
enum class Carried { by_command, by_record };

struct Row {
  std::string option;
  std::string method;
  Words before;
  std::string value;
  Carried carried = Carried::by_command;
};

const std::vector<Row>& rows() {
  static const std::vector<Row> all{
      {"v4tunnel-local", "manual", managed, "interface:eth1"},
      {"v4tunnel-local", "manual", managed, "ec2 interface:eth0", Carried::by_record},
      {"v4tunnel-endpoint", "manual", managed, "216.66.80.27"},
      {"v4tunnel-lan", "manual", managed, "eth0 2001:db8:2::1/64"},
      {"v4tunnel-route", "manual", without_gateway, "default from 2001:db8:1::/64"},
      {"v4tunnel-routed", "manual", managed, "2001:db8:7::/48"},
      {"v4tunnel-keepalive", "manual", managed, "120", Carried::by_record},
      {"v4tunnel-keepalive", "manual", with(managed, "v4tunnel-keepalive", "120"),
       "120 2001:db8:1::9", Carried::by_record},
      {"v4tunnel-dead", "manual", with(managed, "v4tunnel-keepalive", "120"), "withdraw",
       Carried::by_record},
      {"v4tunnel-firewall", "manual", managed, "stateful"},
      {"v4tunnel-firewall", "manual", managed, "off", Carried::by_record},
      {"v4tunnel-mss", "manual", managed, "clamp"},
      {"v4tunnel-mss", "manual", with(managed, "v4tunnel-firewall", "stateful"), "off"},
      {"v4tunnel-mss", "manual", with(managed, "v4tunnel-firewall", "stateful"), "clamp",
       Carried::by_record},
      {"v4tunnel-mss", "manual", managed, "off", Carried::by_record},
      {"v4tunnel-dev", "manual", managed, "eth0"},
      {"v4tunnel-ttl", "manual", managed, "64"},
      {"v4tunnel-tos", "manual", managed, "16"},
      {"v4tunnel-pmtu", "manual", with(managed, "v4tunnel-ttl", "inherit"), "no"},
      {"v4tunnel-mtu", "manual", managed, "1400"},
      {"v4tunnel-mtu", "manual", managed, "auto"},
      {"v4tunnel-encap", "manual", managed, "fou 5555"},
      {"v4tunnel-encap", "manual", with(managed, "v4tunnel-encap", "fou 5555"),
       "fou 5555 sport auto"},
      {"v4tunnel-broker", "manual", managed, "he 123456", Carried::by_record},
      {"address", "manual", managed, "2001:db8:1::3/64"},
      {"address", "manual", managed, "2001:db8:1::2/80"},
      {"address", "static", managed, "2001:db8:1::3/64"},
      {"gateway", "manual", managed, "2001:db8:1::9"},
      {"gateway", "manual", managed, "::"},
      {"gateway", "manual", managed, ""},
      {"metric", "manual", managed, "512"},
      {"metric", "static", with(managed, "metric", "512"), "1"},
      {"preferred-lifetime", "manual", managed, "600"},
      {"mtu", "static", managed, "1400"},
      {"netmask", "v4tunnel", stock, "80"},
      {"local", "v4tunnel", stock, "172.31.32.10"},
      {"endpoint", "v4tunnel", stock, "216.66.80.27"},
      {"ttl", "v4tunnel", stock, "64"},
      {"mtu", "v4tunnel", stock, "1400"},
      {"preferred-lifetime", "v4tunnel", stock, "600"},
      {"isatap-local", "manual", isatap, "interface:eth1"},
      {"isatap-prefix", "manual", isatap, "2001:db8:4::/64"},
      {"isatap-routers", "manual", isatap, "172.31.0.11"},
      {"isatap-routers", "manual", isatap, "172.31.0.10 one.example.net"},
      {"isatap-routers-nodefault", "manual", isatap, "172.31.0.11"},
      {"isatap-keepalive", "manual", isatap, "120", Carried::by_record},
      {"isatap-keepalive", "manual", with(isatap, "isatap-keepalive", "120"),
       "120 2001:db8:3::5efe:172.31.0.10", Carried::by_record},
      {"isatap-dead", "manual", with(isatap, "isatap-keepalive", "120"), "withdraw",
       Carried::by_record},
      {"isatap-firewall", "manual", isatap, "stateful"},
      {"isatap-firewall", "manual", isatap, "off", Carried::by_record},
      {"isatap-mss", "manual", isatap, "clamp"},
      {"isatap-mss", "manual", with(isatap, "isatap-firewall", "stateful"), "off"},
      {"isatap-dev", "manual", isatap, "eth0"},
      {"isatap-ttl", "manual", isatap, "33"},
      {"isatap-tos", "manual", isatap, "16"},
      {"isatap-encap", "manual", isatap, "fou 5555"},
      {"isatap-pmtu", "manual", with(isatap, "isatap-ttl", "inherit"), "no"},
      {"isatap-mtu", "manual", isatap, "1400"},
      {"gateway", "manual", isatap, "fe80::5efe:172.31.0.10"},
      {"sixrd-local", "manual", sixrd, "interface:eth1"},
      {"sixrd-prefix", "manual", sixrd, "2001:db8:6::/48 172.31.0.0/16"},
      {"sixrd-prefix", "manual", sixrd, "2001:db8:5::/48 172.31.0.0/17"},
      {"sixrd-address", "manual", sixrd, "172.31.5.5"},
      {"sixrd-address", "manual", with(sixrd, "sixrd-address", "172.31.5.5"), "public"},
      {"sixrd-relay", "manual", sixrd, "172.31.0.11"},
      {"sixrd-relay", "manual", sixrd, "172.31.0.10 relay.example.net"},
      {"sixrd-relay", "manual", sixrd, ""},
      {"sixrd-lan", "manual", sixrd, "eth0"},
      {"sixrd-lan", "manual", with(sixrd, "sixrd-lan", "eth0"), "eth0 0 ::2"},
      {"sixrd-route", "manual", sixrd, "default metric 512"},
      {"sixrd-filter", "manual", sixrd, "off"},
      {"sixrd-firewall", "manual", sixrd, "stateful"},
      {"sixrd-mss", "manual", sixrd, "clamp"},
      {"sixrd-keepalive", "manual", sixrd, "120", Carried::by_record},
      {"sixrd-dead", "manual", with(sixrd, "sixrd-keepalive", "120"), "withdraw",
       Carried::by_record},
      {"sixrd-dev", "manual", sixrd, "eth0"},
      {"sixrd-ttl", "manual", sixrd, "33"},
      {"sixrd-tos", "manual", sixrd, "16"},
      {"sixrd-pmtu", "manual", with(sixrd, "sixrd-ttl", "inherit"), "no"},
      {"sixrd-encap", "manual", sixrd, "fou 5555"},
      {"sixrd-mtu", "manual", sixrd, "1400"},
      {"metric", "manual", sixrd, "512"},
      {"accept_ra", "manual", isatap, "0"},
      {"accept-ra", "manual", isatap, "0"},
  };
  return all;
}

/// As sources and DNS would answer, all in the same way.
Resolved resolved(const TunnelSpec& spec) {
  const auto v4 = [](const char* text) { return Ipv4::parse(text).value(); };
  const auto answer = [&](const Host& host) {
    const auto* literal = std::get_if<Ipv4>(&host);
    return literal != nullptr ? *literal : v4("172.31.0.12");
  };
  Resolved result;
  const auto* literal = std::get_if<Ipv4>(&spec.local[0]);
  result.local = literal != nullptr                                     ? *literal
                 : std::holds_alternative<FromInterface>(spec.local[0]) ? v4("172.31.32.10")
                                                                        : v4("172.31.14.146");
  if (spec.endpoint) result.remote = answer(*spec.endpoint);
  for (const Host& host : spec.routers) result.routers.push_back(answer(host));
  for (const Host& host : spec.routers_nodefault) result.routers_nodefault.push_back(answer(host));
  if (spec.embedded) result.embedded = v4("172.31.7.7");
  for (const Host& host : spec.relays) result.relays.push_back(answer(host));
  result.underlay_mtu = 9001;
  return result;
}

Tunnel tunnel(const TunnelSpec& spec) {
  Tunnel result = make_tunnel(spec, resolved(spec));
  choose_routes(spec, {}, {}, result);
  result.route_notes.clear();
  return result;
}

/// A host on which the tunnel is as it should be.
Live host_with(const Tunnel& tunnel) {
  constexpr int index = 9;
  Live live;
  live.add(LiveLink{2, "eth0", true, 9001, Mac{}, 0, std::nullopt});
  Sit sit = tunnel.sit;
  sit.link = tunnel.dev ? 2 : 0;
  LiveLink link{index, tunnel.iface.str(), true, tunnel.mtu, std::nullopt, 0, sit};
  link.accept_ra.accept = tunnel.own_accept_ra.value_or(1);
  live.add(link);
  const auto add = [&](int at, const Ipv6Net& net, std::uint32_t preferred) {
    LiveAddress address;
    address.net = net;
    address.preferred = preferred;
    live.add(at, address);
  };
  constexpr std::uint32_t forever = 0xffffffff;
  if (tunnel.link_local) add(index, {*tunnel.link_local, 64}, forever);
  for (const TunnelAddress& address : tunnel.addresses)
    add(index, address.net, address.preferred_lifetime.value_or(forever));
  for (const Ipv6Net& formed : tunnel.formed) add(index, formed, forever);
  for (const LanAddress& lan : tunnel.lan) add(2, lan.address, forever);
  if (tunnel.route) live.add(index, *tunnel.route);
  for (const DefaultRoute& route : tunnel.routes) live.add(index, route);
  live.set_routers(index, tunnel.routers);
  for (const Ipv6Net& prefix : tunnel.routed) live.add_unreachable(prefix);
  if (tunnel.fou_port) live.add(LiveFouPort{*tunnel.fou_port, true});
  if (tunnel.has_filter()) live.set_firewalls({{tunnel.iface.str(), {}}});
  return live;
}

/// What `up` would tell the kernel after the edit.
Names commands(const Stanza& before, const Stanza& now) {
  const Tunnel was = tunnel(understand(before, hosts::ifupdown));
  const Tunnel is = tunnel(understand(now, hosts::ifupdown));
  Owned owned = owned_by(was);
  owned.lan = was.lan;
  const Live live = host_with(was);
  note_firewall(was, live, owned);
  Names lines;
  for (const Operation& operation : compare(is, owned, live, {}).operations)
    lines.push_back(in_brief(operation));
  return lines;
}

bool has(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Names edits_of(const Stanza& before, const Stanza& now) {
  return edits(before, now, hosts::ifupdown);
}

/// Two ways to write the same.
void same(const std::string& method, const Words& a, const Words& b,
          const std::string& method_b = {}) {
  const Stanza before = stanza(method, a);
  const Stanza now = stanza(method_b.empty() ? method : method_b, b);
  CHECK(edits_of(before, now) == Names{});
  CHECK(edits_of(now, before) == Names{});
  CHECK(commands(before, now) == Names{});
  CHECK(commands(now, before) == Names{});
}

}  // namespace

TEST_CASE("an edit of each option is seen, and carried out by a command or told of") {
  for (const Row& row : rows()) {
    CAPTURE(row.option);
    CAPTURE(row.value);
    const Stanza before = stanza(row.method, row.before);
    const Stanza now = stanza(row.method, with(row.before, row.option, row.value));
    for (const auto& [a, b] : {std::pair(&before, &now), std::pair(&now, &before)}) {
      CHECK(edits_of(*a, *a).empty());
      CHECK_FALSE(edits_of(*a, *b).empty());
      CHECK(commands(*a, *a) == Names{});
      CHECK(commands(*a, *b).empty() == (row.carried == Carried::by_record));
    }
  }
}

TEST_CASE("an edit of each option that a tunnel has is tried") {
  Names tried;
  for (const Row& row : rows()) tried.push_back(row.option);
  for (const KindRow& kind : kind_rows()) {
    for (const OptionRow& row : option_rows()) {
      if (row.carrier != Carrier::both && row.same == nullptr) continue;
      if (row.carrier == Carrier::situp && !has_option(kind, row.name)) continue;
      const std::string name = name_of(row, kind);
      CAPTURE(name);
      CHECK(has(tried, name));
    }
  }
}

TEST_CASE("the method counts where the host reads it") {
  const Stanza before = stanza("static", managed);
  const Stanza now = stanza("manual", managed);
  CHECK(edits_of(before, now) == Names{"method"});
  CHECK(edits_of(before, stanza("auto", managed)) == Names{"method"});
  CHECK(edits(before, now, hosts::ifupdown_ng) == Names{});
}

TEST_CASE("another spelling is no edit") {
  same("manual", managed,
       {{"v4tunnel-endpoint", "216.66.80.26"},
        {"gateway", "2001:DB8:1:0::1"},
        {"address", "2001:0db8:1:0:0::2/64"}});
  same("static", managed,
       {{"address", "2001:db8:1::2"},
        {"netmask", "64"},
        {"gateway", "2001:db8:1::1"},
        {"v4tunnel-endpoint", "216.66.80.26"}});
  const Words defaults{{"v4tunnel-local", "ec2"}, {"v4tunnel-ttl", "255"},
                       {"v4tunnel-tos", "0"},     {"v4tunnel-pmtu", "yes"},
                       {"v4tunnel-mtu", "1480"},  {"v4tunnel-keepalive", "off"},
                       {"metric", "1024"},        {"preferred-lifetime", "forever"}};
  for (const auto& [name, value] : defaults) same("manual", managed, with(managed, name, value));
  same("manual", with(managed, "v4tunnel-mtu", "1400"), with(managed, "mtu", "1400"));
  same("v4tunnel", with(stock, "ttl", "64"), with(stock, "v4tunnel-ttl", "64"));
  same("v4tunnel", with(with(stock, "local", "172.31.14.146"), "endpoint", "216.66.80.26"),
       with(with(with(stock, "v4tunnel-local", "172.31.14.146"), "endpoint", ""),
            "v4tunnel-endpoint", "216.66.80.26"));
  same("manual", with(managed, "v4tunnel-endpoint", "broker.example.net"),
       with(managed, "v4tunnel-endpoint", "Broker.EXAMPLE.net"));
  same("manual", with(managed, "v4tunnel-keepalive", "120"),
       with(managed, "v4tunnel-keepalive", "120  2001:db8:1::1"));
  same("manual", with(without_gateway, "v4tunnel-route", "default from 2001:db8:1::/64"),
       with(without_gateway, "v4tunnel-route",
            "default metric 1024 from 2001:db8:1:0::/64\ttable main"));
  same("manual", without_gateway, with(without_gateway, "metric", "5"));
}

TEST_CASE("several lines are one, and the order of what is a set means nothing") {
  Words lines = managed;
  lines.emplace_back("v4tunnel-local", "ec2");
  lines.emplace_back("v4tunnel-local", "interface:eth0");
  lines.emplace_back("v4tunnel-lan", "eth0 2001:db8:2::1/64");
  lines.emplace_back("v4tunnel-lan", "eth0 2001:db8:4::1/64");
  same("manual", lines,
       with(with(managed, "v4tunnel-local", "ec2   interface:eth0"), "v4tunnel-lan",
            "eth0 2001:db8:4::1/64 eth0 2001:db8:2::1/64"));
  Words routers{{"isatap-routers", "172.31.0.11"}, {"isatap-routers", "172.31.0.10"}};
  same("manual", routers, {{"isatap-routers", "172.31.0.10 172.31.0.11"}});
  // Sources are asked one after the other.
  CHECK(edits_of(stanza("manual", with(managed, "v4tunnel-local", "ec2 interface:eth0")),
                 stanza("manual", with(managed, "v4tunnel-local", "interface:eth0 ec2"))) ==
        Names{"v4tunnel-local"});
}

TEST_CASE("what a hook was told of the same stanza is no edit") {
  // ifupdown 0.8.41: `static` turns ADDRESS/LENGTH into two and adds defaults of its own.
  same("static", managed,
       {{"accept-ra", "0"},
        {"address", "2001:db8:1::2"},
        {"autoconf", "0"},
        {"dad-attempts", "60"},
        {"dad-interval", "0.1"},
        {"gateway", "2001:db8:1::1"},
        {"netmask", "64"},
        {"v4tunnel-endpoint", "216.66.80.26"}});
  Words env = isatap;
  for (const char* name : {"ll-attempts", "ll-interval"}) env.emplace_back(name, "60");
  env.emplace_back("accept-ra", "2");
  same("auto", isatap, env);
  same("static", with(isatap, "gateway", "fe80::5efe:172.31.0.10"),
       with(with(isatap, "gateway", "fe80::5efe:ac1f:a"), "accept-ra", "0"));
}

TEST_CASE("what only ifup or nobody reads is no edit") {
  const Words more =
      with(with(with(managed, "up", "ip link $(x)"), "dns-nameservers", "$(x)"), "dhcp", "$(x)");
  same("static", managed, more);
  CHECK(edits_of(stanza("static", managed), stanza("static", with(more, "v4tunnel-ttl", "64"))) ==
        Names{"v4tunnel-ttl"});
}

TEST_CASE("an option that changes others counts only where both stanzas have these") {
  const Words alone{{"v4tunnel-endpoint", "216.66.80.26"}};
  CHECK(edits_of(stanza("manual", with(alone, "preferred-lifetime", "600")),
                 stanza("manual", without_gateway)) == Names{"address"});
  CHECK(edits_of(stanza("manual", with(without_gateway, "metric", "512")),
                 stanza("manual", managed)) == Names{"gateway"});
  CHECK(edits_of(stanza("manual", with(sixrd, "metric", "512")),
                 stanza("manual", with(sixrd, "sixrd-relay", ""))) == Names{"sixrd-relay"});
}

TEST_CASE("values for ifup's shell are compared as written") {
  const Stanza before = stanza("static", with(managed, "address", "$(cat /etc/address)"));
  const Stanza now = stanza("static", with(managed, "address", "$(cat  /etc/other)"));
  CHECK(edits_of(before, before) == Names{});
  CHECK(edits_of(before, now) == Names{"address"});
  // The same words in another stanza, and in another option
  const Words shell_ttl =
      with(with(managed, "address", "$(cat  /etc/address)"), "v4tunnel-ttl", "64");
  CHECK(edits_of(before, stanza("static", shell_ttl)) == Names{"v4tunnel-ttl"});
  CHECK(edits_of(stanza("static", with(managed, "gateway", "$(x)")),
                 stanza("static", with(managed, "address", "$(x)"))) ==
        Names{"address", "gateway"});
  // On the one side the value is the shell's, on the other it is not there.
  const Stanza without = stanza("static", with(managed, "preferred-lifetime", ""));
  const Stanza shell = stanza("static", with(managed, "preferred-lifetime", "$(cat /etc/seconds)"));
  CHECK(edits_of(without, shell) == Names{"preferred-lifetime"});
  CHECK(edits_of(shell, without) == Names{"preferred-lifetime"});
}

TEST_CASE("who turns advertisements on counts only while there are routers") {
  CHECK(edits_of(stanza("auto", isatap), stanza("auto", with(isatap, "isatap-routers", ""))) ==
        Names{"isatap-routers"});
  CHECK(edits_of(stanza("static", with(isatap, "isatap-routers", "")),
                 stanza("static", with(isatap, "accept_ra", "1"))) == Names{"isatap-routers"});
  for (const char* routers : {"isatap-routers", "isatap-routers-nodefault"}) {
    CAPTURE(routers);
    const Words words{{"isatap-prefix", "2001:db8:3::/64"}, {routers, "172.31.0.10"}};
    CHECK(edits_of(stanza("static", words), stanza("static", with(words, "accept_ra", "1"))) ==
          Names{"accept_ra"});
  }
}

TEST_CASE("ifupdown-ng and ifupdown2 have a default metric of their own") {
  const Stanza before = stanza("static", managed);
  const Stanza now = stanza("static", with(managed, "metric", "1024"));
  CHECK(edits(before, now, hosts::ifupdown_ng) == Names{"metric"});
  CHECK(edits_of(before, now) == Names{});
}

TEST_CASE("a stanza that can't be understood is no edit but an Error") {
  const Stanza before = stanza("manual", managed);
  const Stanza now = stanza("manual", with(managed, "v4tunnel-ttl", "0"));
  CHECK_THROWS_AS(edits_of(before, now), Complaint);
  // Where it has not changed, there is no edit either.
  CHECK(edits_of(now, now) == Names{});
}

TEST_CASE("another kind of tunnel is another one in all") {
  CHECK(edits_of(stanza("manual", managed), stanza("manual", isatap)) ==
        Names{"the kind of tunnel"});
}
