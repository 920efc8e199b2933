// SPDX-License-Identifier: GPL-2.0-or-later
#include "upkeep/solicitor.h"

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

using namespace situp;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

Ipv4 v4(const char* text) {
  return Ipv4::parse(text).value();
}

const Ipv4 first = v4("172.31.0.10"), second = v4("172.31.0.11");

RouterAdvertisement advertisement(std::uint16_t lifetime = 1800) {
  RouterAdvertisement result;
  result.lifetime = lifetime;
  return result;
}

/// A link whose routers answer at once while they are in `answering`; keeps a log.
struct Link {
  explicit Link(const std::vector<Router>& routers, std::uint32_t random = 1) : solicitor(random) {
    solicitor.set_routers(routers, now);
  }

  void take(const Solicitor::Step& step) {
    for (const Solicitor::Demotion& one : step.demote) demoted.insert(one.router);
    for (const Solicitor::News& news : step.news) log.push_back(news);
    for (const Ipv4 router : step.solicit) {
      asked[router].push_back(std::chrono::duration_cast<milliseconds>(now.time_since_epoch()));
      if (answering.count(router) == 0) continue;
      demoted.erase(router);
      take(solicitor.advertised(router, advertisement(lifetime), now));
    }
  }

  void run_until(seconds end) {
    while (solicitor.next() && *solicitor.next() <= Moment(end)) {
      REQUIRE(*solicitor.next() >= now);
      now = *solicitor.next();
      take(solicitor.tick(now));
    }
    now = Moment(end);
  }

  void ping(Ipv4 router, bool answers) { take(solicitor.probed(router, answers, now)); }
  Health health(std::size_t i = 0) const { return solicitor.health()[i].second; }

  Moment now{};
  Solicitor solicitor;
  std::set<Ipv4> answering;
  std::set<Ipv4> demoted;
  std::uint16_t lifetime = 1800;
  std::map<Ipv4, std::vector<milliseconds>> asked;
  std::vector<Solicitor::News> log;
};

std::vector<milliseconds> gaps(const std::vector<milliseconds>& times) {
  std::vector<milliseconds> result;
  for (std::size_t i = 1; i < times.size(); ++i) result.push_back(times[i] - times[i - 1]);
  return result;
}

}  // namespace

TEST_CASE("a silent router is asked three times, then ever more rarely") {
  Link link({{first, true}});
  link.run_until(seconds(100));
  REQUIRE(link.asked[first].size() == 3);
  CHECK(link.asked[first][0] < seconds(1));  // not all hosts that boot together at once
  CHECK(gaps(link.asked[first]) == std::vector<milliseconds>{seconds(4), seconds(4)});
  CHECK(link.log == std::vector<Solicitor::News>{{first, Health::dead}});

  link.run_until(seconds(86400));
  const auto later = gaps(link.asked[first]);
  CHECK(later[2] == seconds(120));
  for (std::size_t i = 3; i < later.size(); ++i) {
    CHECK(later[i] * 10 >= later[i - 1] * 9);
    CHECK(later[i] <= seconds(3960));
  }
  CHECK(later[3] >= seconds(240));
  CHECK(later.back() >= seconds(3600));
  CHECK(link.asked[first].size() < 36);
  CHECK(link.log.size() == 1);
}

TEST_CASE("hosts that begin at the same moment spread") {
  std::set<milliseconds> starts;
  for (std::uint32_t random = 0; random < 20; ++random) {
    Link link({{first, true}}, random * 0x01234567U);
    link.run_until(seconds(2));
    starts.insert(link.asked[first][0]);
  }
  CHECK(starts.size() > 10);
}

TEST_CASE("an answering router is asked again before anything ends, and never within two minutes") {
  for (const int lifetime : {30, 120, 300, 600, 1800, 9000, 0}) {
    Link link({{first, true}});
    link.answering = {first};
    link.lifetime = static_cast<std::uint16_t>(lifetime);
    link.run_until(seconds(7200));
    REQUIRE(link.asked[first].size() > 5);
    for (const milliseconds gap : gaps(link.asked[first])) {
      CHECK(gap >= seconds(120));
      CHECK(gap <= seconds(600));
      // With time for another try, where the least interval leaves any.
      if (lifetime >= 300) CHECK(gap <= seconds(lifetime) / 2);
    }
    CHECK(link.log == std::vector<Solicitor::News>{{first, Health::alive}});
  }
}

TEST_CASE("what else was advertised counts as much as the router's own lifetime") {
  Link link({{first, true}});
  link.run_until(seconds(1));
  RouterAdvertisement seen = advertisement(9000);
  seen.prefixes.push_back({*Ipv6Net::parse("2001:db8::/64"), true, true, 7200, 400});
  link.take(link.solicitor.advertised(first, seen, link.now));
  CHECK(*link.solicitor.next() - link.now <= seconds(200));
  CHECK(*link.solicitor.next() - link.now >= seconds(120));
}

