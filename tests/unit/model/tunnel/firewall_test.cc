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

/// The rules about sources that are this end's own.
std::string own_sources(const TunnelSpec& spec) {
  const std::string text = firewall_of(tunnel(spec)).part;
  const std::string before = "    jump bogons\n";
  const std::size_t start = text.find(before) + before.size();
  return text.substr(start, text.find("  }\n", start) - start);
}

LiveFilter part_of(const std::string& iface, std::uint64_t content = 7) {
  return {content,
          {{"sources_of", "jump sources-" + iface},
           {"input_from", "jump to_host"},
           {"forward_from", "accept"},
           {"clamp_of", "jump clamp-" + iface}},
          {"clamp-" + iface, "sources-" + iface}};
}

Live host(bool with_filter, std::uint64_t content = 7) {
  Live live;
  live.add(LiveLink{2, "eth0", true, 9001, Mac{}, 0, std::nullopt});
  Sit sit;
  sit.local = *Ipv4::parse("172.31.14.146");
  sit.remote = *Ipv4::parse("216.66.80.26");
  sit.ttl = 255;
  live.add(LiveLink{9, "he-ipv6", true, 1480, std::nullopt, 0, sit});
  if (with_filter) live.set_firewalls({{"he-ipv6", part_of("he-ipv6", content)}});
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

TEST_CASE("the whole input: the shared chains anew, and the tunnel's part") {
  CHECK(firewall_input({firewall_of(tunnel(spec()))}) == R"(table ip6 situp {
  map sources_of { type ifname : verdict; }
  map input_from { type ifname : verdict; }
  map forward_from { type ifname : verdict; }
  map clamp_of { type ifname : verdict; }
  chain prerouting { type filter hook prerouting priority -300; policy accept; }
  chain input { type filter hook input priority 0; policy accept; }
  chain forward { type filter hook forward priority 0; policy accept; }
}
flush chain ip6 situp prerouting
flush chain ip6 situp input
flush chain ip6 situp forward
table ip6 situp {
  chain prerouting {
    iifname vmap @sources_of
  }
  chain input {
    iifname vmap @input_from
  }
  # TCP in both directions fits the tunnel
  chain forward {
    tcp flags & (syn | rst) == syn oifname vmap @clamp_of
    tcp flags & (syn | rst) == syn iifname vmap @clamp_of
    iifname vmap @forward_from
  }
}
table ip6 situp {
  chain bogons { }
  chain to_host { }
  chain through_host { }
}
flush chain ip6 situp bogons
flush chain ip6 situp to_host
flush chain ip6 situp through_host
table ip6 situp {
  # sources that no packet out of a tunnel has: RFC 4213, 3.6
  chain bogons {
    ip6 saddr ff00::/8 drop
    ip6 saddr ::1-::ffff:ffff drop
    ip6 saddr ::ffff:0.0.0.0/96 drop
  }
  # to this host: answers, and what RFC 4890, 4.4.1 says must not be dropped: errors, echo,
  # neighbours and routers, groups
  chain to_host {
    ct state established,related accept
    icmpv6 type 1-4 accept
    icmpv6 type 128-129 accept
    ip6 hoplimit 255 icmpv6 type 133-136 accept
    ip6 hoplimit 255 icmpv6 type 141-142 accept
    ip6 hoplimit 255 icmpv6 type 148-149 accept
    ip6 hoplimit 1 ip6 saddr fe80::/10 icmpv6 type 130-132 accept
    ip6 hoplimit 1 ip6 saddr fe80::/10 icmpv6 type 143 accept
    ip6 hoplimit 1 ip6 saddr fe80::/10 icmpv6 type 151-153 accept
    drop
  }
  # through this host: answers, and 4.3.1
  chain through_host {
    ct state established,related accept
    icmpv6 type 1-4 accept
    icmpv6 type 128-129 accept
    drop
  }
}
table ip6 situp {
  # sources that are this host's own
  chain sources-he-ipv6 {
    jump bogons
    ip6 saddr 2001:db8:1::2/128 drop
    ip6 saddr 2001:db8:2::/64 drop
  }
  chain clamp-he-ipv6 {
    tcp option maxseg size set 1420
  }
}
add element ip6 situp sources_of { "he-ipv6" : jump sources-he-ipv6 }
add element ip6 situp input_from { "he-ipv6" : jump to_host }
add element ip6 situp forward_from { "he-ipv6" : jump through_host }
add element ip6 situp clamp_of { "he-ipv6" : jump clamp-he-ipv6 }
)");
}

