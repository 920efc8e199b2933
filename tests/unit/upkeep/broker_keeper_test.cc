// SPDX-License-Identifier: GPL-2.0-or-later
#include "upkeep/broker_keeper.h"

#include <doctest/doctest.h>

#include <map>
#include <string>

using namespace situp;
using What = BrokerKeeper::Step::What;

namespace {

const Broker he{*BrokerName::parse("he"), *TunnelId::parse("123456")};
constexpr Ipv4 elastic{0xcb00710a};
constexpr Ipv4 other{0xcb00710b};
constexpr Ipv4 local{0xac1f0e92};
constexpr Ipv4 other_local{0xac1f0e93};
constexpr std::int64_t start = 1800000000;

BrokerAnswer said(BrokerWord word, std::optional<Ipv4> address = std::nullopt) {
  return BrokerSaid{word, address};
}

/// A host with its keeper, metadata and broker, whose time goes by as fast as it can.
struct Host {
  explicit Host(bool with_metadata, bool polls = false)
      : metadata(with_metadata),
        keeper(BrokerState{he}, {he, local, std::nullopt, "1", "boot"}, with_metadata, polls) {}

  bool metadata;
  bool needs_address = false;             // the call names it
  std::optional<Ipv4> address = elastic;  // what metadata says
  std::optional<Ipv4> record;             // what the broker has
  std::optional<BrokerAnswer> always;     // what the broker answers whatever it is told
  std::int64_t now = start;
  unsigned questions = 0;
  std::int64_t asked_at = start;
  std::vector<std::int64_t> pauses;  // between questions
  std::vector<std::int64_t> calls;   // when
  std::vector<std::optional<Ipv4>> told;
  std::vector<std::string> news;
  std::uint32_t random = 0;
  BrokerKeeper keeper;

  BrokerAnswer tell(std::optional<Ipv4> myip) {
    calls.push_back(now);
    told.push_back(myip);
    if (always) return *always;
    const auto seen = myip ? myip : address;
    const bool same = record == seen;
    record = seen;
    return said(same ? BrokerWord::nochg : BrokerWord::good, seen);
  }

  void carry_out(const BrokerKeeper::Step& step) {
    if (!step.news.empty()) news.push_back(step.news);
    if (step.what == What::ask_metadata) {
      REQUIRE(metadata);
      ++questions;
      pauses.push_back(now - asked_at);
      asked_at = now;
      carry_out(keeper.public_address(now, address));
    } else if (step.what == What::call && needs_address && !keeper.subject().public_address) {
      keeper.lacks_address(now);
    } else if (step.what == What::call) {
      keeper.called(now);
      const auto answer = tell(keeper.subject().public_address);
      carry_out(keeper.answered(now, answer, random));
    }
  }
  void go_on_for(std::int64_t seconds) {
    const auto end = now + seconds;
    while (keeper.next() && *keeper.next() <= end) {
      REQUIRE(*keeper.next() >= now);
      now = std::max(now + 1, *keeper.next());
      carry_out(keeper.check(now));
    }
    now = end;
  }
  void check() { carry_out(keeper.check(now)); }
  void die() { carry_out(keeper.died(now)); }
  void live() { carry_out(keeper.alive_again(now)); }
  void move(Ipv4 to) { carry_out(keeper.local_changed(now, to, std::nullopt, metadata)); }
};

constexpr std::int64_t hour = 3600;
constexpr std::int64_t day = 24 * hour;

}  // namespace

TEST_CASE("what is accepted is told once, however long the host lives, and once for a death") {
  Host host(true);
  host.check();
  REQUIRE(host.calls.size() == 1);
  CHECK(host.told[0] == elastic);
  CHECK(host.news ==
        std::vector<std::string>{"the broker has been told of 203.0.113.10 (good 203.0.113.10)"});
  for (int i = 0; i < 20; ++i) {
    host.go_on_for(hour);
    // As short a silence as a server needs to start again is none.
    host.die();
    host.go_on_for(100);
    host.live();
    host.move(i % 2 == 0 ? other_local : local);
    host.check();
  }
  CHECK(host.calls.size() == 1);
  host.die();
  host.go_on_for(day);
  CHECK(host.calls.size() == 2);
  CHECK(host.told[1] == elastic);
}

