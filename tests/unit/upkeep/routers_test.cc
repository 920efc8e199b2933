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
      if (there.count(ping.router) != 0 && mute.count(ping.router) == 0)
        take(routers.answered(ping.router, ping.sequence, now));
    }
  }

  void run_for(seconds time) {
    const Moment end = now + time;
    while (*routers.next() <= end) {
      REQUIRE(*routers.next() >= now);
      now = *routers.next();
      take(routers.tick(now));
      if (in_use) send();
    }
    now = end;
  }

  /// A program sends a packet.
  void send() {
    if (routers.wants_use()) routers.used(now);
  }

  Moment now{};
  Routers routers;
  std::set<Ipv4> there, routes;
  std::set<Ipv4> mute;  // they advertise, and answer no pings
  std::vector<Solicitor::News> news;
  int solicited = 0, pinged = 0;
  bool in_use = true;  // programs send all the time
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
  CHECK(healthy.pinged >= 1000);
  CHECK(healthy.solicited <= 140);
  CHECK(healthy.news.size() == 2);
}

TEST_CASE("on a link that is not used, pings are as rare as solicitations") {
  Link link;
  link.in_use = false;
  link.there = {first};
  link.run_for(seconds(1200));
  CHECK(link.pinged <= 5);
  link.pinged = link.solicited = 0;
  link.run_for(seconds(3600));
  // The advertisements count as answers.
  CHECK(link.pinged <= 1);
  CHECK(link.solicited >= 4);
  CHECK(link.solicited <= 4 + 6);  // the other router, which never answers, too

  // Once it is used, an advertisement is trusted for ten minutes, whenever the last one came.
  for (int i = 0; i < 10; ++i) {
    link.run_for(seconds(85));
    Link used = link;
    used.in_use = true;
    used.send();
    used.solicited = 0;
    used.run_for(seconds(601));
    CHECK(used.solicited >= 1);
  }

  // The router dies: a little later than an advertisement was due, that is known.
  link.there = {};
  link.news.clear();
  link.run_for(seconds(950));
  CHECK(link.news == std::vector<Solicitor::News>{{first, Health::dead}});
}

TEST_CASE("the first packet on a link that was not used has its routers pinged at once") {
  Link link;
  link.in_use = false;
  link.there = {first, second};
  link.run_for(seconds(300));
  link.there = {second};
  link.news.clear();
  link.send();
  CHECK(link.routers.next() == link.now);
  CHECK_FALSE(link.routers.wants_use());
  link.run_for(seconds(7));
  CHECK(link.news == std::vector<Solicitor::News>{{first, Health::dead}});
  CHECK(link.routes == std::set<Ipv4>{second});
}

TEST_CASE("a packet soon after an answer does not have the router pinged before its minute ends") {
  Link link;
  link.in_use = false;
  link.there = {first, second};
  link.run_for(seconds(300));
  link.send();
  link.run_for(seconds(1));
  link.pinged = 0;
  for (int i = 0; i < 10; ++i) {
    link.send();
    link.run_for(seconds(1));
  }
  CHECK(link.pinged == 0);
  // Now the link is used in each minute.
  link.in_use = true;
  link.run_for(seconds(600));
  CHECK(link.pinged >= 19);
  CHECK(link.pinged <= 21);
}

TEST_CASE("a router that answers no pings: use of the link is seen") {
  Link link;
  link.routers.set({{first, true}}, link.now);
  link.there = link.mute = {first};
  link.run_for(seconds(3600));
  link.pinged = link.solicited = 0;
  link.run_for(seconds(3600));
  // Its advertisements are trusted for ten minutes.
  CHECK(link.solicited >= 6);
  CHECK(link.pinged >= 4 * 55);
  CHECK(link.pinged <= 4 * 61);
  CHECK(link.news == std::vector<Solicitor::News>{{first, Health::alive}});
  // Its death is known by solicitations alone, of which it leaves three unanswered.
  link.there = {};
  link.run_for(seconds(1000));
  CHECK(link.routers.health()[0].second == Health::dead);
}