TEST_CASE("the shared chains stand once before the parts of several tunnels") {
  TunnelSpec other = spec();
  other.iface = *InterfaceName::parse("b.2");
  const LoadFirewall a = firewall_of(tunnel(spec())), b = firewall_of(tunnel(other));
  const std::string one = firewall_input({a});
  CHECK(firewall_input({a, b}) == one + b.part);
  LoadFirewall again = b;
  again.removal = "delete chain ip6 situp x\n";
  CHECK(firewall_input({a, again}) == one + again.removal + b.part);
}

TEST_CASE("only chains that track connections make a part stateful") {
  const LiveFilter domain{0, {{"sources_of", "jump domain-6rd0"}}, {"clamp-6rd0", "domain-6rd0"}};
  CHECK_FALSE(is_stateful(domain));
  LiveFilter one = domain;
  one.elements.push_back({"input_from", "jump to_host"});
  CHECK(is_stateful(one));
  one = domain;
  one.elements = {{"sources_of", "jump sources-6rd0"}};
  CHECK(is_stateful(one));
  one = domain;
  one.chains.emplace_back("sources-6rd0");
  CHECK(is_stateful(one));
  CHECK_FALSE(is_stateful({0, {{"clamp_of", "jump clamp-6rd0"}}, {"clamp-6rd0"}}));
}

TEST_CASE("a removal takes both tables of a part") {
  LiveFilter part{7, {{"sources_of", "jump domain-6rd0"}}, {"domain-6rd0"}, true};
  const std::string both =
      "delete element ip6 situp sources_of { \"6rd0\" }\n"
      "delete chain ip6 situp domain-6rd0\n"
      "delete table ip situp-6rd0\n";
  CHECK(firewall_removal("6rd0", part) == both);
  Live live;
  live.set_firewalls({{"6rd0", part}});
  CHECK(firewall_removal("6rd0", live) == "delete table ip6 situp\ndelete table ip situp-6rd0\n");
  live.set_firewalls({{"6rd0", part}, {"he-ipv6", part_of("he-ipv6")}});
  CHECK(firewall_removal("6rd0", live) == both);
}

TEST_CASE("the text has each name that the kernel's table is read by") {
  Tunnel all = tunnel(spec());
  const std::string without = firewall_of(all).part;
  all.filters_domain = true;
  // The chains of 6in4 and those of 6rd; maps lead to either.
  const std::string text = firewall_input({firewall_of(all)}) + without;
  const auto has = [&text](const std::string& line) {
    return text.find(line) != std::string::npos;
  };
  for (const std::string_view map : firewall_maps) {
    CHECK(has("  map " + std::string(map) + " {"));
    CHECK(has("vmap @" + std::string(map) + "\n"));
    CHECK(has("add element ip6 situp " + std::string(map) + " {"));
  }
  for (const auto* chains : {firewall_base_chains.data(), firewall_stateful_chains.data()})
    for (std::size_t i = 0; i < 3; ++i)
      CHECK(has("flush chain ip6 situp " + std::string(chains[i]) + "\n"));
  for (const std::string_view chain : firewall_own_chains)
    CHECK(has("  chain " + std::string(chain) + "he-ipv6 {"));
}

