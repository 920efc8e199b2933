// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/broker/state.h"

#include <doctest/doctest.h>

#include <string>

using namespace situp;
using std::chrono::seconds;

namespace {

const Broker he{*BrokerName::parse("he"), *TunnelId::parse("123456")};
constexpr Ipv4 elastic{0xcb00710a};
constexpr Ipv4 other{0xcb00710b};
constexpr Ipv4 local{0xac1f0e92};
constexpr Ipv4 other_local{0xac1f0e93};
constexpr std::int64_t now = 1800000000;
constexpr std::uint32_t no_jitter = 0;

BrokerSubject subject(std::optional<Ipv4> address = elastic) {
  return {he, local, address, "url 1", "boot 1"};
}

BrokerAnswer said(BrokerWord word, std::optional<Ipv4> address = std::nullopt) {
  return BrokerSaid{word, address};
}

/// After a call at that time with that answer.
void call(BrokerState& state, const BrokerAnswer& answer, std::int64_t time,
          const BrokerSubject& about = subject()) {
  note_call(state, time);
  note_answer(state, about, answer, time + 1, no_jitter);
}

BrokerState accepted(const BrokerSubject& about = subject()) {
  BrokerState state{he};
  call(state, said(BrokerWord::good, elastic), now, about);
  return state;
}

}  // namespace

TEST_CASE("a public address that was accepted is no news, another one is") {
  CHECK(is_news(BrokerState{he}, subject()));
  CHECK(is_news(BrokerState{he}, BrokerSubject{he, {}, {}, "url 1", ""}));
  const auto state = accepted();
  CHECK(!is_news(state, subject()));
  CHECK(is_news(state, subject(other)));
  // However often the host boots, or its private address changes.
  auto elsewhere = subject();
  elsewhere.boot = "boot 2";
  elsewhere.local = other_local;
  CHECK(!is_news(state, elsewhere));
}

TEST_CASE("where the public address isn't known, LOCAL and the boot stand for it") {
  const auto state = accepted(subject(std::nullopt));
  CHECK(state.accepted == elastic);
  CHECK(!is_news(state, subject(std::nullopt)));
  CHECK(!is_news(state, subject(elastic)));
  auto moved = subject(std::nullopt);
  moved.local = other_local;
  CHECK(is_news(state, moved));
  auto rebooted = subject(std::nullopt);
  rebooted.boot = "boot 2";
  CHECK(is_news(state, rebooted));
}

TEST_CASE("five minutes between calls, whatever was answered, and whoever died in between") {
  BrokerState state{he};
  CHECK(too_early(state, now) == seconds(0));
  note_call(state, now);
  CHECK(too_early(state, now) == seconds(300));
  CHECK(too_early(state, now + 299) == seconds(1));
  CHECK(too_early(state, now + 300) == seconds(0));
  for (const auto word : {BrokerWord::good, BrokerWord::badauth, BrokerWord::abuse}) {
    BrokerState after{he};
    call(after, said(word), now);
    CHECK(too_early(after, now + 299) > seconds(0));
  }
}

TEST_CASE("a clock that was set back makes nobody wait for long") {
  BrokerState state{he};
  note_call(state, now);
  const std::int64_t earlier = now - 1000000;
  CHECK(too_early(state, earlier) == seconds(300));
  CHECK(take_back(state, earlier));
  CHECK(too_early(state, earlier + 200) == seconds(100));
  CHECK(too_early(state, earlier + 300) == seconds(0));
  CHECK_FALSE(take_back(state, earlier));
  CHECK_FALSE(take_back(state, earlier + 300));
}