TEST_CASE("an address that needs no question: once, and once for a death that goes on") {
  BrokerKeeper keeper(BrokerState{he}, {he, elastic, elastic, "1", "boot"}, false, false);
  CHECK(keeper.check(start).what == What::call);
  keeper.called(start);
  keeper.answered(start, said(BrokerWord::good, elastic), 0);
  CHECK_FALSE(keeper.next());
  CHECK(keeper.died(start + hour).what == What::nothing);
  CHECK(keeper.next() == start + hour + 120);
  CHECK(keeper.check(start + hour + 60).what == What::nothing);
  CHECK(keeper.next() == start + hour + 120);
  CHECK(keeper.check(start + hour + 120).what == What::call);
  keeper.called(start + hour + 120);
  keeper.answered(start + hour + 121, said(BrokerWord::nochg, elastic), 0);
  CHECK_FALSE(keeper.next());
  // A clock that was set back makes nobody wait for it.
  keeper.died(start + day);
  CHECK(keeper.check(start + hour + 1000).what == What::call);
}

TEST_CASE("another Elastic IP is one call, once metadata knows it") {
  Host host(true);
  host.check();
  host.go_on_for(hour);
  host.die();
  CHECK(host.calls.size() == 1);
  // Metadata lags.
  host.go_on_for(60);
  CHECK(host.calls.size() == 1);
  host.address = other;
  host.go_on_for(40);
  REQUIRE(host.calls.size() == 2);
  CHECK(host.told[1] == other);
  host.live();
  host.go_on_for(day);
  CHECK(host.calls.size() == 2);
}

TEST_CASE("while the far end is silent, metadata is asked ever more rarely, and then not at all") {
  Host host(true);
  host.check();
  host.die();
  const auto before = host.questions;
  host.go_on_for(hour);
  CHECK(host.questions - before > 10);
  CHECK(host.questions - before < 20);
  host.live();
  CHECK_FALSE(host.keeper.next());
}

TEST_CASE(
    "a silent far end, and a call that needs the address: metadata is asked after 5, 10, 20 s") {
  Host host(true);
  host.needs_address = true;
  host.check();
  REQUIRE(host.told == std::vector<std::optional<Ipv4>>{elastic});
  host.go_on_for(hour);
  host.address.reset();
  host.die();
  host.pauses.clear();
  host.go_on_for(5 + 10 + 20 + 40 + 80 + 160 + 300 + 300);
  CHECK(host.pauses == std::vector<std::int64_t>{5, 10, 20, 40, 80, 160, 300, 300});
  CHECK(host.calls.size() == 1);
  // The next death has short pauses again, and a new address is told at once.
  host.live();
  host.die();
  host.go_on_for(5);
  host.address = other;
  host.go_on_for(10);
  CHECK(host.told == std::vector<std::optional<Ipv4>>{elastic, other});
}

TEST_CASE("a host without a public address that the call needs is asked ever more rarely") {
  Host host(true);
  host.needs_address = true;
  host.address.reset();
  host.check();
  host.pauses.clear();
  host.go_on_for(60 + 120 + 240 + 480 + 600 + 600);
  CHECK(host.pauses == std::vector<std::int64_t>{60, 120, 240, 480, 600, 600});
  // Another local address may get a public one soon.
  host.move(other_local);
  host.pauses.clear();
  host.go_on_for(60 + 120);
  CHECK(host.pauses == std::vector<std::int64_t>{60, 120});
  host.address = elastic;
  host.go_on_for(240);
  CHECK(host.told == std::vector<std::optional<Ipv4>>{elastic});
  // After an address, the pauses are short again.
  host.address.reset();
  host.now += hour;
  host.keeper.now_is(BrokerState{he}, "2");
  host.check();
  host.pauses.clear();
  host.go_on_for(60);
  CHECK(host.pauses == std::vector<std::int64_t>{60});
}

TEST_CASE("no service says the public address that the call needs: it is looked for now and then") {
  BrokerKeeper keeper(BrokerState{he}, {he, local, std::nullopt, "1", "boot"}, false, false);
  for (int i = 0; i < 2; ++i) {
    REQUIRE(keeper.check(start).what == What::call);
    keeper.lacks_address(start);
    CHECK(keeper.next() == start + 600);
  }
  // By now another local address is public.
  CHECK(keeper.local_changed(start + 1, elastic, elastic, false).what == What::call);
}

TEST_CASE("without a keepalive, metadata is asked now and then") {
  Host host(true, true);
  host.check();
  host.go_on_for(hour);
  host.address = other;
  host.go_on_for(601);
  CHECK(host.calls.size() == 2);
}

TEST_CASE("without metadata: once, and once for each other LOCAL and each death") {
  Host host(false);
  host.check();
  CHECK(host.told == std::vector<std::optional<Ipv4>>{std::nullopt});
  host.check();
  host.go_on_for(hour);
  CHECK(host.calls.size() == 1);
  host.die();
  host.go_on_for(day);
  CHECK(host.calls.size() == 2);
  host.live();
  host.go_on_for(hour);
  host.move(other_local);
  host.go_on_for(day);
  CHECK(host.calls.size() == 3);
  CHECK(host.questions == 0);
}

