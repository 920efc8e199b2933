// SPDX-License-Identifier: GPL-2.0-or-later
// From any start, up gives what the stanza says; where the kernel refuses a part, all is as it was.
#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include "unit/world.h"

using namespace situp;

namespace {

void add_common(Chance& chance, const std::string& prefix, Words& options) {
  if (chance.once_in(2)) {
    // Without a TTL of its own the packet may be fragmented.
    const bool inherits = chance.once_in(3);
    options.emplace_back(prefix + "-ttl", inherits ? "inherit" : chance.of("64", "255", "1"));
    if (inherits && chance.once_in(2)) options.emplace_back(prefix + "-pmtu", "no");
  }
  if (chance.once_in(4)) options.emplace_back(prefix + "-tos", chance.of("inherit", "16"));
  if (chance.once_in(2)) options.emplace_back(prefix + "-mtu", chance.of("1280", "1472", "auto"));
  if (chance.once_in(4)) options.emplace_back(prefix + "-dev", "eth0");
  if (chance.once_in(3))
    options.emplace_back(prefix + "-encap",
                         chance.of("fou 5555", "fou 5555 sport auto", "fou 6666 sport 5555"));
}

Stanza sixin4(Chance& chance) {
  Words options{
      {"v4tunnel-endpoint", chance.of("216.66.80.26", "216.66.84.46", "tunnel.example")},
      {"v4tunnel-local", chance.of("172.31.14.146", "172.31.14.146", "any", "ec2", "interface:eth0",
                                   "ec2 interface:eth1 interface:eth0")}};
  add_common(chance, "v4tunnel", options);
  const bool has_address = !chance.once_in(5);
  if (has_address) {
    options.emplace_back("address",
                         chance.of("2001:db8:1::2/64", "2001:db8:1::2/127", "2001:db8:3::2/64"));
    if (chance.once_in(4)) options.emplace_back("preferred-lifetime", chance.of("0", "3600"));
  }
  switch (chance.below(4)) {
    case 0:
      options.emplace_back("gateway", chance.of("2001:db8:1::1", "::", "fe80::1"));
      if (chance.once_in(3)) options.emplace_back("metric", chance.of("512", "2048"));
      break;
    case 1:
      options.emplace_back("v4tunnel-route",
                           has_address ? "default" : "default from 2001:db8:9::/48");
      break;
    case 2:
      options.emplace_back("v4tunnel-route", chance.of("default from 2001:db8:1::/64 table 100",
                                                       "default table 100 metric 7"));
      break;
    default:
      break;
  }
  for (unsigned i = chance.below(3); i > 0; --i)
    options.emplace_back("v4tunnel-lan",
                         i == 1 ? "eth0 2001:db8:2::1/64" : "eth1 2001:db8:4::1/64");
  if (chance.once_in(3))
    options.emplace_back("v4tunnel-routed", chance.of("2001:db8:9::/48", "2001:db8:4::/64",
                                                      "2001:db8:9::/48 2001:db8:9:1::/64"));
  if (chance.once_in(3)) options.emplace_back("v4tunnel-firewall", chance.of("stateful", "off"));
  if (chance.once_in(3)) options.emplace_back("v4tunnel-mss", chance.of("clamp", "off"));
  return stanza_of("t0", chance.of("v4tunnel", "static", "manual"), options);
}

Stanza isatap(Chance& chance) {
  Words options{{"isatap-local", chance.of("172.31.14.146", "ec2", "interface:eth0")}};
  add_common(chance, "isatap", options);
  options.emplace_back("isatap-prefix",
                       chance.of("2001:db8:5::/64", "2001:db8:6::/64 2001:db8:7::/64"));
  if (chance.once_in(2))
    options.emplace_back("isatap-routers",
                         chance.of("172.31.0.10", "172.31.0.10 172.31.0.11", "routers.example"));
  if (chance.once_in(3))
    options.emplace_back("isatap-routers-nodefault", chance.of("172.31.0.12", "172.31.0.11"));
  return stanza_of("t0", chance.of("static", "manual"), options);
}

Stanza sixrd(Chance& chance) {
  Words options{{"sixrd-local", chance.of("172.31.14.146", "ec2", "interface:eth0")}};
  add_common(chance, "sixrd", options);
  options.emplace_back("sixrd-prefix", chance.of("2001:db8:5::/48 172.31.0.0/16",
                                                 "2001:db8:6::/40 172.31.0.0/16", "2001:db8::/32"));
  if (!chance.once_in(4))
    options.emplace_back("sixrd-relay", chance.of("172.31.0.10", "172.31.0.10 172.31.0.11",
                                                  "172.31.14.146", "routers.example"));
  if (chance.once_in(3)) options.emplace_back("sixrd-address", "172.31.99.1");
  if (chance.once_in(3)) options.emplace_back("sixrd-lan", chance.of("eth0", "eth1 0 ::5", "eth9"));
  if (chance.once_in(3))
    options.emplace_back("sixrd-route", chance.of("default", "default metric 512",
                                                  "default from 2001:db8::/32 table 100"));
  if (chance.once_in(3)) options.emplace_back("sixrd-filter", chance.of("domain", "off"));
  if (chance.once_in(3)) options.emplace_back("sixrd-firewall", chance.of("stateful", "off"));
  if (chance.once_in(4)) options.emplace_back("sixrd-mss", chance.of("clamp", "off"));
  return stanza_of("t0", "manual", options);
}

/// One that says nothing wrong.
Stanza any_stanza(Chance& chance) {
  for (;;) {
    Stanza stanza = chance.once_in(3)   ? isatap(chance)
                    : chance.once_in(3) ? sixrd(chance)
                                        : sixin4(chance);
    std::vector<Complaint> complaints;
    understand_all(stanza, hosts::situp_up, complaints);
    if (complaints.empty()) return stanza;
  }
}

/// What others do to a tunnel that is up, and what other hosts are like.
void disturb(Chance& chance, World& world) {
  FakeKernel& kernel = world.kernel;
  FakeKernel::Device* device = kernel.device("t0");
  const auto forget_one = [&](auto& list) {
    if (!list.empty()) list.erase(list.begin() + chance.below(static_cast<unsigned>(list.size())));
  };
  for (unsigned times = chance.below(4); times > 0 && device != nullptr; --times) {
    switch (chance.below(13)) {
      case 0:
        forget_one(device->addresses);
        break;
      case 1:
        forget_one(device->routes);
        break;
      case 2:
        forget_one(device->routers);
        break;
      case 3:
        device->link.mtu = 1400;
        break;
      case 4:
        device->link.sit->ttl = 17;
        device->link.sit->pmtu = true;
        break;
      case 5:
        device->link.up = false;
        device->addresses.clear();
        device->routes.clear();
        break;
      case 6:
        kernel.devices.erase(device->link.index);
        device = nullptr;
        break;
      case 7:
        device->link.sit->local = *Ipv4::parse("172.31.14.147");
        break;
      case 8:
        kernel.firewalls.erase("t0");
        forget_one(kernel.rules4);
        forget_one(kernel.unreachable);
        if (kernel.rules6.size() > 2)
          kernel.rules6.erase(kernel.rules6.begin() + 2 +
                              chance.below(static_cast<unsigned>(kernel.rules6.size() - 2)));
        break;
      case 11:
        forget_one(kernel.fou_ports);
        break;
      case 12:
        device->link.sit->encap = {7777, 0, false};
        break;
      case 9:
        // Another program's rule for all packets comes before main's, and situp's go before it.
        kernel.rules6.push_back(
            {chance.once_in(2) ? 32764U : 700U, main_table, false, 0U, "", Ipv6Net{{}, 0}, false});
        break;
      default:
        device->addresses.push_back(
            {*Ipv6Net::parse(chance.of("2001:db8:8::8/64", "fe80::77/64"))});
        break;
    }
  }
}

void settle(Chance& chance, World& world) {
  FakeKernel& kernel = world.kernel;
  if (chance.once_in(2)) kernel.add_sit("sit0", Sit{});
  kernel.add("eth1");
  kernel.forwards = true;
  kernel.has_fou = true;
  if (chance.once_in(6)) kernel.fou_ports.push_back({{5555, {}}, true});
  if (chance.once_in(4))
    kernel.default_address_generation = static_cast<std::uint8_t>(chance.below(4));
  if (chance.once_in(4))
    kernel.default_accept_ra = {static_cast<std::uint8_t>(chance.below(3)), chance.once_in(2)};
  // A person has moved the rule of the table local, so far that there is no place behind it.
  if (chance.once_in(8)) kernel.rules6[0].preference = chance.once_in(2) ? 100 : 32765;
  if (chance.once_in(4))
    kernel.device("eth1")->routes.push_back(
        {{*Ipv6::parse("fe80::9"), 900, {}, main_table}, chance.once_in(2)});
  if (chance.once_in(2)) {
    // A subnet with a router: ISATAP's next hop.
    const int eth0 = kernel.device("eth0")->link.index;
    kernel.routes4.push_back({main_table, *Ipv4::parse("172.31.0.0"), 20, {}, eth0, 0});
    kernel.routes4.push_back({main_table, {}, 0, *Ipv4::parse("172.31.0.1"), eth0, 0});
    if (chance.once_in(3)) world.config.next_hop.policy = NextHopPolicy::gateway;
    if (chance.once_in(4)) kernel.keeps_marks = false;
    if (chance.once_in(4)) kernel.rules4.push_back({41, 100, 0x736974, 0xffffffff, true});
  }
  const std::vector<Ipv4> own{*Ipv4::parse("172.31.14.146")};
  world.answers["metadata --endpoint http://169.254.169.254 --imds auto primary"] = own;
  world.answers["resolve tunnel.example"] = std::vector<Ipv4>{*Ipv4::parse("216.66.80.30")};
  world.answers["resolve routers.example"] =
      std::vector<Ipv4>{*Ipv4::parse("172.31.0.20"), *Ipv4::parse("172.31.0.21")};
}

/// The host on which the seed's stanza is to come up.
struct Case {
  explicit Case(std::uint64_t seed) : chance(seed), world() {
    settle(chance, world);
    if (!chance.once_in(4)) {
      const Stanza before = any_stanza(chance);
      first = world.up(before);
      disturb(chance, world);
      if (chance.once_in(6)) world.records.remove(iface_named("t0"));
      stanza = chance.once_in(3) ? before : any_stanza(chance);
    } else {
      stanza = any_stanza(chance);
    }
    world.kernel.done.clear();
  }