TEST_CASE(
    "answers for later: twice the pause each time, up to six hours, and then less than a half "
    "more") {
  BrokerState state{he};
  for (const auto pause : {300, 600, 1200, 2400, 4800, 9600, 19200, 21600, 21600}) {
    call(state, said(BrokerWord::abuse), now);
    CHECK(too_early(state, now) == seconds(pause));
  }
  note_call(state, now);
  note_answer(state, subject(), said(BrokerWord::abuse), now, 0xffffffff);
  CHECK(too_early(state, now) > seconds(21600));
  CHECK(too_early(state, now) <= seconds(21600 * 5 / 4));
  note_answer(state, subject(), said(BrokerWord::abuse), now, 21600 / 4);
  CHECK(too_early(state, now) == seconds(21600 * 5 / 4));
  for (int i = 0; i < 2000; ++i) call(state, said(BrokerWord::broken), now);
  CHECK(too_early(state, now) == seconds(21600));
  CHECK(read_broker_state(write_broker_state(state)) == state);
  call(state, said(BrokerWord::good), now);
  CHECK(state.failures == 0);
  CHECK(too_early(state, now) == seconds(300));
}

TEST_CASE("what never got to the broker may be tried again sooner") {
  BrokerState state{he};
  for (const auto pause : {10, 20, 40}) {
    call(state, FailureAnswer{Failure::name_timeout}, now);
    CHECK(too_early(state, now) == seconds(pause));
  }
}

TEST_CASE("a refusal holds until the configuration is another one") {
  for (const auto word : {BrokerWord::badauth, BrokerWord::nohost, BrokerWord::badip,
                          BrokerWord::notfqdn, BrokerWord::not_donator}) {
    BrokerState state{he};
    call(state, said(word), now);
    REQUIRE(stopped(state, subject()) != nullptr);
    CHECK(stopped(state, subject())->word == word);
    // An answer that only delays takes no refusal back, and a refusal ends a row of failures.
    call(state, said(BrokerWord::abuse), now);
    REQUIRE(stopped(state, subject()) != nullptr);
    CHECK(state.failures == 1);
    call(state, said(word), now);
    CHECK(state.failures == 0);
    auto corrected = subject();
    corrected.version = "url 2";
    CHECK(stopped(state, corrected) == nullptr);
    // What an address was refused for says nothing about another one.
    CHECK((stopped(state, subject(other)) == nullptr) == (word == BrokerWord::badip));
    call(state, said(BrokerWord::good), now + 300, corrected);
    CHECK(stopped(state, corrected) == nullptr);
  }
}

TEST_CASE("a refusal in the broker's own words holds until something changes, and is quoted") {
  BrokerState state{he};
  call(state, BrokerSentence{403, "no such user", Verdict::permanent}, now);
  const BrokerStop* stop = stopped(state, subject());
  REQUIRE(stop != nullptr);
  CHECK(!stop->word);
  CHECK(broker_stop_text(*stop, state).find("the broker refuses: \"no such user\"") == 0);
  CHECK(read_broker_state(write_broker_state(state)) == state);
  // Situp does not know the reason: it may be the address.
  CHECK(stopped(state, subject(other)) == nullptr);
  auto corrected = subject();
  corrected.version = "url 2";
  CHECK(stopped(state, corrected) == nullptr);
  SUBCASE("a later answer says something else") {
    call(state, BrokerSentence{200, "busy", Verdict::later}, now + 300);
    CHECK(stopped(state, subject()) == nullptr);
    CHECK(state.failures == 1);
  }
  SUBCASE("it is done") {
    call(state, BrokerSentence{200, "OK", Verdict::accepted}, now + 300);
    CHECK(stopped(state, subject()) == nullptr);
    CHECK(state.accepted == elastic);
    CHECK(state.answer == "OK");
  }
}

TEST_CASE("texts don't tell whether another host takes the tunnel") {
  BrokerState state{he};
  for (int i = 0; i < 9; ++i)
    call(state, BrokerSentence{200, "OK", Verdict::accepted}, now + i * 400L);
  CHECK(stopped(state, subject()) == nullptr);
  CHECK(state.retaken == 0);
  CHECK(!is_news(state, subject()));
  CHECK(is_news(state, subject(other)));
}

TEST_CASE("two hosts that take one tunnel from each other") {
  const auto blind = subject(std::nullopt);
  auto state = accepted(blind);
  call(state, said(BrokerWord::good, elastic), now + 600, blind);
  CHECK(stopped(state, blind) == nullptr);
  call(state, said(BrokerWord::good, elastic), now + 1200, blind);
  REQUIRE(stopped(state, blind) != nullptr);
  CHECK(stopped(state, blind)->why == BrokerStop::Why::fight);
  CHECK(state.retaken == 2);
  CHECK(
      broker_stop_text(*state.stop, state).find("another host tells the broker of tunnel 123456") ==
      0);
}

