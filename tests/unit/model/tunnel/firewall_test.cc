// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/tunnel/firewall.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "model/tunnel/compare.h"

using namespace situp;

namespace {

TunnelSpec spec() {
  TunnelSpec spec;
  spec.iface = *InterfaceName::parse("he-ipv6");
  spec.endpoint = Host(*Ipv4::parse("216.66.80.26"));
  spec.sit.ttl = 255;
  spec.mtu = 1480;
  spec.addresses = {*Ipv6Net::parse("2001:db8:1::2/64")};
  spec.gateway = Ipv6::parse("2001:db8:1::1");
  spec.lan = {{*InterfaceName::parse("eth0"), *Ipv6Net::parse("2001:db8:2::1/64")}};
  spec.firewall = Firewall::stateful;
  return spec;
}

Tunnel tunnel(const TunnelSpec& spec) {
  return make_tunnel(spec,
                     {*Ipv4::parse("172.31.14.146"), *Ipv4::parse("216.66.80.26"), {}, {}, 0});
}

/// The line about sources that are this end's own.
std::string own_sources(const TunnelSpec& spec) {
  const std::string text = firewall_ruleset(tunnel(spec));
  const std::size_t bogons = text.find("::ffff:0.0.0.0/96 } drop\n");
  const std::size_t start = text.find('\n', bogons) + 1;
  return text.substr(start, text.find('\n', start) - start);
}

Live host(bool with_filter, std::uint64_t content = 7) {
  Live live;
  live.add(LiveLink{2, "eth0", true, 9001, Mac{}, 0, std::nullopt});
  Sit sit;
  sit.local = *Ipv4::parse("172.31.14.146");
  sit.remote = *Ipv4::parse("216.66.80.26");
  sit.ttl = 255;
  live.add(LiveLink{9, "he-ipv6", true, 1480, std::nullopt, 0, sit});
  if (with_filter) live.set_firewall("he-ipv6", content);
  return live;
}

template <typename T>
const T* only(const std::vector<Operation>& operations, bool first) {
  const T* found = nullptr;
  for (const Operation& operation : operations)
    if (const auto* one = std::get_if<T>(&operation)) {
      CHECK(found == nullptr);
      found = one;
      CHECK(&operation == (first ? &operations.front() : &operations.back()));
    }
  return found;
}

}  // namespace

TEST_CASE("the whole ruleset") {
  CHECK(firewall_ruleset(tunnel(spec())) == R"(table ip6 situp-he-ipv6
delete table ip6 situp-he-ipv6
table ip6 situp-he-ipv6 {
  # sources that nothing from out there has: RFC 4213, 3.6, and our own
  chain sources {
    type filter hook prerouting priority -300; policy accept;
    iifname "he-ipv6" ip6 saddr { ff00::/8, ::1-::ffff:ffff, ::ffff:0.0.0.0/96 } drop
    iifname "he-ipv6" ip6 saddr { 2001:db8:1::2/128, 2001:db8:2::/64 } drop
  }
  # to this host: answers, and what RFC 4890, 4.4.1 says must not be dropped
  chain input {
    type filter hook input priority 0; policy accept;
    iifname != "he-ipv6" accept
    ct state established,related accept
    icmpv6 type { destination-unreachable, packet-too-big, time-exceeded, parameter-problem, echo-request, echo-reply } accept
    ip6 hoplimit 255 icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert, ind-neighbor-solicit, ind-neighbor-advert, 148, 149 } accept
    ip6 hoplimit 1 ip6 saddr fe80::/10 icmpv6 type { mld-listener-query, mld-listener-report, mld-listener-done, mld2-listener-report, 151, 152, 153 } accept
    drop
  }
  # through this host: answers, and 4.3.1; TCP in both directions fits the tunnel
  chain forward {
    type filter hook forward priority 0; policy accept;
    oifname "he-ipv6" tcp flags & (syn | rst) == syn tcp option maxseg size set 1420
    iifname != "he-ipv6" accept
    tcp flags & (syn | rst) == syn tcp option maxseg size set 1420
    ct state established,related accept
    icmpv6 type { destination-unreachable, packet-too-big, time-exceeded, parameter-problem, echo-request, echo-reply } accept
    drop
  }
}
)");
}

