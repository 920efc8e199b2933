// SPDX-License-Identifier: GPL-2.0-or-later
// isatap-dead: the default routes of advertisements that go, and come back.
#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "upkeep/routers.h"

using namespace situp;
using std::chrono::seconds;

namespace {

using Set = std::set<Ipv4>;

Ipv4 v4(const char* text) {
  return Ipv4::parse(text).value();
}

const Ipv4 first = v4("172.31.0.10"), second = v4("172.31.0.11");

/// Routers that advertise when asked while they are in `there`, and a kernel that has the default
/// routes.
struct Link {
  explicit Link(const std::vector<Router>& list, const Set& answering) : there(answering) {
    routers.set(list, now);
    run_for(seconds(10));
    REQUIRE(routes == there);
  }

  void take(const Routers::Step& step) {
    for (const auto& [router, has_other] : step.demote) {
      routes.erase(router);
      log.push_back(router.str() + (has_other ? " is replaced" : " is withdrawn"));
    }
    for (const Ipv4 router : step.promoted) log.push_back(router.str() + " is back");
    for (const Ipv4 router : step.solicit) {
      ++solicited;
      if (there.count(router) != 0) advertise(router);
    }
    for (const Routers::Ping& ping : step.ping)
      if (there.count(ping.router) != 0) take(routers.answered(ping.router, ping.sequence, now));
  }
  void advertise(Ipv4 router) {
    routes.insert(router);
    RouterAdvertisement advertisement;
    advertisement.lifetime = 1800;
    take(routers.advertised(router, advertisement, now));
  }
  void run_for(seconds time) {
    const Moment end = now + time;
    while (*routers.next() <= end) {
      now = *routers.next();
      take(routers.tick(now));
    }
    now = end;
  }
  void target_is_dead(const char* target) {
    take(routers.withdraw({true, Ipv6::parse(target)}, now));
  }
  void target_answers() { take(routers.withdraw({true, {}}, now)); }

  Moment now{};
  Routers routers{7};
  Set there, routes;
  std::vector<std::string> log;
  int solicited = 0;
};

const std::vector<Router> both{{first, true}, {second, true}};

}  // namespace

TEST_CASE("the advertised default route goes while the keepalive calls its router dead") {
  Link link({{first, true}}, {first});
  link.target_answers();
  CHECK(link.routes == Set{first});
  link.target_is_dead("fe80::5efe:172.31.0.10");
  CHECK(link.routes.empty());
  CHECK(link.routers.is_withdrawn(first));
  // An advertisement that was on its way, or of a router that answers no pings.
  link.advertise(first);
  CHECK(link.routes.empty());
  CHECK(link.routers.is_withdrawn(first));
  link.run_for(seconds(1200));
  CHECK(link.routes.empty());
  link.log.clear();
  link.target_answers();
  link.run_for(seconds(5));
  CHECK(link.routes == Set{first});
  CHECK_FALSE(link.routers.is_withdrawn(first));
  CHECK(link.log == std::vector<std::string>{"172.31.0.10 is back"});
}

TEST_CASE("of two routers, only the one that the keepalive calls dead loses its route") {
  Link link(both, {first, second});
  for (const char* target : {"fe80::5efe:172.31.0.10", "2001:db8:3::5efe:172.31.0.10"}) {
    link.log.clear();
    link.target_is_dead(target);
    CHECK(link.routes == Set{second});
    CHECK(link.log == std::vector<std::string>{"172.31.0.10 is replaced"});
    link.target_answers();
    link.run_for(seconds(130));
    CHECK(link.routes == Set{first, second});
  }
}

TEST_CASE("if the target is no router of the list, all default routes go") {
  for (const char* target : {"2001:db8:cafe::1", "fe80::5efe:172.31.0.99"}) {
    Link link(both, {first, second});
    link.target_is_dead(target);
    CHECK(link.routes.empty());
    CHECK(link.log ==
          std::vector<std::string>{"172.31.0.10 is withdrawn", "172.31.0.11 is withdrawn"});
    link.target_answers();
    link.run_for(seconds(5));
    CHECK(link.routes == Set{first, second});
  }
}

TEST_CASE("the last dead router keeps its route, unless isatap-dead says otherwise") {
  for (const bool withdraws : {false, true}) {
    CAPTURE(withdraws);
    Link link(both, {first, second});
    link.take(link.routers.withdraw({withdraws, {}}, link.now));
    link.there = {};
    link.run_for(seconds(150));
    CHECK(link.routes.size() == (withdraws ? 0 : 1));
    link.there = {second};
    link.run_for(seconds(180));
    CHECK(link.routes.count(second) == 1);
  }
}

TEST_CASE("the route comes back by the router that a name now gives") {
  Link link({{first, true}}, {first});
  link.target_is_dead("fe80::5efe:172.31.0.10");
  link.there = {second};
  link.routers.set({{second, true}}, link.now);
  link.target_is_dead("fe80::5efe:172.31.0.11");
  link.run_for(seconds(5));
  CHECK(link.routes.empty());
  link.target_answers();
  link.run_for(seconds(5));
  CHECK(link.routes == Set{second});
}

TEST_CASE("a target that comes and goes causes no stream of solicitations") {
  Link link({{first, true}}, {first});
  link.solicited = 0;
  for (int i = 0; i < 360; ++i) {
    link.target_is_dead("fe80::5efe:172.31.0.10");
    link.run_for(seconds(5));
    link.target_answers();
    link.run_for(seconds(5));
  }
  CHECK(link.solicited <= 3600 / 120 + 1);
}

TEST_CASE("a route goes that an earlier situpd has asked for") {
  Link link(both, {});
  link.routes = {first, second};  // by the earlier one
  link.target_is_dead("fe80::5efe:172.31.0.10");
  CHECK(link.routes == Set{second});
  link.run_for(seconds(20));
  CHECK(link.routes.empty());
  // Where there was none, none is withdrawn.
  CHECK(link.routers.is_withdrawn(first));
  link.routers.had_no_default(first);
  CHECK_FALSE(link.routers.is_withdrawn(first));
}