TEST_CASE(
    "the own sources: whole prefixes of the LAN, but not where the other end has an address") {
  TunnelSpec s = spec();
  s.lan.push_back({*InterfaceName::parse("eth1"), *Ipv6Net::parse("2001:db8:2::9/64")});
  s.lan.push_back({*InterfaceName::parse("eth1"), *Ipv6Net::parse("2001:db8:2:0:8000::9/80")});
  CHECK(own_sources(s) ==
        "    ip6 saddr 2001:db8:1::2/128 drop\n    ip6 saddr 2001:db8:2::/64 drop\n");
  s = spec();
  s.lan = {{*InterfaceName::parse("eth0"), *Ipv6Net::parse("2001:db8:1::3/80")}};
  CHECK(own_sources(s) ==
        "    ip6 saddr 2001:db8:1::2/128 drop\n    ip6 saddr 2001:db8:1::3/128 drop\n");
  // One prefix is inside the other.
  s.lan = {{*InterfaceName::parse("eth0"), *Ipv6Net::parse("2001:db8:1:0:8000::3/80")}};
  CHECK(own_sources(s) ==
        "    ip6 saddr 2001:db8:1::2/128 drop\n    ip6 saddr 2001:db8:1:0:8000::3/128 drop\n");
  s.gateway.reset();
  s.lan = {{*InterfaceName::parse("eth0"), *Ipv6Net::parse("2001:db8::3/32")}};
  CHECK(own_sources(s) ==
        "    ip6 saddr 2001:db8:1::2/128 drop\n    ip6 saddr 2001:db8::3/128 drop\n");
  s = spec();
  s.addresses.clear();
  s.lan = {{*InterfaceName::parse("eth0"), *Ipv6Net::parse("2001:db8:1::3/80")}};
  CHECK(own_sources(s) == "    ip6 saddr 2001:db8:1::3/128 drop\n");
  s.lan.clear();
  CHECK(own_sources(s).empty());
}

TEST_CASE("an ISATAP link has the same filter, with the addresses that are formed of LOCAL") {
  TunnelSpec isatap;
  isatap.iface = *InterfaceName::parse("isatap0");
  isatap.sit.kind = Kind::isatap;
  isatap.prefixes = {*Ipv6Net::parse("2001:db8:3::/64")};
  CHECK(open_note(isatap).empty());
  isatap.firewall = Firewall::stateful;
  CHECK(own_sources(isatap) == "    ip6 saddr 2001:db8:3::5efe:ac1f:e92/128 drop\n");
}

TEST_CASE("only a stanza that says nothing of its filter has a note that it is open") {
  TunnelSpec s = spec();
  CHECK(open_note(s).empty());
  s.firewall = Firewall::off;
  CHECK(open_note(s).empty());
  s.firewall = Firewall::unsaid;
  CHECK(open_note(s) ==
        "the tunnel is open to the Internet, past the cloud's security groups: write "
        "v4tunnel-firewall stateful, or off to keep it open");
}

TEST_CASE("the MTU is what TCP is told") {
  TunnelSpec s = spec();
  s.mtu = 1280;
  CHECK(firewall_of(tunnel(s)).part.find("maxseg size set 1220\n") != std::string::npos);
}

TEST_CASE("v4tunnel-mss alone takes no chains that track connections; off takes the clamp away") {
  TunnelSpec s = spec();
  s.firewall = Firewall::off;
  CHECK_FALSE(tunnel(s).has_filter());
  s.mss = Mss::clamp;
  CHECK(s.has_filter());
  CHECK(firewall_of(tunnel(s)).part == R"(table ip6 situp {
  chain clamp-he-ipv6 {
    tcp option maxseg size set 1420
  }
}
add element ip6 situp clamp_of { "he-ipv6" : jump clamp-he-ipv6 }
)");
  const std::string clamp = firewall_input({firewall_of(tunnel(s))});
  CHECK(clamp.find("ct state") == std::string::npos);
  CHECK(clamp.find("to_host") == std::string::npos);
  s.firewall = Firewall::stateful;
  CHECK(firewall_of(tunnel(s)).part == firewall_of(tunnel(spec())).part);
  s.mss = Mss::off;
  CHECK(tunnel(s).has_filter());
  CHECK(firewall_of(tunnel(s)).part.find("clamp") == std::string::npos);
  CHECK(firewall_of(tunnel(s)).part.find("jump to_host") != std::string::npos);
}