TEST_CASE("one that isn't on the list is not heard") {
  Link link({{first, true}});
  link.run_until(seconds(20));
  const auto next = link.solicitor.next();
  link.take(link.solicitor.advertised(second, advertisement(), link.now));
  CHECK(link.solicitor.next() == next);
  CHECK(link.health() == Health::dead);
  Link empty({});
  CHECK_FALSE(empty.solicitor.next());
}

TEST_CASE("a router that falls silent loses its route when another one has one, and only then") {
  Link link({{first, true}, {second, true}});
  link.answering = {first};
  link.run_until(seconds(1000));
  CHECK(link.health(0) == Health::alive);
  CHECK(link.health(1) == Health::dead);

  link.answering = {};
  link.run_until(seconds(3000));
  CHECK(link.health(0) == Health::dead);
  CHECK(link.demoted == std::set<Ipv4>{second});  // an earlier situpd may have had a route by it

  // Both come back, die one after the other.
  link.answering = {first, second};
  link.run_until(seconds(20000));
  CHECK(link.health(0) == Health::alive);
  CHECK(link.health(1) == Health::alive);
  link.answering = {second};
  link.run_until(seconds(22000));
  CHECK(link.demoted == std::set<Ipv4>{first});
  link.answering = {};
  link.run_until(seconds(24000));
  CHECK(link.health(1) == Health::dead);
  CHECK(link.demoted == std::set<Ipv4>{first});  // the last one keeps its route
  link.answering = {first};
  link.run_until(seconds(32000));
  CHECK(link.health(0) == Health::alive);
}

TEST_CASE("pings find out sooner, and bring a router back") {
  Link link({{first, true}, {second, true}});
  link.answering = {first, second};
  link.run_until(seconds(10));
  link.ping(first, true);
  link.ping(second, true);
  link.run_until(seconds(100));
  link.answering = {second};
  link.ping(first, false);
  CHECK(link.demoted == std::set<Ipv4>{first});
  CHECK(link.health(0) == Health::dead);
  link.run_until(seconds(400));
  link.answering = {first, second};
  const std::size_t before = link.asked[first].size();
  link.ping(first, true);
  link.run_until(seconds(402));
  CHECK(link.asked[first].size() == before + 1);
  CHECK(link.demoted.empty());
}

TEST_CASE("a ping's answer doesn't put off what is due anyway") {
  Link link({{first, true}});
  link.answering = {first};
  link.run_until(seconds(10));
  link.ping(first, true);
  link.answering = {};
  link.ping(first, false);
  link.solicitor.restart(link.now);
  link.run_until(seconds(12));
  link.answering = {first};
  link.ping(first, true);
  const std::size_t before = link.asked[first].size();
  link.run_until(seconds(16));
  CHECK(link.asked[first].size() == before + 1);
}

TEST_CASE("whoever never answered a ping is not dead because it answers none") {
  Link link({{first, true}, {second, true}});
  link.answering = {first, second};
  link.run_until(seconds(10));
  link.ping(first, false);
  CHECK(link.health() == Health::alive);
  CHECK(link.demoted.empty());
}

TEST_CASE("whoever answers pings, but no solicitation, is not dead: its lifetimes tell") {
  Link link({{first, true}, {second, true}});
  link.answering = {first, second};
  link.run_until(seconds(10));
  link.ping(first, true);
  link.answering = {second};
  link.run_until(seconds(5000));
  CHECK(link.health() == Health::alive);
  CHECK(link.demoted.empty());
}

TEST_CASE("a router that may not be default takes over from nobody, and has no route to lose") {
  Link link({{first, true}, {second, false}});
  link.answering = {first, second};
  link.run_until(seconds(10));
  link.ping(first, true);
  link.ping(second, true);
  link.ping(first, false);
  CHECK(link.demoted.empty());
  link.ping(first, true);
  link.ping(second, false);
  CHECK(link.demoted.empty());
}

TEST_CASE("when one dies, those that were silent are asked at once, but not time and again") {
  Link link({{first, true}, {second, true}});
  link.answering = {first};
  link.run_until(seconds(10000));
  link.ping(first, true);
  const std::size_t before = link.asked[second].size();
  link.answering = {second};
  link.ping(first, false);
  link.run_until(seconds(10002));
  CHECK(link.asked[second].size() == before + 1);
  CHECK(link.demoted == std::set<Ipv4>{first});

  Link flapping({{first, true}, {second, true}});
  flapping.answering = {first};
  flapping.run_until(seconds(10));
  for (int i = 1; i <= 3600; ++i) {
    flapping.ping(first, i % 2 == 0);
    flapping.run_until(seconds(10 + i));
  }
  CHECK(flapping.asked[first].size() < 100);
  CHECK(flapping.asked[second].size() < 100);
}

