// SPDX-License-Identifier: GPL-2.0-or-later
// Public addresses, relays, and how long each source may take.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "reconcile/resolve.h"
#include "unit/world.h"

using namespace situp;

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

Ipv4 v4(const char* text) {
  return *Ipv4::parse(text);
}

const char* const question =
    "metadata --endpoint http://169.254.169.254 --imds auto public-of 172.31.14.146";

/// A host whose address on the Internet is another one than it holds.
struct Cloud : World {
  Extent extent;
  std::optional<std::string> not_renewed;

  Cloud() { kernel.dmi = {"Amazon EC2", "m7g.medium", ""}; }
  Resolver make(milliseconds wait = {}) {
    return {kernel, extent, config, wait,
            [this](const Question& one, Deadline) { return answer(one); }};
  }
  Resolved resolve(const char* relay = "192.0.2.1", const Resolved* known = nullptr,
                   const char* local = "172.31.14.146") {
    return make().resolve(understand(stanza_of("t0", "manual",
                                               {{"sixrd-local", local},
                                                {"sixrd-prefix", "2001:db8::/32"},
                                                {"sixrd-relay", relay},
                                                {"sixrd-address", "public"}}),
                                     hosts::situp_up),
                          known, &not_renewed);
  }
  std::string why(const char* relay = "192.0.2.1", const Resolved* known = nullptr) {
    try {
      resolve(relay, known);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }
};

}  // namespace

TEST_CASE("the public address is asked for at the cloud that the source or the firmware names") {
  Cloud cloud;
  cloud.answers[question] = std::vector{v4("203.0.113.10")};
  CHECK(cloud.resolve().embedded == v4("203.0.113.10"));
  CHECK(cloud.asked == std::vector<std::string>{question});
  CHECK_FALSE(cloud.not_renewed);
  cloud.kernel.dmi = {};
  CHECK(cloud.why().rfind("sixrd-address public: this machine's firmware (DMI) names none", 0) ==
        0);
  cloud.answers["metadata --endpoint http://169.254.169.254 --imds auto primary"] =
      std::vector{v4("172.31.14.146")};
  CHECK(cloud.resolve("192.0.2.1", nullptr, "ec2").embedded == v4("203.0.113.10"));
  cloud.kernel.dmi = {"", "", "OracleCloud.com"};
  CHECK(cloud.why().find("metadata service does not tell public addresses: write the public "
                         "address itself") != std::string::npos);
}

TEST_CASE("an address has one public address, or none is taken") {
  Cloud cloud;
  CHECK(cloud.why().rfind("sixrd-address public: ", 0) == 0);
  cloud.answers[question] = std::vector<Ipv4>{};
  CHECK(cloud.why() ==
        "sixrd-address public: 172.31.14.146 has 0 public addresses: write the public address "
        "itself");
  cloud.answers[question] = std::vector{v4("203.0.113.10"), v4("203.0.113.11")};
  CHECK(cloud.why() ==
        "sixrd-address public: 172.31.14.146 has 2 public addresses: write the public address "
        "itself");
  // One that the Internet knows is not asked for.
  cloud.asked.clear();
  cloud.kernel.addresses4.push_back({v4("203.0.113.99"), 2, true});
  CHECK(cloud.resolve("192.0.2.1", nullptr, "203.0.113.99").embedded == v4("203.0.113.99"));
  CHECK(cloud.asked.empty());
}

TEST_CASE("the public address of the same local address is kept where there is no answer") {
  Cloud cloud;
  Resolved known;
  known.local = v4("172.31.14.146");
  known.embedded = v4("203.0.113.10");
  CHECK(cloud.resolve("192.0.2.1", &known).embedded == v4("203.0.113.10"));
  REQUIRE(cloud.not_renewed);
  CHECK(cloud.not_renewed->rfind("kept the public address 203.0.113.10: sixrd-address public: ",
                                 0) == 0);
  Resolved other = known;
  other.local = v4("172.31.14.1");
  CHECK(cloud.why("192.0.2.1", &other).rfind("sixrd-address public: ", 0) == 0);
  other = known;
  other.embedded = {};
  CHECK(cloud.why("192.0.2.1", &other).rfind("sixrd-address public: ", 0) == 0);
  CHECK(cloud.why().rfind("sixrd-address public: ", 0) == 0);
}

TEST_CASE("a relay is reached at the local address of its tunnel") {
  Cloud cloud;
  cloud.answers[question] = std::vector{v4("203.0.113.10")};
  cloud.kernel.add("eth1");
  cloud.kernel.addresses4.push_back({v4("172.31.32.7"), 3, true});
  CHECK(cloud.resolve("172.31.14.146").relays == std::vector{v4("172.31.14.146")});
  CHECK(cloud.resolve("172.31.32.8").relays == std::vector{v4("172.31.32.8")});
  CHECK(cloud.why("172.31.32.7") ==
        "t0: this host is the relay 172.31.32.7, which eth1 holds, and the tunnel's local address "
        "is 172.31.14.146: write sixrd-local interface:eth1");
}

TEST_CASE("a source that others follow may use half of the time that is left") {
  World world;
  const Extent extent;
  std::vector<Deadline> deadlines;
  Resolver resolver(world.kernel, extent, world.config, hours(1),
                    [&](const Question&, Deadline deadline) -> Answer {
                      deadlines.push_back(deadline);
                      return FailureAnswer{Failure::unreachable, 111};
                    });
  const std::vector<Source> chain{parse_source("ec2").value(), parse_source("gce").value(),
                                  parse_source("ec2:3.4.5.6").value()};
  CHECK_THROWS_AS(resolver.address(chain, {}, {}), Error);
  REQUIRE(deadlines.size() == 3);
  for (const std::size_t i : {0U, 1U}) {
    CHECK(deadlines[i].left() > minutes(25));
    CHECK(deadlines[i].left() <= minutes(30));
  }
  CHECK(deadlines[2].left() > minutes(45));
}

TEST_CASE("names of routers and relays, and addresses of one source, are asked ahead") {
  World world;
  std::vector<std::string> batch;
  const Asker asker([&](const Question& asked, Deadline) { return world.answer(asked); },
                    [&](const std::vector<Question>& questions, Deadline) {
                      for (const Question& one : questions) batch.push_back(str(one));
                      return std::vector<Answer>(questions.size(), std::vector{v4("192.0.2.1")});
                    });
  const Extent extent;
  Resolver resolver(world.kernel, extent, world.config, milliseconds(0), asker);
  TunnelSpec isatap;
  isatap.local = {parse_source("ec2:eth0").value()};
  isatap.routers = {*HostName::parse("a.example")};
  isatap.routers_nodefault = {v4("10.0.0.1"), *HostName::parse("b.example")};
  TunnelSpec sixrd;
  sixrd.local = {parse_source("ec2:3.4.5.6").value()};
  sixrd.relays = {*HostName::parse("c.example")};
  // Neither has an interface that the service could know.
  TunnelSpec lost = sixrd, no_mac = sixrd;
  lost.local = {parse_source("ec2:eth7").value()};
  no_mac.local = {parse_source("ec2:lo").value()};
  resolver.ask_ahead({&isatap, &sixrd, &lost, &no_mac});
  const std::string metadata = "metadata --endpoint http://169.254.169.254 --imds auto ";
  std::sort(batch.begin(), batch.end());
  CHECK(batch == std::vector<std::string>{metadata + "mac 02:00:00:00:00:02",
                                          metadata + "public 3.4.5.6", "resolve a.example",
                                          "resolve b.example", "resolve c.example"});
}