TEST_CASE("v4tunnel-mss takes two words, and names that nft can read") {
  Stanza stanza{"he-ipv6", "he-ipv6", "inet6", "manual", {}, {"interfaces", 1}};
  stanza.options = {{"v4tunnel-endpoint", "216.66.80.26", {}},
                    {"v4tunnel-mss", "clamp", {"interfaces", 3}}};
  CHECK(understand(stanza, hosts::ifupdown).mss == Mss::clamp);
  stanza.options[1].value = "off";
  CHECK(understand(stanza, hosts::ifupdown).mss == Mss::off);
  for (const char* word : {"on", "1420", "stateful", "clamp off"}) {
    CAPTURE(word);
    stanza.options[1].value = word;
    CHECK_THROWS_AS(understand(stanza, hosts::ifupdown), Error);
  }
  stanza.options[1].value = "clamp";
  stanza.iface = "t{";
  CHECK_THROWS_AS(understand(stanza, hosts::ifupdown), Error);
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
  CHECK(only<LoadFirewall>(up, true)->part == firewall_of(wanted).part);
  CHECK(as_ip_command(up[0]) ==
        "nft -f - <<'END'\n" + firewall_input({firewall_of(wanted)}) + "END");
  CHECK(in_brief(up[0]) == "nft -f - (he-ipv6 in table ip6 situp)");
  CHECK(in_brief(up[1]) == as_ip_command(up[1]));

  const Owned owned = owned_by(wanted);
  const auto down = compare_down(wanted.iface, owned, host(true), true, true).operations;
  REQUIRE(only<RemoveFirewall>(down, false) != nullptr);
  CHECK(as_ip_command(down.back()) == "nft delete table ip6 situp");
  CHECK(in_brief(down.back()) == "nft -f - (he-ipv6 out of table ip6 situp)");
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

TEST_CASE("a filter that the kernel does not show has no content") {
  const Tunnel wanted = tunnel(spec());
  const LoadedFilter unseen{fingerprint(firewall_input({firewall_of(wanted)})), 0};
  CHECK(owned_by(wanted).firewall == unseen);
  Owned owned;
  note_firewall(wanted, host(false), owned);
  CHECK(owned.firewall == unseen);
}

TEST_CASE("a tunnel's part goes, and the table only with the last one") {
  Live live;
  live.set_firewalls({{"a", part_of("a")}, {"b", part_of("b")}});
  const std::string text = R"(delete element ip6 situp sources_of { "a" }
delete element ip6 situp input_from { "a" }
delete element ip6 situp forward_from { "a" }
delete element ip6 situp clamp_of { "a" }
delete chain ip6 situp clamp-a
delete chain ip6 situp sources-a
)";
  CHECK(firewall_removal("a", live) == text);
  CHECK(firewall_removal("c", live).empty());
  live.set_firewalls({{"a", part_of("a")}});
  CHECK(firewall_removal("a", live) == "delete table ip6 situp\n");
  CHECK(firewall_removal("a", part_of("a")) == text);
}

TEST_CASE("a part that is loaded again takes the place of the one that is there") {
  const Tunnel wanted = tunnel(spec());
  const auto load = load_firewall(wanted, {}, host(true));
  REQUIRE(load.size() == 1);
  CHECK(std::get<LoadFirewall>(load[0]).removal == firewall_removal("he-ipv6", part_of("he-ipv6")));
  CHECK(std::get<LoadFirewall>(load_firewall(wanted, {}, host(false))[0]).removal.empty());
}

TEST_CASE("the elements of a part, as they are") {
  CHECK(firewall_elements("a", part_of("a")) ==
        R"(add element ip6 situp sources_of { "a" : jump sources-a }
add element ip6 situp input_from { "a" : jump to_host }
add element ip6 situp forward_from { "a" : accept }
add element ip6 situp clamp_of { "a" : jump clamp-a }
)");
  CHECK(is_stateful(part_of("a")));
  CHECK(is_stateful({0, {}, {"clamp-a", "sources-a"}}));
  CHECK(is_stateful({0, {{"input_from", "accept"}}, {}}));
  CHECK_FALSE(is_stateful({0, {{"clamp_of", "jump clamp-a"}}, {"clamp-a"}}));
}

TEST_CASE("undo puts back the filter that was there") {
  const auto load = Operation(LoadFirewall{.name = "he-ipv6", .part = "x"});
  const auto back = undo_of(load, host(false));
  REQUIRE(back.size() == 1);
  CHECK(std::holds_alternative<RemoveFirewall>(back[0]));
  CHECK(as_ip_command(back[0]) == "nft -f - (he-ipv6 out of table ip6 situp)");
  for (const Operation& operation : {load, Operation(RemoveFirewall{"he-ipv6"})}) {
    const auto again = undo_of(operation, host(true));
    REQUIRE(again.size() == 1);
    CHECK(std::get<LoadFirewall>(again[0]).part.empty());
  }
  CHECK(undo_of(Operation(RemoveFirewall{"he-ipv6"}), host(false)).empty());
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