TEST_CASE("what is no fight") {
  const auto blind = subject(std::nullopt);
  SUBCASE("the broker had our address") {
    auto state = accepted(blind);
    for (int i = 1; i < 9; ++i)
      call(state, said(BrokerWord::nochg, elastic), now + i * 400L, blind);
    CHECK(stopped(state, blind) == nullptr);
  }
  SUBCASE("our address was another one each time") {
    auto state = accepted(blind);
    for (int i = 1; i < 9; ++i)
      call(state, said(BrokerWord::good, Ipv4{elastic.value + static_cast<unsigned>(i)}),
           now + i * 400L, blind);
    CHECK(stopped(state, blind) == nullptr);
  }
  SUBCASE("an hour lies in between, and not a second less") {
    for (const long hour : {3599L, 3600L}) {
      auto state = accepted(blind);
      for (int i = 1; i < 9; ++i)
        call(state, said(BrokerWord::good, elastic), now + i * hour, blind);
      CHECK((stopped(state, blind) == nullptr) == (hour == 3600));
    }
  }
  SUBCASE("it is the first call, by a clock that starts in 1970") {
    BrokerState state{he};
    call(state, said(BrokerWord::good), 100, BrokerSubject{he, {}, {}, "url 1", "boot 1"});
    CHECK(state.accepted_at == 101);
    CHECK(state.retaken == 0);
  }
  SUBCASE("LOCAL was another one each time") {
    auto state = accepted(blind);
    auto moved = blind;
    for (int i = 1; i < 9; ++i) {
      moved.local = Ipv4{local.value + static_cast<unsigned>(i)};
      call(state, said(BrokerWord::good, elastic), now + i * 400L, moved);
    }
    CHECK(stopped(state, moved) == nullptr);
  }
}

TEST_CASE("the file is read as it was written") {
  BrokerState state{he};
  CHECK(read_broker_state(write_broker_state(state)) == state);
  state = accepted();
  CHECK(write_broker_state(state) ==
        "situp broker 1\nbroker he 123456\naccepted 203.0.113.10\nlocal 172.31.14.146\n"
        "boot boot 1\naccepted-at 1800000001\ncalled-at 1800000000\npause 300\nfailures 0\n"
        "retaken 0\nanswer good 203.0.113.10\nend\n");
  CHECK(read_broker_state(write_broker_state(state)) == state);
  for (const auto word : {BrokerWord::badauth, BrokerWord::not_donator, BrokerWord::badip})
    for (const auto& about : {subject(), subject(std::nullopt)}) {
      call(state, said(word), now, about);
      CHECK(read_broker_state(write_broker_state(state)) == state);
    }
  state.stop->why = BrokerStop::Why::fight;
  CHECK(read_broker_state(write_broker_state(state)) == state);
}

TEST_CASE("another text is none") {
  const auto text = write_broker_state(accepted());
  for (std::size_t i = 0; i < text.size(); ++i) CHECK(!read_broker_state(text.substr(0, i)));
  CHECK(!read_broker_state(text + "x"));
  const auto with = [&](const std::string& line, const std::string& value) {
    auto changed = text;
    const auto at = changed.find('\n' + line + ' ') + line.size() + 2;
    return read_broker_state(changed.replace(at, changed.find('\n', at) - at, value)).has_value();
  };
  // Up to a half more than the longest pause, and with room for any time.
  CHECK(with("pause", "43200"));
  CHECK(!with("pause", "43201"));
  CHECK(with("called-at", "999999999999999"));
  CHECK(!with("called-at", "1000000000000000"));
  for (const char* count : {"failures", "retaken"}) {
    CHECK(with(count, "1000"));
    CHECK(!with(count, "1001"));
  }
  for (const char* word : {"1800000000", "203.0.113.10", "123456", "situp", "pause 300"}) {
    auto changed = text;
    changed.replace(changed.find(word), 1, "x");
    CHECK(!read_broker_state(changed));
  }
}
