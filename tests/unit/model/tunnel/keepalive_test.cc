// SPDX-License-Identifier: GPL-2.0-or-later
// isatap-keepalive: what may be written, and the address that it pings on a host.
#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "model/tunnel/tunnel.h"

using namespace situp;

namespace {

using Words = std::vector<std::pair<std::string, std::string>>;

TunnelSpec spec(const std::string& keepalive, const Words& more) {
  Stanza stanza{"isatap0", "isatap0", "inet6", "manual", {}, {"interfaces", 1}};
  stanza.options = {{"isatap-keepalive", keepalive, {}}};
  for (const auto& [name, value] : more) stanza.options.push_back({name, value, {}});
  return understand(stanza, hosts::situp_up);
}

std::string refusal(const std::string& keepalive, const Words& more) {
  try {
    spec(keepalive, more);
  } catch (const Error& error) {
    CHECK(error.status() == Exit::configuration);
    return error.what();
  }
  return "taken";
}

/// The target where these are the router list and the local address; "" if there is none.
std::string target(const TunnelSpec& spec, const std::vector<const char*>& routers,
                   const char* local = "172.31.14.146",
                   const std::vector<const char*>& nodefault = {}) {
  Resolved resolved;
  resolved.local = *Ipv4::parse(local);
  for (const char* router : routers) resolved.routers.push_back(*Ipv4::parse(router));
  for (const char* router : nodefault) resolved.routers_nodefault.push_back(*Ipv4::parse(router));
  const auto found = keepalive_target(spec, resolved);
  return found ? found->str() : "";
}

const Words two{{"isatap-routers", "172.31.0.10 isatap.example.net"}};
const Words prefix{{"isatap-prefix", "2001:db8:3::/64"}};
const Words no_default{{"isatap-routers-nodefault", "172.31.0.10"}};

}  // namespace

TEST_CASE("an ISATAP keepalive pings the first router") {
  const TunnelSpec first = spec("30", two);
  CHECK(target(first, {"172.31.0.10", "172.31.0.11"}) == "fe80::5efe:ac1f:a");
  CHECK(target(first, {}, "172.31.14.146", {"172.31.0.12"}) == "fe80::5efe:ac1f:c");
  CHECK(target(first, {"172.31.0.10"}, "172.31.14.146", {"172.31.0.12"}) == "fe80::5efe:ac1f:a");
  // The kernel of a router with a global IPv4 address sets the u bit.
  CHECK(target(first, {"203.0.114.10"}) == "fe80::200:5efe:cb00:720a");
  CHECK(target(first, {"100.64.0.1"}) == "fe80::200:5efe:6440:1");
  CHECK(target(spec("30", no_default), {}, "172.31.14.146", {"172.31.0.10"}) ==
        "fe80::5efe:ac1f:a");
  CHECK(target(spec("off", two), {"172.31.0.10"}) == "");
}

TEST_CASE("a host that is a router itself pings the next one, or no address") {
  CHECK(target(spec("30", two), {"172.31.0.10", "172.31.0.11"}, "172.31.0.10") ==
        "fe80::5efe:ac1f:b");
  CHECK(target(spec("30", two), {"172.31.0.10"}, "172.31.0.10") == "");
  const Words gateway{{"gateway", "fe80::5efe:172.31.0.10"}};
  CHECK(target(spec("30", gateway), {}, "172.31.0.10") == "");
  const TunnelSpec named = spec("30 2001:db8:3::5efe:172.31.0.10", prefix);
  CHECK(target(named, {}, "172.31.0.10") == "");
  CHECK(target(named, {}) == "2001:db8:3::5efe:ac1f:a");
}

TEST_CASE("gateway comes before the routers, and an address before both") {
  const auto gateway = [](const char* address) {
    Words words = two;
    words.emplace_back("gateway", address);
    return words;
  };
  CHECK(target(spec("30", gateway("fe80::5efe:172.31.0.12")), {"172.31.0.10"}) ==
        "fe80::5efe:ac1f:c");
  // The router answers at the address that its kernel has, however the stanza writes it.
  CHECK(target(spec("30", gateway("fe80::5efe:203.0.114.10")), {"172.31.0.10"}) ==
        "fe80::200:5efe:cb00:720a");
  CHECK(target(spec("30", gateway("2001:db8:3::5efe:172.31.0.12")), {}) ==
        "2001:db8:3::5efe:ac1f:c");
  CHECK(target(spec("30 2001:db8:cafe::1", gateway("fe80::5efe:172.31.0.12")), {}) ==
        "2001:db8:cafe::1");
}

TEST_CASE("an ISATAP keepalive without a target, and with one that no packet reaches") {
  CHECK(refusal("30", prefix) ==
        "isatap-keepalive: there is no gateway or router that could be asked: name an address, "
        "30 ADDRESS");
  const std::string no_neighbour =
      "isatap-keepalive: on an ISATAP tunnel the address of a neighbour must hold its IPv4 "
      "address: fe80::5efe:A.B.C.D";
  CHECK(refusal("30 fe80::1", two) == no_neighbour);
  CHECK(refusal("30 2001:db8:3::1", prefix) == no_neighbour);
  CHECK(refusal("30 2001:db8:4::1", prefix) == "taken");
  CHECK(refusal("30 fe80::200:5efe:172.31.0.10", {}) == "taken");
}

TEST_CASE("a 6rd keepalive pings the first relay in its domain, or the address that is named") {
  TunnelSpec sixrd;
  sixrd.sit.kind = Kind::sixrd;
  sixrd.sit.domain = {*Ipv6Net::parse("2001:db8:4::/48"), *Ipv4Net::parse("172.31.0.0/16")};
  sixrd.keepalive.emplace();
  const auto target_by = [&sixrd](const std::vector<const char*>& relays) {
    Resolved resolved;
    resolved.local = *Ipv4::parse("172.31.14.146");
    for (const char* relay : relays) resolved.relays.push_back(*Ipv4::parse(relay));
    const auto found = keepalive_target(sixrd, resolved);
    return found ? found->str() : "";
  };
  CHECK(target_by({"172.31.0.1", "172.31.0.2"}) == "2001:db8:4:1::1");
  CHECK(target_by({}) == "");
  // One outside of the domain has no address in it.
  CHECK(target_by({"203.0.113.10"}) == "");
  // A relay asks no other host.
  CHECK(target_by({"172.31.0.1", "172.31.14.146"}) == "");
  sixrd.keepalive->target = Ipv6::parse("2001:db8:9::1");
  CHECK(target_by({"172.31.0.1"}) == "2001:db8:9::1");
  CHECK(target_by({"172.31.14.146"}) == "");
}

TEST_CASE("a wrong router list is one mistake, not two") {
  Stanza stanza{"isatap0", "isatap0", "inet6", "manual", {}, {"interfaces", 1}};
  for (const char* list : {"172.31.0", "$(routers)"}) {
    CAPTURE(list);
    stanza.options = {{"isatap-keepalive", "30", {}}, {"isatap-routers", list, {}}};
    std::vector<Complaint> complaints;
    understand_all(stanza, hosts::situp_up, complaints);
    CHECK(complaints.size() == 1);
  }
}
