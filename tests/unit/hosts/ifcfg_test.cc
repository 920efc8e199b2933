// SPDX-License-Identifier: GPL-2.0-or-later
#include "hosts/ifcfg.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "model/stanza/spec.h"
#include "unit/world.h"

using namespace situp;

namespace {

Ifcfg read(Lines lines) {
  lines.insert(lines.begin(),
               {"PATH=/sbin:/usr/sbin:/bin:/usr/bin", "CONFIG=ifcfg-he-ipv6", "odd"});
  std::vector<const char*> variables;
  variables.reserve(lines.size() + 1);
  for (const std::string& line : lines) variables.push_back(line.c_str());
  variables.push_back(nullptr);
  return read_ifcfg(variables.data());
}

Ifcfg v4tunnel(Lines lines) {
  lines.insert(lines.end(), {"DEVICE=he-ipv6", "DEVICETYPE=v4tunnel"});
  return read(std::move(lines));
}
Ifcfg isatap(Lines lines) {
  lines.insert(lines.end(), {"DEVICE=sit1", "DEVICETYPE=isatap"});
  return read(std::move(lines));
}

Lines options(const Ifcfg& ifcfg) {
  Lines lines;
  for (const Option& option : as_stanza(ifcfg).stanza.options)
    lines.push_back(option.name + " " + option.value);
  std::sort(lines.begin(), lines.end());
  return lines;
}

TunnelSpec spec(const Ifcfg& ifcfg) {
  return understand(as_stanza(ifcfg).stanza, hosts::situp_up);
}

std::string refusal(const Ifcfg& ifcfg) {
  try {
    spec(ifcfg);
  } catch (const Error& error) {
    CHECK(error.status() == Exit::configuration);
    return in_ifcfg_words(error).what();
  }
  FAIL("it was taken");
  return {};
}

const std::string file = "/etc/sysconfig/network-scripts/ifcfg-he-ipv6: ";
const std::string far_end = "IPV6TUNNELIPV4=216.66.80.26";
const std::string address = "IPV6ADDR=2001:db8:1::2/64";

}  // namespace

TEST_CASE("the stock keys of a tunnel keep their meaning") {
  const Ifcfg ifcfg = v4tunnel({far_end, "IPV6TUNNELIPV4LOCAL=ec2 interface:eth0", address,
                                "IPV6ADDR_SECONDARIES=2001:db8:2::2 2001:db8:3::2/48",
                                "IPV6_MTU=1400", "IPV6_DEFAULTGW=2001:db8:1::1", "IPV6INIT=yes",
                                "IPV6FORWARDING=yes", "ONBOOT=yes", "TYPE=v4tunnel"});
  CHECK(options(ifcfg) == Lines{"address 2001:db8:1::2/64", "address 2001:db8:2::2/64",
                                "address 2001:db8:3::2/48", "gateway 2001:db8:1::1", "metric 1",
                                "mtu 1400", "v4tunnel-endpoint 216.66.80.26",
                                "v4tunnel-local ec2 interface:eth0"});
  const TunnelSpec tunnel = spec(ifcfg);
  CHECK(tunnel.manual);
  CHECK(tunnel.addresses.size() == 3);
  CHECK(tunnel.local.size() == 2);
  CHECK(tunnel.sit.ttl == 255);
  CHECK_FALSE(ifcfg.automatic);
  CHECK(v4tunnel({"CLASS=auto"}).automatic);
}

TEST_CASE("every option of ours is a key") {
  const Ifcfg ifcfg =
      isatap({"ISATAP_PREFIX=2002:ca0c:1e01::/64", "ISATAP_LOCAL=interface:eth0",
              "ISATAP_ROUTERS=172.31.0.10 isatap.example.net",
              "ISATAP_ROUTERS_NODEFAULT=172.31.0.11", "ISATAP_TTL=32", "ISATAP_TOS=inherit",
              "ISATAP_PMTU=yes", "ISATAP_MTU=auto", "ISATAP_DEV=eth0"});
  const TunnelSpec tunnel = spec(ifcfg);
  CHECK(tunnel.sit.kind == Kind::isatap);
  CHECK(tunnel.iface.str() == "sit1");
  CHECK(tunnel.prefixes.size() == 1);
  CHECK(tunnel.routers.size() == 2);
  CHECK(tunnel.routers_nodefault.size() == 1);
  CHECK(tunnel.sit.ttl == 32);
  CHECK(tunnel.sit.tos == 1);
  CHECK_FALSE(tunnel.mtu);
  CHECK(tunnel.dev->str() == "eth0");
  const TunnelSpec six =
      spec(v4tunnel({"V4TUNNEL_ENDPOINT=broker.example.net", "V4TUNNEL_TTL=64", "V4TUNNEL_TOS=8",
                     "V4TUNNEL_PMTU=yes", "V4TUNNEL_MTU=1472", "V4TUNNEL_DEV=eth0",
                     "V4TUNNEL_LOCAL=route", "V4TUNNEL_LAN=eth0 2001:db8:70::1/64"}));
  CHECK(str(*six.endpoint) == "broker.example.net");
  CHECK(six.lan.size() == 1);
  CHECK(six.mtu == 1472U);
}

