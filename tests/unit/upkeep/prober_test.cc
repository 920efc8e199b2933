// SPDX-License-Identifier: GPL-2.0-or-later
#include "upkeep/prober.h"

#include <doctest/doctest.h>

using namespace situp;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

const Moment start{seconds(1000)};

Prober prober(seconds interval) {
  return {interval, start, interval};
}

}  // namespace

TEST_CASE("an answer ends the round, and the next comes after the interval") {
  Prober p = prober(seconds(120));
  CHECK_FALSE(p.tick(start - milliseconds(1)).send);
  const auto step = p.tick(start);
  REQUIRE(step.send);
  CHECK_FALSE(step.became);
  CHECK(p.next() == start + seconds(1));
  CHECK(p.answered(*step.send, start + microseconds(25300)) == Health::alive);
  CHECK(p.next() == start + seconds(120));
  REQUIRE(p.samples().last.size() == 1);
  CHECK(p.samples().last[0] == microseconds(25300));
  CHECK(p.samples().sent == 1);
  CHECK(p.samples().lost == 0);

  const auto second = p.tick(start + seconds(120));
  REQUIRE(second.send);
  CHECK(second.send != step.send);
  // alive as before: no news
  CHECK_FALSE(p.answered(*second.send, start + seconds(120) + milliseconds(3)));
}

TEST_CASE("a shorter interval counts from the last round, a longer one from the next") {
  Prober p = prober(seconds(120));
  const auto step = p.tick(start);
  p.answered(step.send.value(), start);
  CHECK(p.is_between_rounds());
  p.set_interval(seconds(60), start + seconds(10));
  CHECK(p.next() == start + seconds(60));
  p.set_interval(seconds(600), start + seconds(20));
  CHECK(p.next() == start + seconds(60));
  p.set_interval(seconds(15), start + seconds(30));
  CHECK(p.next() == start + seconds(30));
  p.tick(start + seconds(30));
  CHECK_FALSE(p.is_between_rounds());
  // What is under way stays so.
  p.set_interval(seconds(5), start + seconds(30));
  CHECK(p.next() == start + seconds(31));
}

TEST_CASE("while it is dead, the least of both intervals counts") {
  Prober p = prober(seconds(120));
  for (const int at : {0, 1, 2, 4, 6}) p.tick(start + seconds(at));
  REQUIRE(p.health() == Health::dead);
  CHECK(p.next() == start + seconds(30));
  // A longer one counts from the next round.
  p.set_dead_interval(seconds(900), start + seconds(20));
  CHECK(p.next() == start + seconds(30));
  for (const int at : {30, 31, 32, 34, 36}) p.tick(start + seconds(at));
  CHECK(p.next() == start + seconds(30 + 120));
  p.set_dead_interval(seconds(60), start + seconds(40));
  CHECK(p.next() == start + seconds(30 + 60));
  // An interval that is no shorter than this changes nothing.
  p.set_interval(seconds(80), start + seconds(40));
  CHECK(p.next() == start + seconds(30 + 60));
  CHECK_FALSE(p.has_answered());
  const auto step = p.tick(start + seconds(90));
  p.answered(step.send.value(), start + seconds(90));
  CHECK(p.has_answered());
  p.answered(p.tick(p.next()).send.value(), p.next());
  const auto last = p.next();
  // While it is alive, the other one has no effect.
  p.set_dead_interval(seconds(30), last - seconds(10));
  CHECK(p.next() == last);
}

TEST_CASE("another sign of life counts also for one that has never answered, but not after that") {
  Prober p = prober(seconds(120));
  for (const int at : {0, 1, 2, 4, 6}) p.tick(start + seconds(at));
  p.heard(start + seconds(10));
  CHECK(p.next() == start + seconds(10 + 120));
  const auto step = p.tick(p.next());
  p.answered(step.send.value(), start + seconds(130));
  const Moment second = p.next();
  for (const int at : {0, 1, 2, 4, 6}) p.tick(second + seconds(at));
  REQUIRE(p.health() == Health::dead);
  p.heard(second + seconds(10));
  CHECK(p.next() == second + seconds(30));
}