TEST_CASE(
    "the own sources: whole prefixes of the LAN, but not where the other end has an address") {
  TunnelSpec s = spec();
  s.lan.push_back({*InterfaceName::parse("eth1"), *Ipv6Net::parse("2001:db8:2::9/64")});
  s.lan.push_back({*InterfaceName::parse("eth1"), *Ipv6Net::parse("2001:db8:2:0:8000::9/80")});
  CHECK(own_sources(s) ==
        R"(    iifname "he-ipv6" ip6 saddr { 2001:db8:1::2/128, 2001:db8:2::/64 } drop)");
  s = spec();
  s.lan = {{*InterfaceName::parse("eth0"), *Ipv6Net::parse("2001:db8:1::3/80")}};
  CHECK(own_sources(s) ==
        R"(    iifname "he-ipv6" ip6 saddr { 2001:db8:1::2/128, 2001:db8:1::3/128 } drop)");
  s.addresses.clear();
  CHECK(own_sources(s) == R"(    iifname "he-ipv6" ip6 saddr { 2001:db8:1::3/128 } drop)");
  s.lan.clear();
  CHECK(own_sources(s) == "  }");
}

TEST_CASE("the MTU is what TCP is told") {
  TunnelSpec s = spec();
  s.mtu = 1280;
  CHECK(firewall_ruleset(tunnel(s)).find("maxseg size set 1220\n") != std::string::npos);
}

