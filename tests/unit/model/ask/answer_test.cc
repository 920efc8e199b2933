// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/ask/answer.h"

#include <doctest/doctest.h>

#include <array>
#include <string>

using namespace situp;

namespace {

constexpr std::array all_failures{
    Failure::unreachable, Failure::connect_timeout, Failure::token_timeout, Failure::value_timeout,
    Failure::unavailable, Failure::no_such_key,     Failure::name_unknown,  Failure::name_timeout,
    Failure::service_off, Failure::token_refused,   Failure::v1_refused,    Failure::bad_token,
    Failure::bad_status,  Failure::bad_body,        Failure::several,       Failure::too_large,
    Failure::protocol,    Failure::untrusted,       Failure::no_ca_file,    Failure::no_tunnel_info,
    Failure::killed,      Failure::broken,          Failure::other_service, Failure::bad_lease,
};

Answer addresses(std::size_t count) {
  std::vector<Ipv4> list;
  for (std::size_t i = 0; i < count; ++i)
    list.push_back({0x0a000001 + static_cast<std::uint32_t>(i)});
  return list;
}

}  // namespace

TEST_CASE("what is written is read again") {
  for (const std::size_t count : {1U, 2U, 64U}) {
    const auto answer = addresses(count);
    CHECK(read_answer(write_answer(answer)) == answer);
  }
  for (const auto failure : all_failures)
    for (const unsigned number : {0U, 7U, 503U, 4294967295U}) {
      const Answer answer = FailureAnswer{failure, number};
      CAPTURE(write_answer(answer));
      CHECK(read_answer(write_answer(answer)) == answer);
    }
}

TEST_CASE("the line's own words") {
  CHECK(write_answer(addresses(2)) == "addresses 10.0.0.1 10.0.0.2\n");
  CHECK(write_answer(FailureAnswer{Failure::token_timeout}) == "failure token-timeout 0\n");
  CHECK(write_answer(FailureAnswer{Failure::bad_status, 418}) == "failure bad-status 418\n");
  CHECK(write_answer(addresses(0)) == "failure no-such-key 0\n");
  CHECK(read_answer(write_answer(addresses(65))) == addresses(64));
}

TEST_CASE("an answer that is good for a while") {
  for (const auto ttl : {std::optional<std::uint32_t>(), std::optional(0U), std::optional(60U),
                         std::optional(4294967295U)}) {
    const TimedAnswer answer{addresses(2), ttl};
    CHECK(read_timed_answer(write_timed_answer(answer)) == answer);
  }
  CHECK(write_timed_answer({addresses(1), 300}) == "addresses 10.0.0.1 ttl 300\n");
  const Answer failure = FailureAnswer{Failure::name_unknown};
  CHECK(write_timed_answer({failure, 300}) == "failure name-unknown 0\n");
  CHECK(read_timed_answer("failure name-unknown 0\n") == TimedAnswer{failure, std::nullopt});
  for (const char* line :
       {"", "addresses ttl 1\n", "addresses 10.0.0.1 ttl\n", "addresses 10.0.0.1 ttl \n",
        "addresses 10.0.0.1 ttl 01\n", "addresses 10.0.0.1 ttl -1\n", "addresses 10.0.0.1 ttl 1",
        "addresses 10.0.0.1 ttl 4294967296\n", "addresses 10.0.0.1 ttl 1 \n",
        "addresses 10.0.0.1 ttl 1 ttl 2\n", "addresses 10.0.0.1  ttl 1\n",
        "failure name-unknown 0 ttl 1\n", "addresses 10.0.0.1 ttl 1\n\n"}) {
    CAPTURE(line);
    CHECK(!read_timed_answer(line));
  }
  // Who hasn't asked for it doesn't take it.
  CHECK(!read_answer("addresses 10.0.0.1 ttl 300\n"));
}

TEST_CASE("anything else is no answer") {
  using namespace std::string_literals;
  auto too_many = write_answer(addresses(64));
  too_many.insert(too_many.size() - 1, " 10.9.9.9");
  for (const auto& line : {""s,
                           "\n"s,
                           " \n"s,
                           "addresses\n"s,
                           "addresses \n"s,
                           "addresses 10.0.0.1"s,
                           "addresses 10.0.0.1 \n"s,
                           "addresses  10.0.0.1\n"s,
                           " addresses 10.0.0.1\n"s,
                           "addresses 10.0.0.1\n\n"s,
                           "addresses 10.0.0.1\r\n"s,
                           "addresses 10.0.0.1\naddresses 10.0.0.2\n"s,
                           "addresses 10.0.0.1,10.0.0.2\n"s,
                           "addresses 10.0.0.01\n"s,
                           "addresses 10.0.0.256\n"s,
                           "addresses 10.0.1\n"s,
                           "addresses ::1\n"s,
                           "addresses\t10.0.0.1\n"s,
                           "addresses 10.0.0.1\0\n"s,
                           "Addresses 10.0.0.1\n"s,
                           "address 10.0.0.1\n"s,
                           "10.0.0.1\n"s,
                           "failure\n"s,
                           "failure several\n"s,
                           "failure several \n"s,
                           "failure several 02\n"s,
                           "failure several -2\n"s,
                           "failure several 2 2\n"s,
                           "failure several 4294967296\n"s,
                           "failure  several 2\n"s,
                           "failure nonsense 0\n"s,
                           "failure bad_body 0\n"s,
                           "failure Several 0\n"s,
                           "failure 0\n"s,
                           "failure  0\n"s,
                           "failure several $(reboot)\n"s,
                           too_many}) {
    CAPTURE(line);
    CHECK_FALSE(read_answer(line));
  }
}

TEST_CASE("only what was not there lets the chain of sources go on") {
  for (const auto failure : all_failures) {
    CAPTURE(write_answer(FailureAnswer{failure}));
    CHECK(passes_on(failure) == (failure <= Failure::service_off));
  }
}