TEST_CASE("after a restart all are asked at once, and what is known stays until then") {
  Link link({{first, true}});
  link.answering = {first};
  link.run_until(seconds(50));
  link.solicitor.restart(link.now);
  CHECK(link.health() == Health::alive);
  link.run_until(seconds(52));
  CHECK(link.asked[first].size() == 2);
  for (int i = 0; i < 600; ++i) {
    link.solicitor.restart(link.now);
    link.run_until(seconds(53 + i));
  }
  for (const milliseconds gap : gaps(link.asked[first])) CHECK(gap >= seconds(4));
}

TEST_CASE("restart after restart puts nothing off") {
  Link link({{first, true}});
  link.answering = {first};
  for (int i = 1; i <= 600; ++i) {
    link.solicitor.restart(link.now);
    for (; link.solicitor.next() && *link.solicitor.next() <= Moment(milliseconds(100 * i));) {
      link.now = *link.solicitor.next();
      link.take(link.solicitor.tick(link.now));
    }
    link.now = Moment(milliseconds(100 * i));
  }
  CHECK(link.asked[first].size() >= 12);  // in a minute
  for (const milliseconds gap : gaps(link.asked[first])) CHECK(gap >= seconds(4));
}

TEST_CASE("a router is asked for a default route that the kernel has lost") {
  Link link({{first, true}, {second, false}});
  link.answering = {first, second};
  link.run_until(seconds(50));
  link.solicitor.lost_default(first, link.now);
  link.solicitor.lost_default(second, link.now);                    // it had none
  link.solicitor.lost_default(*Ipv4::parse("10.0.0.1"), link.now);  // not on the list
  link.run_until(seconds(52));
  CHECK(link.asked[first].size() == 2);
  CHECK(link.asked[second].size() == 1);
  CHECK(link.log.size() == 2);

  // Another program deletes it again and again.
  for (int i = 0; i < 600; ++i) {
    link.solicitor.lost_default(first, link.now);
    link.run_until(seconds(53 + i));
  }
  CHECK(link.asked[first].size() >= 6);
  CHECK(link.asked[first].size() <= 8);
}

TEST_CASE("programs can show use while there is a default route") {
  Link link({{first, true}, {second, true}});
  CHECK_FALSE(link.solicitor.can_show_use(link.now));
  link.answering = {first};
  link.run_until(seconds(50));
  CHECK(link.solicitor.can_show_use(link.now));
  CHECK(link.solicitor.is_alive(first));
  CHECK_FALSE(link.solicitor.is_alive(second));
  link.solicitor.lost_default(first, link.now);
  CHECK_FALSE(link.solicitor.can_show_use(link.now));
  link.run_until(seconds(60));
  CHECK(link.solicitor.can_show_use(link.now));
  link.answering = {};
  link.run_until(seconds(60 + 1801));
  CHECK_FALSE(link.solicitor.can_show_use(link.now));
  // The stanza has it.
  link.solicitor.set_routers({{first, false}}, link.now);
  CHECK(link.solicitor.can_show_use(link.now));
}

TEST_CASE("nor is it asked for a route that was to go, or whose time was over") {
  Link link({{first, true}, {second, true}});
  link.lifetime = 400;
  link.answering = {first, second};
  link.run_until(seconds(50));
  link.ping(first, true);
  link.ping(first, false);
  REQUIRE(link.demoted == std::set<Ipv4>{first});
  link.asked.clear();
  link.solicitor.lost_default(first, link.now);
  link.run_until(seconds(60));
  CHECK(link.asked[first].empty());

  Link ended({{first, true}});
  ended.lifetime = 400;
  ended.answering = {first};
  ended.run_until(seconds(50));
  ended.answering = {};
  ended.run_until(seconds(1000));
  ended.asked.clear();
  ended.solicitor.lost_default(first, ended.now);
  ended.run_until(seconds(1010));
  CHECK(ended.asked[first].empty());
}

TEST_CASE("a list that changes: new ones are asked, old ones stay as they were") {
  Link link({{first, true}});
  link.answering = {first, second};
  link.run_until(seconds(50));
  link.solicitor.set_routers({{first, true}, {second, true}}, link.now);
  link.run_until(seconds(60));
  CHECK(link.asked[first].size() == 1);
  CHECK(link.asked[second].size() == 1);
  link.solicitor.set_routers({{second, true}}, link.now);
  CHECK(link.solicitor.health().size() == 1);
  link.run_until(seconds(3600));
  CHECK(link.asked[first].size() == 1);
}