  Chance chance;
  World world;
  Result first;
  Stanza stanza;
};

std::string words_of_stanza(const Stanza& stanza) {
  std::string text = stanza.method + ":";
  for (const Option& option : stanza.options) text += " " + option.name + "=" + option.value;
  return text;
}

constexpr std::uint64_t cases = 400;

/// The difference that is left after an undo. A device that is made again has the link-local
/// address with which the kernel brings it up, also where somebody had removed it.
Lines left_over(const FakeKernel& kernel, const std::string& before) {
  const Lines changed = changed_lines(before, kernel.text());
  const bool anew = std::find(kernel.done.begin(), kernel.done.end(), "ip link delete dev t0") !=
                    kernel.done.end();
  const bool is_link_local = changed.size() == 1 && changed[0].rfind("+ address t0 fe80::", 0) == 0;
  return anew && is_link_local ? Lines{} : changed;
}

}  // namespace

TEST_CASE("from any start, what up has made is what the stanza says") {
  unsigned made = 0;
  for (std::uint64_t seed = 1; seed <= cases; ++seed) {
    Case one(seed);
    CAPTURE(seed);
    const std::string before = one.world.kernel.text();
    CAPTURE(before);
    const std::string said = words_of_stanza(one.stanza);
    CAPTURE(said);
    const std::string record = one.world.file("t0");
    CAPTURE(record);
    const Result result = one.world.up(one.stanza);
    const std::string after = one.world.kernel.text();
    CAPTURE(after);
    if (result.error) {
      const std::string why = result.error->what();
      CAPTURE(why);
      // A device or an address that isn't situp's is all that can be in the way; without a record,
      // also a route of the stanza as it was.
      const bool by_route = why.find("another default route has this metric") != std::string::npos;
      CHECK((why.find("not situp's") != std::string::npos || (record.empty() && by_route)));
      CHECK(after == before);
      CHECK(one.world.file("t0") == record);
      continue;
    }
    ++made;
    CHECK(one.world.differences("t0") == Lines{});
    CHECK(commands(one.world.reconciler().plan_up({Job{one.stanza}}).front().plan) == Lines{});
    // Nor is anything done a second time.
    one.world.kernel.done.clear();
    CHECK_FALSE(one.world.up(one.stanza).error);
    CHECK(one.world.kernel.done == Lines{});
  }
  CHECK(made > cases * 3 / 4);
}