TEST_CASE("DEVICETYPE alone opts in, with the defaults of the stanza's options") {
  CHECK(spec(isatap({"ISATAP_PREFIX=2001:db8::/64"})).local ==
        std::vector<Source>{default_source()});
  CHECK(spec(isatap({"IPV6ADDR=2001:db8::5efe:a00:1/64"})).local ==
        std::vector<Source>{default_source()});
  CHECK(spec(v4tunnel({far_end})).local == std::vector<Source>{default_source()});
  CHECK(spec(v4tunnel({far_end, "IPV6TUNNELIPV4LOCAL=any"})).local ==
        std::vector<Source>{AnyLocal{}});
}

TEST_CASE("a file that names the device only says nothing of a tunnel") {
  CHECK_FALSE(v4tunnel({"TYPE=v4tunnel", "ONBOOT=yes", "IPV6INIT=yes", "IPV6_DEFAULTDEV=he-ipv6",
                        "IPV6_DEFAULTGW=2001:db8::1", "IPV6ADDR=", "IPV6_AUTOCONF=no"})
                  .says_something());
  CHECK(v4tunnel({far_end}).says_something());
  CHECK(v4tunnel({"V4TUNNEL_TTL="}).says_something());
  CHECK(isatap({"ISATAP_PREFIX=2001:db8::/64"}).says_something());
}

TEST_CASE("the default route is made where network-functions-ipv6 would make it") {
  struct Case {
    Lines keys;
    const char* gateway;  // nullptr = no route
    std::size_t remarks;
  };
  const Case cases[] = {
      {{"IPV6_DEFAULTDEV=he-ipv6"}, "::", 0},
      {{"IPV6_DEFAULTDEV=he-ipv6", "IPV6_DEFAULTGW=::"}, "::", 0},
      {{"IPV6_DEFAULTDEV=eth0"}, nullptr, 0},
      {{"IPV6_DEFAULTDEV=eth0", "IPV6_DEFAULTGW=2001:db8:1::1"}, nullptr, 0},
      {{"IPV6_DEFAULTDEV=he-ipv6", "IPV6_DEFAULTGW=2001:db8:9::1"}, "2001:db8:9::1", 0},
      {{"IPV6_DEFAULTGW=fe80::1%he-ipv6"}, "fe80::1", 0},
      {{"IPV6_DEFAULTGW=fe80::1%eth0"}, nullptr, 0},
      {{"IPV6_DEFAULTGW=fe80::1%he-ipv6", "IPV6_DEFAULTDEV=eth0"}, "fe80::1", 0},
      {{"IPV6_DEFAULTGW=fe80::1"}, nullptr, 1},
      {{"IPV6_DEFAULTGW=2001:db8:1::1"}, "2001:db8:1::1", 0},
      {{"IPV6_DEFAULTGW=2001:db8:9::1"}, nullptr, 1},
      {{"IPV6_DEFAULTGW=::"}, nullptr, 0},
      {{"IPV6_DEFAULTGW="}, nullptr, 0},
  };
  for (const Case& each : cases) {
    Lines keys{far_end, address};
    keys.insert(keys.end(), each.keys.begin(), each.keys.end());
    const Ifcfg ifcfg = v4tunnel(keys);
    CAPTURE(each.keys[0]);
    CHECK(as_stanza(ifcfg).remarks.size() == each.remarks);
    const TunnelSpec tunnel = spec(ifcfg);
    REQUIRE(tunnel.gateway.has_value() == (each.gateway != nullptr));
    if (each.gateway == nullptr) continue;
    CHECK(tunnel.gateway == Ipv6::parse(each.gateway));
    CHECK(tunnel.metric == 1U);
  }
  CHECK(spec(isatap({"ISATAP_PREFIX=2001:db8::/64", "IPV6_DEFAULTGW=2001:db8::5efe:10.0.0.1"}))
            .gateway);
}

