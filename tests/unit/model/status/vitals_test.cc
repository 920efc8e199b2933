// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/status/vitals.h"

#include <doctest/doctest.h>

using namespace situp;

namespace {

Vitals full() {
  Vitals vitals;
  vitals.health = "dead";
  vitals.health_since = 1795000000;
  vitals.target = Ipv6::parse("2001:db8::1");
  vitals.sent = 1234567890123;
  vitals.lost = 17;
  vitals.samples = {25300, std::nullopt, 0};
  vitals.changes = 4;
  vitals.right_at = 1795000001;
  vitals.routers = {{*Ipv4::parse("172.31.0.10"), "alive"},
                    {*Ipv4::parse("172.31.0.11"), "unknown"},
                    {*Ipv4::parse("172.31.0.12"), "dead", true}};
  vitals.trouble = "ec2: the metadata service can't be reached";
  vitals.note(1795000002, "dead: it does not answer");
  return vitals;
}

}  // namespace

TEST_CASE("what situpd knows comes back as it was written") {
  CHECK(read_vitals(write_vitals(full())) == full());
  CHECK(read_vitals(write_vitals(Vitals())) == Vitals());
}

TEST_CASE("a line stays one line, and the oldest event goes") {
  Vitals vitals;
  vitals.trouble = "one\ntwo";
  for (int i = 0; i < 20; ++i) vitals.note(i, "event");
  const auto read = read_vitals(write_vitals(vitals));
  REQUIRE(read);
  CHECK(read->trouble == "one two");
  CHECK(read->events.size() == Vitals::most_events);
  CHECK(read->events.front().when == 4);
}

TEST_CASE("times move with the clock when it is set, and never stays never") {
  for (const std::int64_t by : {86400, -86400}) {
    Vitals vitals = full();
    vitals.move_times(by);
    CHECK(vitals.health_since == full().health_since + by);
    CHECK(vitals.right_at == full().right_at + by);
    CHECK(vitals.events.back().when == full().events.back().when + by);
    CHECK(vitals.events.front().when == full().events.front().when + by);
  }
  Vitals never;
  never.move_times(86400);
  CHECK(never == Vitals());
}

TEST_CASE("what was is kept where nobody knows what is") {
  Vitals vitals = full();
  forget_present(vitals);
  Vitals past;
  past.health_since = full().health_since;
  past.target = full().target;
  past.sent = full().sent;
  past.lost = full().lost;
  past.changes = full().changes;
  past.right_at = full().right_at;
  past.events = full().events;
  CHECK(vitals == past);
}

TEST_CASE("anything else is no such file") {
  const std::string text = write_vitals(full());
  for (std::size_t length = 0; length < text.size(); ++length)
    CHECK_FALSE(read_vitals(text.substr(0, length)));
  CHECK_FALSE(read_vitals(text + "more\n"));
  CHECK_FALSE(read_vitals("situp-live 1\nprobes x 0\nend\n"));
  CHECK_FALSE(read_vitals("situp-live 1\nsamples 1 -1\nend\n"));
  CHECK_FALSE(read_vitals("situp-live 1\ntarget nobody\nend\n"));
  CHECK_FALSE(read_vitals("situp-live 1\nunknown 1\nend\n"));
  CHECK_FALSE(read_vitals("situp-live 1\nrouter 172.31.0.10 well\nend\n"));
  CHECK_FALSE(read_vitals("situp-live 1\nrouter 172.31.0.10 dead withheld\nend\n"));
  CHECK_FALSE(read_vitals("situp-live 1\nrouter nobody alive\nend\n"));
  CHECK_FALSE(read_vitals("situp-live 2\nend\n"));
}