TEST_CASE("another sign of life begins the interval anew, but for one that does not answer") {
  Prober p = prober(seconds(120));
  p.heard(start);
  CHECK(p.next() == start);
  const auto step = p.tick(start);
  p.heard(start);
  CHECK(p.next() == start + seconds(1));
  p.answered(step.send.value(), start);
  p.heard(start + seconds(50));
  CHECK(p.next() == start + seconds(170));
  p.set_interval(seconds(60), start + seconds(60));
  CHECK(p.next() == start + seconds(110));
}

TEST_CASE("the second round comes when it is told to, so that tunnels spread") {
  Prober p(seconds(120), start, seconds(33));
  const auto step = p.tick(start);
  p.answered(step.send.value(), start + milliseconds(1));
  CHECK(p.next() == start + seconds(33));
  const auto second = p.tick(start + seconds(33));
  p.answered(second.send.value(), start + seconds(33));
  CHECK(p.next() == start + seconds(33 + 120));
}

TEST_CASE("after a miss it is asked again at 1, 2 and 4 s, and then it is dead") {
  Prober p = prober(seconds(120));
  for (const int at : {0, 1, 2, 4}) {
    CHECK(p.next() == start + seconds(at));
    CHECK(p.tick(start + seconds(at)).send);
  }
  CHECK(p.health() == Health::unknown);
  CHECK(p.next() == start + seconds(6));
  const auto verdict = p.tick(start + seconds(6));
  CHECK_FALSE(verdict.send);
  CHECK(verdict.became == Health::dead);
  CHECK(p.samples().sent == 4);
  CHECK(p.samples().lost == 4);
  // It is looked for more often than the interval says.
  CHECK(p.next() == start + seconds(30));
  const auto step = p.tick(start + seconds(30));
  CHECK(p.answered(step.send.value(), start + seconds(30)) == Health::alive);
  CHECK(p.next() == start + seconds(150));
}

TEST_CASE("one late answer is enough") {
  Prober p = prober(seconds(10));
  const auto first = p.tick(start);
  p.tick(start + seconds(1));
  p.tick(start + seconds(2));
  CHECK(p.answered(first.send.value(), start + milliseconds(2500)) == Health::alive);
  CHECK(p.samples().lost == 2);
  CHECK(p.samples().last.front() == milliseconds(2500));
  // The round is over: what answers to it now is too late.
  CHECK_FALSE(p.answered(static_cast<std::uint16_t>(*first.send + 1), start + seconds(3)));
  CHECK(p.samples().lost == 2);
}

TEST_CASE("an answer to nothing changes nothing") {
  Prober p = prober(seconds(10));
  CHECK_FALSE(p.answered(77, start));
  CHECK(p.health() == Health::unknown);
  CHECK(p.samples().last.empty());
}

TEST_CASE("it can be asked at once, but not in the middle of a round") {
  Prober p = prober(seconds(100));
  const auto step = p.tick(start);
  p.ask_now(start + milliseconds(10));
  CHECK(p.next() == start + seconds(1));
  p.answered(step.send.value(), start + milliseconds(20));
  p.ask_now(start + seconds(5));
  CHECK(p.next() == start + seconds(5));
  CHECK(p.tick(start + seconds(5)).send);
}

TEST_CASE("the last 64 samples are kept, and all are counted") {
  Prober p = prober(seconds(1));
  for (int i = 0; i < 100; ++i) {
    const Moment now = start + seconds(i);
    p.answered(p.tick(now).send.value(), now + milliseconds(i));
  }
  CHECK(p.samples().sent == 100);
  REQUIRE(p.samples().last.size() == 64);
  CHECK(p.samples().last.front() == milliseconds(36));
  CHECK(p.samples().last.back() == milliseconds(99));
}

TEST_CASE("a short interval never begins a round before the last one is over") {
  Prober p = prober(seconds(1));
  for (const int at : {0, 1, 2, 4}) p.tick(start + seconds(at));
  p.tick(start + seconds(6));
  CHECK(p.next() == start + seconds(6));
}
