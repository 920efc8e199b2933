// SPDX-License-Identifier: GPL-2.0-or-later
#include "upkeep/routers.h"

#include <doctest/doctest.h>

#include <set>
#include <vector>

using namespace situp;
using std::chrono::seconds;

namespace {

Ipv4 v4(const char* text) {
  return Ipv4::parse(text).value();
}

const Ipv4 first = v4("172.31.0.10"), second = v4("172.31.0.11");

/// Routers that answer while they are in `there`, and a kernel that has the default routes.
struct Link {
  Link() : routers(7) { routers.set({{first, true}, {second, true}}, now); }

  void take(const Routers::Step& step) {
    for (const Solicitor::Demotion& one : step.demote) routes.erase(one.router);
    for (const Solicitor::News& one : step.news) news.push_back(one);
    for (const Ipv4 router : step.solicit) {
      ++solicited;
      if (there.count(router) == 0) continue;
      routes.insert(router);
      RouterAdvertisement advertisement;
      advertisement.lifetime = 1800;
      take(routers.advertised(router, advertisement, now));
    }
    for (const Routers::Ping& ping : step.ping) {
      ++pinged;
      if (there.count(ping.router) != 0) take(routers.answered(ping.router, ping.sequence, now));
    }
  }

  void run_for(seconds time) {
    const Moment end = now + time;
    while (*routers.next() <= end) {
      REQUIRE(*routers.next() >= now);
      now = *routers.next();
      take(routers.tick(now));
    }
    now = end;
  }

  Moment now{};
  Routers routers;
  std::set<Ipv4> there, routes;
  std::vector<Solicitor::News> news;
  int solicited = 0, pinged = 0;
};

}  // namespace

TEST_CASE("of two routers one dies, comes back, and then the other dies") {
  Link link;
  link.there = {first, second};
  link.run_for(seconds(300));
  CHECK(link.routes == std::set<Ipv4>{first, second});

  link.there = {second};
  link.news.clear();
  link.run_for(seconds(70));
  CHECK(link.news == std::vector<Solicitor::News>{{first, Health::dead}});
  CHECK(link.routes == std::set<Ipv4>{second});

  link.there = {first, second};
  link.run_for(seconds(160));
  CHECK(link.routes == std::set<Ipv4>{first, second});

  link.there = {first};
  link.run_for(seconds(70));
  CHECK(link.routes == std::set<Ipv4>{first});
  CHECK(link.routers.health()[1].second == Health::dead);
}

TEST_CASE("who has never answered is not pinged, and what is alive is not bothered") {
  Link link;
  link.run_for(seconds(600));
  CHECK(link.pinged == 0);
  Link healthy;
  healthy.there = {first, second};
  healthy.run_for(seconds(36000));
  CHECK(healthy.pinged <= 1210);  // a minute each
  CHECK(healthy.solicited <= 140);
  CHECK(healthy.news.size() == 2);
}

TEST_CASE("a router that leaves the list is not pinged any more") {
  Link link;
  link.there = {first, second};
  link.run_for(seconds(10));
  link.routers.set({{second, true}}, link.now);
  link.pinged = 0;
  link.run_for(seconds(600));
  CHECK(link.pinged <= 11);
  CHECK(link.routers.answered(first, 1, link.now).news.empty());
}