TEST_CASE("an error names the file and the key") {
  CHECK(refusal(v4tunnel({far_end, "V4TUNNEL_TTL=0"})) ==
        file + "V4TUNNEL_TTL: \"0\" is not a number from 1 to 255 or inherit");
  CHECK(refusal(v4tunnel({far_end, "V4TUNNEL_PMTU=no"})) ==
        file +
            "V4TUNNEL_PMTU: the kernel forbids fragments whenever a ttl is set: add V4TUNNEL_TTL "
            "inherit");
  CHECK(refusal(v4tunnel({far_end, "V4TUNNEL_LOKAL=ec2"})) ==
        file +
            "V4TUNNEL_LOKAL: situp has no such option; did you mean V4TUNNEL_LOCAL? see "
            "situp-ifcfg(5)");
  CHECK(refusal(v4tunnel({far_end, "V4TUNNEL_ttl=3"})) ==
        file + "V4TUNNEL_ttl: keys are in capital letters: write V4TUNNEL_TTL");
  CHECK(refusal(v4tunnel({far_end, "V4TUNNEL_TTL="})) == file + "V4TUNNEL_TTL: has no value");
  CHECK(refusal(v4tunnel({far_end, "V4TUNNEL_LOCAL=`curl x`"})).find("no shell commands") !=
        std::string::npos);
  CHECK(refusal(v4tunnel({far_end, "IPV6ADDR=x\x1b[2J"})) ==
        file + "IPV6ADDR: \"x?[2J/64\" is not an IPv6 address");
  CHECK(refusal(v4tunnel({far_end, address, "IPV6ADDR_SECONDARIES=2001:db8:1::2"})) ==
        file + "IPV6ADDR_SECONDARIES: 2001:db8:1::2 is there twice");
  CHECK(refusal(v4tunnel({far_end, "IPV6_MTU=900"})).find(file + "IPV6_MTU: \"900\"") == 0);
  CHECK(refusal(v4tunnel({far_end, "IPV6_MTU=1400", "V4TUNNEL_MTU=1400"})) ==
        file + "V4TUNNEL_MTU: says the same as IPV6_MTU: remove one of the two");
  CHECK(refusal(v4tunnel({far_end, "V4TUNNEL_ENDPOINT=1.2.3.4"})) ==
        file + "V4TUNNEL_ENDPOINT: says the same as IPV6TUNNELIPV4: remove one of the two");
  CHECK(refusal(v4tunnel({far_end, "IPV6TUNNELIPV4LOCAL=ec2", "V4TUNNEL_LOCAL=ec2"})) ==
        file + "V4TUNNEL_LOCAL: says the same as IPV6TUNNELIPV4LOCAL: remove one of the two");
  CHECK(refusal(v4tunnel({address})) ==
        file + "IPV6TUNNELIPV4: is missing: the far end's IPv4 address");
  // What a command in the file has failed to give.
  CHECK(refusal(v4tunnel({far_end, "IPV6TUNNELIPV4LOCAL="})).find("is empty") != std::string::npos);
  CHECK(refusal(isatap({far_end, "ISATAP_PREFIX=2001:db8::/64"})).find("no single endpoint") !=
        std::string::npos);
  CHECK(refusal(isatap({"ISATAP_PREFIX=2001:db8::/64", "IPV6_DEFAULTDEV=sit1"}))
            .find("IPV6_DEFAULTDEV: on an ISATAP tunnel the next hop") != std::string::npos);
}

TEST_CASE("what network-scripts have taken for another kind is told") {
  CHECK(refusal(v4tunnel({"ISATAP_PREFIX=2001:db8::/64"})) ==
        file +
            "ISATAP_PREFIX: is for another kind of tunnel: write DEVICETYPE=isatap, or remove "
            "the key");
  CHECK(refusal(v4tunnel({far_end, "TYPE=isatap"})) ==
        file +
            "TYPE: is isatap, but network-scripts take DEVICETYPE, or the device's name, for "
            "v4tunnel: write DEVICETYPE=isatap");
}

TEST_CASE("nobody but the scripts can call it") {
  const char* const nothing[] = {"DEVICE=he-ipv6", nullptr};
  CHECK_THROWS_AS(read_ifcfg(nothing), Error);
  CHECK_THROWS_AS(read({"DEVICE=x", "DEVICETYPE=sit"}), Error);
  CHECK_THROWS_WITH_AS(read({"DEVICETYPE=isatap"}), (file + "DEVICE: is missing").c_str(), Error);
  CHECK_THROWS_WITH_AS(read({"DEVICETYPE=isatap", "DEVICE=a/b"}),
                       (file + "DEVICE: \"a/b\" is not an interface's name").c_str(), Error);
}

TEST_CASE("a file is told by its own name, whatever the device's is") {
  const ScratchFolder folder;
  folder.put(std::string(ifcfg_directory).substr(1) + "/ifcfg-tun",
             "DEVICE=he-ipv6\nDEVICETYPE=v4tunnel\nIPV6TUNNELIPV4=$(cat /etc/end)\n");
  const auto files = read_ifcfg_files(folder.path());
  REQUIRE(files.size() == 1);
  CHECK(files[0].device == "he-ipv6");
  CHECK(files[0].file == std::string(ifcfg_directory) + "/ifcfg-tun");
  CHECK_FALSE(files[0].ifcfg);
}

TEST_CASE("the kind of a key") {
  CHECK(kind_of_key("V4TUNNEL_TTL") == &row_of(Kind::sixin4));
  CHECK(kind_of_key("ISATAP_NO_SUCH") == &row_of(Kind::isatap));
  for (const char* other : {"v4tunnel_ttl", "V4TUNNELX_TTL", "V4TUNNEL", "IPV6ADDR", ""})
    CHECK_MESSAGE(kind_of_key(other) == nullptr, other);
}