TEST_CASE("a death that is over before there may be a call was none") {
  Host host(false);
  host.check();
  host.die();
  host.go_on_for(200);
  host.live();
  host.go_on_for(day);
  CHECK(host.calls.size() == 1);
}

TEST_CASE("never two calls within five minutes, whatever happens") {
  for (const bool metadata : {false, true})
    for (const auto& always :
         {said(BrokerWord::good), said(BrokerWord::abuse), said(BrokerWord::broken),
          said(BrokerWord::good, Ipv4{0x7f000001}), BrokerAnswer(FailureAnswer{Failure::bad_body}),
          BrokerAnswer(FailureAnswer{Failure::bad_status, 500}),
          BrokerAnswer(FailureAnswer{Failure::value_timeout}),
          BrokerAnswer(FailureAnswer{Failure::untrusted})}) {
      Host host(metadata);
      host.always = always;
      host.check();
      std::uint32_t bits = 1;
      for (int i = 0; i < 2000; ++i) {
        bits = bits * 1664525 + 1013904223;
        host.random = bits;
        switch (bits >> 29) {
          case 0:
            host.die();
            break;
          case 1:
            host.live();
            break;
          case 2:
            host.move(Ipv4{local.value + (bits >> 8) % 3});
            break;
          case 3:
            host.address = Ipv4{elastic.value + (bits >> 8) % 3};
            break;
          case 4:
            host.check();
            break;
          default:
            host.go_on_for((bits >> 8) % 400);
        }
      }
      for (std::size_t i = 1; i < host.calls.size(); ++i)
        CHECK(host.calls[i] - host.calls[i - 1] >= 300);
    }
}

TEST_CASE("a refusal is one call and one line, until something is configured otherwise") {
  for (const auto word :
       {BrokerWord::badauth, BrokerWord::nohost, BrokerWord::notfqdn, BrokerWord::not_donator}) {
    Host host(true);
    host.always = said(word);
    host.check();
    for (int i = 0; i < 10; ++i) {
      host.go_on_for(hour);
      host.die();
      host.go_on_for(hour);
      host.live();
      host.address = Ipv4{elastic.value + static_cast<unsigned>(i % 2)};
      host.check();
    }
    CHECK(host.calls.size() == 1);
    CHECK(host.news.size() == 1);
    host.always.reset();
    host.keeper.now_is(host.keeper.state(), "2");
    host.check();
    CHECK(host.calls.size() == 2);
  }
}

TEST_CASE("an answer for later: ever more rarely, and metadata is asked again before each call") {
  Host host(true);
  host.always = said(BrokerWord::abuse);
  host.check();
  CHECK(host.news.back().find("; again in 300 s") != std::string::npos);
  host.go_on_for(day);
  CHECK(host.calls.size() >= 8);
  CHECK(host.calls.size() <= 10);
  host.address = other;
  host.always.reset();
  host.go_on_for(7 * hour);
  CHECK(host.told.back() == other);
  const auto calls = host.calls.size();
  host.go_on_for(day);
  CHECK(host.calls.size() == calls);
}

TEST_CASE("DNS that isn't there yet is no reason to wait for long") {
  Host host(true);
  host.always = FailureAnswer{Failure::name_timeout};
  host.check();
  host.go_on_for(25);
  host.always.reset();
  host.go_on_for(25);
  CHECK(host.record == elastic);
}

TEST_CASE("two hosts that fight over one tunnel stop, and say so") {
  for (const bool metadata : {false, true}) {
    Host host(metadata);
    host.check();
    for (int i = 0; i < 20; ++i) {
      host.go_on_for(200);
      host.record = other;  // the other host's turn
      host.die();
      host.go_on_for(400);
      if (host.record == elastic) host.live();
    }
    CHECK(host.calls.size() == 3);
    CHECK(host.news.size() == 3);
    CHECK(host.news[1].find("; another host had told it otherwise") != std::string::npos);
    CHECK(host.news[2].find("another host tells the broker of tunnel 123456, too") == 0);
    CHECK(host.news[2].find("; give each host a tunnel of its own, and then tell it once") !=
          std::string::npos);
  }
}