TEST_CASE("a router that answers no pings is hardly pinged on a link that is not used") {
  Link link;
  link.in_use = false;
  link.there = link.mute = {first};
  link.run_for(seconds(1200));
  CHECK(link.routers.wants_use());
  link.pinged = 0;
  link.run_for(seconds(3600));
  CHECK(link.pinged <= 4);
  // It advertises no more: after three solicitations it is dead, and its use does not matter.
  link.there = {};
  link.run_for(seconds(1200));
  CHECK(link.routers.health()[0].second == Health::dead);
  CHECK_FALSE(link.routers.wants_use());
  link.pinged = 0;
  link.run_for(seconds(3600));
  CHECK(link.pinged <= 4 * 4);
  // It is back, and answers pings by now: as soon as an answer came, its silence tells something.
  link.there = {first};
  link.mute = {};
  link.run_for(seconds(3960));
  CHECK(link.routers.health()[0].second == Health::alive);
  link.in_use = true;
  link.send();
  link.run_for(seconds(61));
  link.there = {};
  link.run_for(seconds(67));
  CHECK(link.routers.health()[0].second == Health::dead);
}

TEST_CASE("a dead router is pinged more rarely while another one carries no packets either") {
  Link link;
  link.there = {first, second};
  link.run_for(seconds(300));
  link.in_use = false;
  link.there = {second};
  link.run_for(seconds(7200));
  REQUIRE(link.routes == std::set<Ipv4>{second});
  link.pinged = 0;
  link.run_for(seconds(3600));
  CHECK(link.pinged >= 4 * 3);  // a round each quarter of an hour
  CHECK(link.pinged <= 4 * 4 + 1);

  // It is back. The first packet has situpd ping it at once.
  link.there = {first, second};
  link.news.clear();
  REQUIRE(link.routers.wants_use());
  link.send();
  link.run_for(seconds(1));
  CHECK(link.news == std::vector<Solicitor::News>{{first, Health::alive}});

  // While the link is used, a dead one is pinged each 30 s.
  link.there = {second};
  link.in_use = true;
  link.run_for(seconds(300));
  link.pinged = 0;
  link.run_for(seconds(600));
  CHECK(link.pinged >= 10 + 4 * 19);
  CHECK(link.pinged <= 10 + 4 * 21);
}

TEST_CASE("a router that dies on a link that is not used is first pinged each 30 s") {
  Link link;
  link.in_use = false;
  link.there = {first, second};
  link.run_for(seconds(7200));
  link.there = {second};
  link.send();
  link.run_for(seconds(7));
  REQUIRE(link.routers.health()[0].second == Health::dead);
  link.pinged = 0;
  link.run_for(seconds(85));
  CHECK(link.pinged == 2 * 4);  // at 30 s, and a minute later
}

TEST_CASE("without a default route, which would show use, a dead router is pinged each 30 s") {
  Link link;
  link.routers.set({{first, true}}, link.now);
  link.there = {first};
  link.run_for(seconds(300));
  link.in_use = false;
  link.there = {};
  link.run_for(seconds(1500));
  REQUIRE(link.routers.health()[0].second == Health::dead);
  link.pinged = 0;
  link.run_for(seconds(240));
  CHECK(link.pinged <= 4);
  // The kernel deletes the route, as its time is over.
  link.run_for(seconds(60));
  link.routers.lost_default(first, link.now);
  link.pinged = 0;
  link.run_for(seconds(3600));
  CHECK(link.pinged >= 4 * 118);
  link.there = {first};
  link.run_for(seconds(36));
  CHECK(link.routers.health()[0].second == Health::alive);
}

TEST_CASE("where the stanza has the default route, a dead router is pinged more rarely, too") {
  Link link;
  link.routers.set({{first, false}}, link.now);
  link.there = {first};
  link.run_for(seconds(300));
  link.in_use = false;
  link.there = {};
  link.run_for(seconds(7200));
  link.pinged = 0;
  link.run_for(seconds(3600));
  CHECK(link.pinged <= 4 * 4);
  CHECK(link.routers.wants_use());
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