TEST_CASE("v4tunnel-firewall takes two words, and names that nft can read") {
  Stanza stanza{"he-ipv6", "he-ipv6", "inet6", "manual", {}, {"interfaces", 1}};
  stanza.options = {{"v4tunnel-endpoint", "216.66.80.26", {}},
                    {"v4tunnel-firewall", "stateful", {"interfaces", 3}}};
  const auto refusal = [&stanza] {
    try {
      understand(stanza, hosts::ifupdown);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(understand(stanza, hosts::ifupdown).firewall == Firewall::stateful);
  stanza.options[1].value = "off";
  CHECK(understand(stanza, hosts::ifupdown).firewall == Firewall::off);
  stanza.options[1].value = "on";
  CHECK(refusal() == "interfaces:3: v4tunnel-firewall: \"on\" is not stateful or off");
  stanza.options[1].value = "stateful";
  for (const char* name : {"he\"ipv6", "he*", "tun;drop", "t{", "t\\", "t$"}) {
    stanza.iface = name;
    CHECK(refusal().find("letters, digits, '.', '_' and '-'") != std::string::npos);
  }
  stanza.options.pop_back();
  CHECK(understand(stanza, hosts::ifupdown).firewall == Firewall::unsaid);
}

TEST_CASE("the filter is loaded before anything else, and removed after everything else") {
  const Tunnel wanted = tunnel(spec());
  Live nothing;
  nothing.add(LiveLink{2, "eth0", true, 9001, Mac{}, 0, std::nullopt});
  const auto up = compare(wanted, {}, nothing, {}).operations;
  REQUIRE(only<LoadFirewall>(up, true) != nullptr);
  CHECK(only<LoadFirewall>(up, true)->ruleset == firewall_ruleset(wanted));
  CHECK(as_ip_command(up[0]) == "nft -f - <<'END'\n" + firewall_ruleset(wanted) + "END");
  CHECK(in_brief(up[0]) == "nft -f - (table ip6 situp-he-ipv6)");
  CHECK(in_brief(up[1]) == as_ip_command(up[1]));

  const Owned owned = owned_by(wanted);
  const auto down = compare_down(wanted.iface, owned, host(true), true, true).operations;
  REQUIRE(only<RemoveFirewall>(down, false) != nullptr);
  CHECK(as_ip_command(down.back()) == "nft delete table ip6 situp-he-ipv6");
  // While the device is there, as ifdown begins; where it has gone; where there never was one.
  CHECK(only<RemoveFirewall>(compare_down(wanted.iface, owned, host(true), false, false).operations,
                             false) == nullptr);
  CHECK(only<RemoveFirewall>(compare_down(wanted.iface, owned, host(false), true, true).operations,
                             false) == nullptr);
  CHECK(only<RemoveFirewall>(compare_down(wanted.iface, {}, host(true), true, true).operations,
                             false) == nullptr);

  TunnelSpec off = spec();
  off.firewall = Firewall::off;
  const auto opened = compare(tunnel(off), owned, host(true), {}).operations;
  CHECK(only<RemoveFirewall>(opened, false) != nullptr);
  CHECK(only<LoadFirewall>(opened, true) == nullptr);
}

TEST_CASE("a filter that is there and right is left alone; any other is loaded again") {
  const Tunnel wanted = tunnel(spec());
  Owned owned;
  note_firewall(wanted, host(true, 7), owned);
  REQUIRE(owned.firewall);
  CHECK(owned.firewall->content == 7);
  CHECK(load_firewall(wanted, owned, host(true, 7)).empty());
  CHECK(load_firewall(wanted, owned, host(true, 8)).size() == 1);  // somebody changed it
  CHECK(load_firewall(wanted, owned, host(false)).size() == 1);    // somebody removed it
  CHECK(load_firewall(wanted, {}, host(true, 7)).size() == 1);     // nobody knows whose it is
  // Who isn't root sees none, and goes by the record.
  Live hidden = host(false);
  hidden.hide_firewalls();
  CHECK(load_firewall(wanted, owned, hidden).empty());
  CHECK(load_firewall(wanted, {}, hidden).size() == 1);
  CHECK(compare_down(wanted.iface, owned, hidden, true, true).operations.size() == 2);
  TunnelSpec other = spec();
  other.mtu = 1400;
  CHECK(load_firewall(tunnel(other), owned, host(true, 7)).size() == 1);
  other.firewall = Firewall::off;
  note_firewall(tunnel(other), host(true, 7), owned);
  CHECK_FALSE(owned.firewall);
}

TEST_CASE("undo puts back the filter that was there") {
  const auto load = Operation(LoadFirewall{"he-ipv6", "x"});
  const auto back = undo_of(load, host(false));
  REQUIRE(back.size() == 1);
  CHECK(std::holds_alternative<RemoveFirewall>(back[0]));
  for (const Operation& operation : {load, Operation(RemoveFirewall{"he-ipv6"})}) {
    const auto again = undo_of(operation, host(true));
    REQUIRE(again.size() == 1);
    CHECK(std::get<LoadFirewall>(again[0]).ruleset.empty());
  }
  CHECK(undo_of(Operation(RemoveFirewall{"he-ipv6"}), host(false)).empty());
  CHECK(firewall_again("he-ipv6", "table ip6 situp-he-ipv6 {\n}\n") ==
        "table ip6 situp-he-ipv6\ndelete table ip6 situp-he-ipv6\ntable ip6 situp-he-ipv6 {\n}\n");
}

TEST_CASE("fingerprints tell texts apart") {
  CHECK(fingerprint("") == first_fingerprint);
  CHECK(fingerprint("a") == 0xaf63dc4c8601ec8c);  // as FNV-1a has it
  CHECK(fingerprint("b", fingerprint("a")) == fingerprint("ab"));
  CHECK(fingerprint("ab") != fingerprint("ba"));
}

TEST_CASE("a name that nft takes as a word") {
  CHECK(is_name_for_nft("azAZ09_-."));
  for (const char* name : {"a`", "a{", "a@", "a[", "a/", "a:", "a+", "a$", "a b"}) {
    CAPTURE(name);
    CHECK_FALSE(is_name_for_nft(name));
  }
}