TEST_CASE("a far end that is silent again and again, and has our address, is no fight") {
  for (const bool metadata : {false, true}) {
    Host host(metadata);
    host.check();
    for (int i = 0; i < 20; ++i) {
      host.go_on_for(200);
      host.die();
      host.go_on_for(400);
      host.live();
    }
    CHECK_FALSE(host.keeper.state().stop);
    CHECK(host.news.back() == (metadata
                                   ? "the broker has been told of 203.0.113.10 (nochg 203.0.113.10)"
                                   : "the broker has been told (nochg 203.0.113.10)"));
  }
}

TEST_CASE("what changes while somebody is being asked is looked at afterwards") {
  BrokerKeeper keeper(BrokerState{he}, {he, local, std::nullopt, "1", "boot"}, true, false);
  CHECK(keeper.check(start).what == What::ask_metadata);
  CHECK(keeper.died(start).what == What::nothing);
  CHECK(keeper.public_address(start, elastic).what == What::ask_metadata);
  CHECK(keeper.public_address(start, elastic).what == What::call);
  keeper.called(start);
  CHECK(keeper.local_changed(start + 1, other_local, std::nullopt, true).what == What::nothing);
  keeper.answered(start + 2, said(BrokerWord::good, elastic), 0);
  CHECK(keeper.next() == start + 2);
  CHECK(keeper.check(start + 2).what == What::ask_metadata);
  CHECK(keeper.public_address(start + 2, elastic).what == What::nothing);
}

TEST_CASE("an answer is booked for the address that was told, not for one that has come since") {
  for (const BrokerAnswer& answer : {BrokerAnswer(BrokerSentence{200, "OK!", Verdict::accepted}),
                                     said(BrokerWord::good, elastic)}) {
    BrokerKeeper keeper(BrokerState{he}, {he, elastic, elastic, "1", "boot"}, false, false);
    REQUIRE(keeper.check(start).what == What::call);
    keeper.called(start);
    CHECK(keeper.local_changed(start + 1, other, other, false).what == What::nothing);
    const auto step = keeper.answered(start + 2, answer, 0);
    CHECK(keeper.state().accepted == elastic);
    CHECK(keeper.state().local == elastic);
    CHECK_FALSE(step.bad);
    CHECK(step.news.find("the broker has been told of 203.0.113.10 (") == 0);
    CHECK(keeper.check(start + 2).what == What::nothing);
    REQUIRE(keeper.next() == start + 300);
    CHECK(keeper.check(start + 300).what == What::call);
  }
}

TEST_CASE("a refusal stops only the settings that were refused, not those that were read since") {
  for (const BrokerAnswer& refusal :
       {said(BrokerWord::badauth), BrokerAnswer(BrokerSentence{200, "No", Verdict::permanent})}) {
    BrokerKeeper keeper(BrokerState{he}, {he, elastic, elastic, "1", "boot"}, false, false);
    REQUIRE(keeper.check(start).what == What::call);
    keeper.called(start);
    keeper.now_is(keeper.state(), "2");
    CHECK(keeper.check(start + 1).what == What::nothing);
    CHECK(keeper.answered(start + 2, refusal, 0).bad);
    REQUIRE(keeper.state().stop);
    CHECK(keeper.state().stop->version == "1");
    CHECK(keeper.check(start + 2).what == What::nothing);
    REQUIRE(keeper.next() == start + 300);
    CHECK(keeper.check(start + 300).what == What::call);
  }
}

TEST_CASE("a refusal of earlier settings leaves the update that a silent far end needs") {
  BrokerKeeper keeper(BrokerState{he}, {he, elastic, elastic, "1", "boot"}, false, false);
  keeper.check(start);
  keeper.called(start);
  keeper.answered(start, said(BrokerWord::good, elastic), 0);
  keeper.died(start + hour);
  REQUIRE(keeper.check(start + hour + 120).what == What::call);
  keeper.called(start + hour + 120);
  keeper.now_is(keeper.state(), "2");
  keeper.check(start + hour + 121);
  keeper.answered(start + hour + 122, said(BrokerWord::badauth), 0);
  CHECK(keeper.check(start + hour + 420).what == What::call);
}

TEST_CASE("metadata is not asked about a local address that is any by now") {
  BrokerKeeper keeper(BrokerState{he}, {he, local, std::nullopt, "1", "boot"}, true, false);
  CHECK(keeper.check(start).what == What::ask_metadata);
  CHECK(keeper.local_changed(start, std::nullopt, std::nullopt, false).what == What::nothing);
  CHECK(keeper.public_address(start, std::nullopt).what == What::call);
  keeper.called(start);
  keeper.answered(start + 1, said(BrokerWord::good, elastic), 0);
  CHECK(keeper.died(start + 1).what != What::ask_metadata);
  CHECK(keeper.local_changed(start + 1000, local, std::nullopt, true).what == What::ask_metadata);
}