TEST_CASE("whichever snapshot fails, all is as it was before") {
  unsigned failed = 0;
  for (std::uint64_t seed = 1; seed <= cases; ++seed) {
    for (unsigned number = 1;; ++number) {
      Case one(seed);
      FakeKernel& kernel = one.world.kernel;
      const std::string before = kernel.text();
      const std::string record = one.world.file("t0");
      // Also the one after a next hop that was refused.
      Chance chance(seed);
      const unsigned refused = chance.below(8);
      if (refused != 0) kernel.refusals[refused] = EOPNOTSUPP;
      kernel.unseen.emplace(kernel.snapshots + number, Error(Exit::system, "netlink", "no buffer"));
      const unsigned last = kernel.snapshots + number;
      const Result result = one.world.up(one.stanza);
      if (kernel.snapshots < last) break;  // there were no more
      CAPTURE(seed);
      CAPTURE(number);
      CAPTURE(kernel.done);
      REQUIRE(result.error);
      // Where the kernel refuses a part of the way back, the record names what may be there.
      const std::string why = result.error->what();
      if (why.find("could not be put back") != std::string::npos) continue;
      ++failed;
      CHECK(left_over(kernel, before) == Lines{});
      CHECK(one.world.file("t0") == record);
    }
  }
  CHECK(failed > cases);
}

