// SPDX-License-Identifier: GPL-2.0-or-later
// The last value that an option takes, and the first one that it refuses.
#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "unit/world.h"

using namespace situp;

namespace {

Words joined(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

const Words sixin4{{"v4tunnel-endpoint", "216.66.80.26"}};

Stanza sixin4_with(const Words& more) {
  return stanza_of("he", "manual", joined(sixin4, more));
}
Stanza sixrd_with(const std::string& prefix, const Words& more = {}) {
  return stanza_of("r0", "manual", joined({{"sixrd-prefix", prefix}}, more));
}
TunnelSpec spec_of(const Stanza& stanza) {
  return understand(stanza, hosts::situp_up);
}

}  // namespace

TEST_CASE(
    "only the options that ifupdown's methods carry out have one spelling, and in a file only") {
  struct {
    const char* option;
    const char* known_as;  // nullptr: it is taken
  } const rows[] = {{"Address", "address"},
                    {"ADDRESS", "address"},
                    {"Autoconf", "autoconf"},
                    {"dad_attempts", "dad-attempts"},
                    {"request-prefix", "request_prefix"},
                    {"Accept-RA", "accept_ra"},
                    {"Hostname", nullptr},
                    {"Pre-Up", nullptr},
                    {"pre_up", nullptr},
                    {"dns_nameservers", nullptr},
                    {"addres", nullptr}};
  for (const auto& row : rows) {
    const std::string option = row.option;
    CAPTURE(option);
    const Words words = joined(sixin4, {{option, "0"}});
    CHECK(refusal_of(written("manual", words)) ==
          (row.known_as == nullptr ? std::string("taken")
                                   : "f:3: " + option + ": ifupdown knows this option as " +
                                         row.known_as + " only: write that"));
    // A hook's environment has no spelling.
    CHECK(refusal_of(stanza_of("he", "manual", words)) == "taken");
  }
}

TEST_CASE("a letter that is neither a blank nor a quote is no decoration") {
  CHECK(refusal_of(sixin4_with({{"v4tunnel-dev", "ethé"}})) ==
        "v4tunnel-dev: \"eth??\" is not an interface's name");
  for (const char* value : {"eth’", "’", "“”", "'", "\""}) {
    CAPTURE(value);
    CHECK(refusal_of(sixin4_with({{"v4tunnel-dev", value}})) ==
          "v4tunnel-dev: has quotes, and they would be a part of the value: remove them");
  }
  CHECK(refusal_of(sixin4_with({{"v4tunnel-dev", "eth\xe2\x80\x8b"}})) ==
        "v4tunnel-dev: has a blank that is none to ifup, such as a no-break space from a web page: "
        "type a space in its place");
}

TEST_CASE("accept_ra is 0 to 2") {
  CHECK(spec_of(sixin4_with({{"accept_ra", "2"}})).accept_ra == 2);
  CHECK(refusal_of(sixin4_with({{"accept_ra", "3"}})) ==
        "accept_ra: \"3\" is not 0 (off), 1 (on) or 2 (on, also where the host forwards)");
}

TEST_CASE("an address whose netmask is wrong is a /64 to the rules behind it") {
  std::vector<Complaint> complaints;
  const Stanza stanza = sixin4_with({{"address", "2001:db8::2"}, {"netmask", "\"64\""}});
  const TunnelSpec spec = understand_all(stanza, hosts::situp_up, complaints);
  CHECK(complaints.size() == 1);
  REQUIRE(spec.addresses.size() == 1);
  CHECK(spec.addresses[0].str() == "2001:db8::2/64");
}

TEST_CASE("the keepalive of a 6in4 tunnel asks the gateway's address as it is written") {
  for (const char* gateway : {"fe80::1", "fe80::d842:501a", "fe80::1:2:3:4", "2001:db8::1"}) {
    CAPTURE(gateway);
    const TunnelSpec spec =
        spec_of(sixin4_with({{"gateway", gateway}, {"v4tunnel-keepalive", "60"}}));
    CHECK(spec.keepalive == Keepalive{60, *Ipv6::parse(gateway)});
  }
}

TEST_CASE("a prefix of 6rd leaves each host a /64, and takes in no more than there is") {
  const auto taken = [](const char* prefix) {
    return spec_of(sixrd_with(prefix)).sit.domain.delegated_length();
  };
  CHECK(taken("2001:db8:5::/48 172.31.0.0/16") == 64);
  CHECK(taken("2001:db8:5:5::/64 172.31.14.146/32") == 64);
  CHECK(taken("2001:db8::/32") == 64);
  CHECK(taken("8000::/1 10.0.0.0/8") == 25);
  const auto refused = [](const char* prefix, const std::string& why) {
    CHECK(refusal_of(sixrd_with(prefix)) == "sixrd-prefix: " + why);
  };
  refused("::/0 10.0.0.0/8", "\"::/0\" is not a prefix for hosts of the Internet");
  refused("fe80::/16 10.0.0.0/8", "\"fe80::/16\" is not a prefix for hosts of the Internet");
  refused("ff0e::/16 10.0.0.0/8", "\"ff0e::/16\" is not a prefix for hosts of the Internet");
  refused("2001:db8:5::/48 172.30.0.0/15",
          "gives each host a /65, which is longer than a /64: write the IPv4 prefix of the hosts "
          "with /16 or longer behind 2001:db8:5::/48");
  refused("2001:db8:5:5::/64 172.31.14.146/31",
          "gives each host a /65, which is longer than a /64: write the IPv4 prefix of the hosts "
          "with /32 or longer behind 2001:db8:5:5::/64");
  refused("2001:db8:5:5:8000::/65 172.31.14.146/32",
          "\"2001:db8:5:5:8000::/65\" leaves no /64 for a host: the domain's prefix is at most a "
          "/64 itself");
}

TEST_CASE("a relay of 6rd is no address that the hosts' prefix keeps for itself") {
  const auto refusal = [](const char* prefix, const char* relay, const Words& more = {}) {
    return refusal_of(sixrd_with(prefix, joined({{"sixrd-relay", relay}}, more)));
  };
  const auto none_has = [](const char* relay, const char* what, const char* hosts) {
    return std::string("sixrd-relay: \"") + relay + "\" is the " + what + " address of " + hosts +
           ", which no host has";
  };
  const char* const wide = "2001:db8:5::/48 172.31.0.0/16";
  CHECK(refusal(wide, "172.31.0.0") == none_has("172.31.0.0", "network", "172.31.0.0/16"));
  CHECK(refusal(wide, "172.31.255.255") ==
        none_has("172.31.255.255", "broadcast", "172.31.0.0/16"));
  CHECK(refusal(wide, "172.31.0.1") == "taken");
  CHECK(refusal(wide, "172.31.255.254") == "taken");
  // Of 30 bits they are two of four addresses, of 31 bits there are none.
  const char* const narrow = "2001:db8:5::/48 172.31.0.4/30";
  CHECK(refusal(narrow, "172.31.0.4") == none_has("172.31.0.4", "network", "172.31.0.4/30"));
  CHECK(refusal(narrow, "172.31.0.7") == none_has("172.31.0.7", "broadcast", "172.31.0.4/30"));
  CHECK(refusal(narrow, "172.31.0.6") == "taken");
  CHECK(refusal("2001:db8:5::/48 172.31.0.4/31", "172.31.0.4") == "taken");
  CHECK(refusal("2001:db8:5::/48 172.31.0.4/31", "172.31.0.5") == "taken");
  // Of half of all addresses, and of all.
  CHECK(refusal("2001:db8::/32 128.0.0.0/1", "128.0.0.0") ==
        none_has("128.0.0.0", "network", "128.0.0.0/1"));
  CHECK(refusal("2001:db8::/32", "0.0.0.0") ==
        "sixrd-relay: 0.0.0.0 can't be the other end of a tunnel");
  CHECK(refusal("2001:db8::/32", "255.255.255.255") ==
        "sixrd-relay: 255.255.255.255 can't be the other end of a tunnel");
  CHECK(refusal("2001:db8::/32", "128.0.0.0") == "taken");
  // With an address of its own, a host reaches the relay from outside of the domain.
  const Words own{{"sixrd-address", "172.31.14.146"}};
  CHECK(refusal(wide, "172.31.0.0", own) == "taken");
  CHECK(refusal(wide, "172.32.0.1", own) == "taken");
  CHECK(refusal(wide, "172.32.0.1") ==
        "sixrd-relay: \"172.32.0.1\" is not in 172.31.0.0/16, the hosts of sixrd-prefix: correct "
        "one of the two");
}

TEST_CASE("a subnet of 6rd has as many bits as its prefix leaves") {
  const auto lan = [](const char* prefix, const std::string& subnet) {
    return sixrd_with(prefix, {{"sixrd-lan", "eth1 " + subnet}});
  };
  const auto taken = [&](const char* prefix, const std::string& subnet, std::uint64_t number) {
    const TunnelSpec spec = spec_of(lan(prefix, subnet));
    REQUIRE(spec.delegated_lan.size() == 1);
    CHECK(spec.delegated_lan[0] == DelegatedLan{iface_named("eth1"), number, *Ipv6::parse("::1")});
  };
  const auto refused = [&](const char* prefix, const std::string& subnet, const char* why) {
    CHECK(refusal_of(lan(prefix, subnet)) == "sixrd-lan: \"" + subnet + "\" is not " + why);
  };
  const char* const none = "2001:db8:5::/48 172.31.0.0/16";
  const char* const eight = "2001:db8::/40 172.31.0.0/16";
  const char* const most = "8000::/1 172.31.14.146/32";
  const std::string too_long(17, 'f');
  taken(none, "", 0);
  taken(none, "0", 0);
  taken(eight, "", 1);
  taken(eight, "fF", 0xff);
  taken(eight, "00000000000000000001", 1);
  taken(most, "7fffffffffffffff", 0x7fffffffffffffff);
  const char* const only = "0, the only subnet: each host of the domain has one /64";
  refused(none, "1", only);
  refused(none, too_long, only);
  const char* const of_eight =
      "a hexadecimal number of at most 8 bits: each host of the domain has a /56";
  refused(eight, "100", of_eight);
  refused(eight, too_long, of_eight);
  refused(most, "8000000000000000",
          "a hexadecimal number of at most 63 bits: each host of the domain has a /1");
  for (const auto& [prefix, such] : {std::pair(none, "0"), std::pair(eight, "1")})
    CHECK(
        refusal_of(lan(prefix, "::1")) ==
        "sixrd-lan: \"::1\" needs the subnet before it: INTERFACE [SUBNET [HOST]], such as eth1 " +
            std::string(such) + " ::1");
  // The last 64 bits are the host's, each of them.
  CHECK(spec_of(lan(none, "0 ::8000:0:0:1")).delegated_lan.at(0).host ==
        *Ipv6::parse("::8000:0:0:1"));
  for (const char* host : {"0:0:0:1::1", "::"})
    CHECK(refusal_of(lan(none, std::string("0 ") + host)) ==
          "sixrd-lan: \"" + std::string(host) +
              "\" is not the last half of an address, such as ::1");
  CHECK(refusal_of(lan(eight, "0")) ==
        "sixrd-lan: \"0\" is the subnet of the tunnel's own address: write a number from 1 up");
}

TEST_CASE("a mistake in a domain, or in an address of one, is no mistake of what lies in it") {
  const auto mistakes = [](const std::string& prefix, const Words& more) {
    std::vector<Complaint> complaints;
    understand_all(sixrd_with(prefix, more), hosts::situp_up, complaints);
    return complaints.size();
  };
  const char* const right = "2001:db8:5::/48 172.31.0.0/16";
  const Words inside{{"sixrd-relay", "172.32.0.0 172.31.0.0"},
                     {"sixrd-lan", "eth1 fff"},
                     {"sixrd-address", "10.0.0.1"}};
  for (const char* wrong : {"x", "\"2001:db8:5::/48\"", "fe80::/16 10.0.0.0/8"}) {
    CAPTURE(wrong);
    CHECK(mistakes(wrong, inside) == 1);
    CHECK(mistakes(wrong, {{"sixrd-local", "10.0.0.1"}}) == 1);
  }
  CHECK(mistakes(right, inside) == 4);
  CHECK(mistakes(right, {{"sixrd-local", "10.0.0.1"}}) == 1);
  CHECK(mistakes(right, {{"sixrd-local", "172.31.5.5"}}) == 0);
  // A source that comes later may have another address.
  CHECK(mistakes(right, {{"sixrd-local", "10.0.0.1 ec2"}}) == 0);
  CHECK(mistakes(right, {{"sixrd-local", "10.0.0.1"}, {"sixrd-address", "172.31.5.5"}}) == 0);
  CHECK(mistakes(right, {{"sixrd-local", "10.0.0.1"}, {"sixrd-address", "\"172.31.5.5\""}}) == 1);
}

TEST_CASE("each part of a route is there once") {
  const auto refusal = [](const std::string& route) {
    return refusal_of(sixin4_with({{"v4tunnel-route", route}}));
  };
  CHECK(refusal("default from 2001:db8::/48 metric 1 table 4294967295") == "taken");
  CHECK(refusal("default from 2001:db8::/48 metric 4294967295 default from 2001:db8::/49") ==
        "taken");
  for (const std::string part :
       {"from 2001:db8::/48", "metric 512", "metric 1024", "table 7", "table main"}) {
    const std::string word = part.substr(0, part.find(' '));
    CHECK(refusal("default " + part) == "taken");
    CHECK(refusal("default " + part + " " + part) ==
          "v4tunnel-route: \"" + word + "\" is there twice");
  }
  for (const char* number : {"0", "4294967296"})
    for (const char* word : {"metric", "table"})
      CHECK(refusal(std::string("default ") + word + " " + number) ==
            std::string("v4tunnel-route: ") + word + " \"" + number +
                "\" is not a number from 1 up");
}
