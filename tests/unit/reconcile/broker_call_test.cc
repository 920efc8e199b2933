// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconcile/broker_call.h"

#include <doctest/doctest.h>

#include "reconcile/resolve.h"

using namespace situp;

namespace {

Outcome wrote(const char* line) {
  Outcome outcome;
  outcome.output = line;
  outcome.exit_status = 0;
  return outcome;
}

Outcome killed(Outcome outcome, int signal) {
  outcome.exit_status = -1;
  outcome.signal = signal;
  return outcome;
}

Outcome late(Outcome outcome) {
  outcome.timed_out = true;
  return killed(std::move(outcome), 9);
}

}  // namespace

TEST_CASE("a situp-net that was killed is not believed, whatever it wrote") {
  const Outcome addresses = wrote("addresses 203.0.113.10\n");
  CHECK(public_address_in(addresses).has_value());
  CHECK_FALSE(public_address_in(killed(addresses, 15)).has_value());
  CHECK_NOTHROW(answer_in(addresses));
  CHECK_THROWS_WITH_AS(answer_in(killed(addresses, 15)),
                       doctest::Contains("was ended by signal 15"), Error);

  const Outcome good = wrote("broker good 203.0.113.10\n");
  CHECK(std::holds_alternative<BrokerSaid>(broker_answer_in(good)));
  CHECK(broker_answer_in(killed(good, 9)) == BrokerAnswer(FailureAnswer{Failure::killed, 9}));
  CHECK(broker_answer_in(late(good)) == BrokerAnswer(FailureAnswer{Failure::value_timeout}));

  const Outcome record = wrote(
      "record 216.66.80.26 203.0.113.10 2001:470:1f04:1::1/64 2001:470:1f04:1::2/64 "
      "2001:470:abcd:c70::/64 -\n");
  CHECK(std::holds_alternative<BrokerRecord>(record_answer_in(record)));
  CHECK(record_answer_in(killed(record, 9)) == RecordAnswer(FailureAnswer{Failure::killed, 9}));
}

TEST_CASE("how it ended without an answer is told") {
  CHECK(without_answer(killed(wrote(""), 11)) == FailureAnswer{Failure::killed, 11});
  CHECK(without_answer(late(wrote(""))) == FailureAnswer{Failure::value_timeout});
  CHECK(without_answer(wrote("")) == FailureAnswer{Failure::broken});
  Outcome endless = killed(wrote("x"), 9);
  endless.too_much = true;
  CHECK(without_answer(endless) == FailureAnswer{Failure::broken});
}