TEST_CASE("whichever operation is refused, all is as it was before") {
  unsigned refused = 0;
  for (std::uint64_t seed = 1; seed <= cases; ++seed) {
    for (unsigned number = 1;; ++number) {
      Case one(seed);
      FakeKernel& kernel = one.world.kernel;
      const std::string before = kernel.text();
      const std::string record = one.world.file("t0");
      kernel.refusals[number] = EBUSY;
      const Result result = one.world.up(one.stanza);
      if (kernel.done.size() < number) break;  // there were no more
      CAPTURE(seed);
      CAPTURE(number);
      CAPTURE(before);
      const std::string said = words_of_stanza(one.stanza);
      CAPTURE(said);
      CAPTURE(kernel.done);
      // Without a next hop of its own the tunnel works as well as the kernel has it.
      const std::string& operation = kernel.done[number - 1];
      if (operation.rfind("ip -6 rule add", 0) == 0) {
        CHECK_FALSE(result.error);
        CHECK(one.world.record("t0")->no_on_link_rules);
        CHECK(one.world.record("t0")->owned.on_link_rules.empty());
        continue;
      }
      if (operation.rfind("ip rule add", 0) == 0 || operation.rfind("ip route replace", 0) == 0) {
        CHECK_FALSE(result.error);
        CHECK(kernel.device("t0")->link.sit->mark == 0);
        continue;
      }
      REQUIRE(result.error);
      const std::string why = result.error->what();
      CAPTURE(why);
      CHECK(left_over(kernel, before) == Lines{});
      CHECK(one.world.file("t0") == record);
      ++refused;
    }
  }
  CHECK(refused > cases);
}
