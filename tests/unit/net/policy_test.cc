// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/policy.h"

#include <doctest/doctest.h>

#include <string>

using namespace situp;
using std::chrono::milliseconds;

namespace {

const Service* const ec2 = service_named("ec2");
const Talk fresh{ec2};
const Talk fresh_v2{ec2, Imds::v2, false, false};
const Talk with_token{ec2, Imds::automatic, true, false};
const Talk with_second_token{ec2, Imds::v2, true, true};

Reply status(unsigned number) {
  return HttpStatus{number};
}
Reply none(Failure failure, unsigned number = 0) {
  return FailureAnswer{failure, number};
}
unsigned number_of(const Reply& reply) {
  const auto* failure = std::get_if<FailureAnswer>(&reply);
  return failure == nullptr ? std::get<HttpStatus>(reply).number : failure->number;
}
constexpr Action accept{Action::Kind::accept};
constexpr Action use_v1{Action::Kind::use_v1};
constexpr Action renew{Action::Kind::renew_token};
constexpr Action fail(Failure failure, unsigned number = 0) {
  return {Action::Kind::fail, {failure, number}};
}
constexpr Action retry(Failure failure, unsigned number = 0) {
  return {Action::Kind::retry, {failure, number}};
}

struct Row {
  Talk talk;
  Reply reply;
  Action wanted;
};

}  // namespace

TEST_CASE("after the request for a token") {
  for (const auto& row : {
           Row{fresh, status(200), accept},
           Row{fresh, status(404), use_v1},
           Row{fresh, status(405), use_v1},
           Row{fresh_v2, status(404), fail(Failure::v1_refused, 404)},
           Row{fresh_v2, status(405), fail(Failure::v1_refused, 405)},
           Row{{ec2, Imds::automatic, true, true}, status(404), fail(Failure::token_refused, 404)},
           Row{fresh, status(400), fail(Failure::bad_status, 400)},
           Row{fresh, status(401), fail(Failure::bad_status, 401)},
           Row{fresh, status(403), fail(Failure::service_off, 403)},
           Row{fresh, status(500), fail(Failure::bad_status, 500)},
           Row{fresh, status(501), fail(Failure::bad_status, 501)},
           Row{fresh, status(502), fail(Failure::bad_status, 502)},
           Row{fresh, status(503), retry(Failure::unavailable, 503)},
           Row{fresh, status(201), fail(Failure::bad_status, 201)},
           Row{fresh, status(302), fail(Failure::bad_status, 302)},
           Row{fresh, none(Failure::value_timeout), fail(Failure::token_timeout)},
           Row{fresh, none(Failure::connect_timeout), retry(Failure::connect_timeout)},
           Row{fresh, none(Failure::name_timeout), retry(Failure::name_timeout)},
           Row{fresh, none(Failure::bad_lease, 1), fail(Failure::bad_lease, 1)},
           Row{fresh, none(Failure::unreachable, 111), retry(Failure::unreachable, 111)},
           Row{fresh, none(Failure::name_unknown), retry(Failure::name_unknown)},
           Row{fresh, none(Failure::too_large), fail(Failure::too_large)},
           Row{fresh, none(Failure::protocol), fail(Failure::protocol)},
       }) {
    CAPTURE(row.reply.index());
    CAPTURE(number_of(row.reply));
    CHECK(after_token(row.talk, row.reply) == row.wanted);
  }
}

TEST_CASE("after the request for a value") {
  for (const auto& row : {
           Row{with_token, status(200), accept},
           Row{fresh, status(200), accept},
           Row{with_token, status(401), renew},
           Row{with_second_token, status(401), fail(Failure::token_refused, 401)},
           Row{fresh, status(401), fail(Failure::bad_status, 401)},
           Row{with_token, status(403), fail(Failure::service_off, 403)},
           Row{with_token, status(404), fail(Failure::no_such_key, 404)},
           Row{fresh, status(404), fail(Failure::no_such_key, 404)},
           Row{with_token, status(405), fail(Failure::bad_status, 405)},
           Row{with_token, status(400), fail(Failure::bad_status, 400)},
           Row{with_token, status(500), fail(Failure::bad_status, 500)},
           Row{with_token, status(503), retry(Failure::unavailable, 503)},
           Row{with_token, status(206), fail(Failure::bad_status, 206)},
           Row{with_token, status(307), fail(Failure::bad_status, 307)},
           Row{with_token, none(Failure::value_timeout), fail(Failure::value_timeout)},
           Row{with_token, none(Failure::connect_timeout), retry(Failure::connect_timeout)},
           Row{with_token, none(Failure::unreachable, 113), retry(Failure::unreachable, 113)},
           Row{with_token, none(Failure::too_large), fail(Failure::too_large)},
           Row{with_token, none(Failure::protocol), fail(Failure::protocol)},
       }) {
    CAPTURE(row.reply.index());
    CAPTURE(number_of(row.reply));
    CHECK(after_value(row.talk, row.reply) == row.wanted);
  }
}

TEST_CASE("no status but two of the token's leads to version 1") {
  for (unsigned number = 100; number < 1000; ++number) {
    CHECK((after_token(fresh, status(number)).kind == Action::Kind::use_v1) ==
          (number == 404 || number == 405));
    CHECK(after_token(fresh_v2, status(number)).kind != Action::Kind::use_v1);
    CHECK(after_value(with_token, status(number)).kind != Action::Kind::use_v1);
  }
}

TEST_CASE("the pause doubles, is drawn from its whole range, and has a ceiling") {
  CHECK(backoff(1, 0) == milliseconds(0));
  CHECK(backoff(1, 100) == milliseconds(100));
  CHECK(backoff(1, 101) == milliseconds(0));
  CHECK(backoff(2, 200) == milliseconds(200));
  CHECK(backoff(5, 1600) == milliseconds(1600));
  CHECK(backoff(6, 3000) == milliseconds(3000));
  for (const unsigned tries : {6U, 7U, 40U, 4294967295U})
    CHECK(backoff(tries, 3001) == milliseconds(0));
}

TEST_CASE("a token") {
  CHECK(is_token("AQAEAE4Vb-x_==~!"));
  CHECK(is_token(std::string(1024, 'x')));
  for (const auto& text : {std::string(), std::string(1025, 'x'), std::string("a b"),
                           std::string("a\n"), std::string("a\r\nX: y"), std::string("a\0b", 3),
                           std::string("\x7f"), std::string("\xc3\xa4"), std::string("\t")})
    CHECK_FALSE(is_token(text));
}

TEST_CASE("an address's body") {
  const Answer one = std::vector{Ipv4{0x0a010203}};
  const Answer two = std::vector{Ipv4{0x0a010203}, Ipv4{0x0a010204}};
  const Answer nothing = FailureAnswer{Failure::no_such_key};
  const Answer bad = FailureAnswer{Failure::bad_body};
  CHECK(read_address_body("10.1.2.3") == one);
  CHECK(read_address_body("10.1.2.3\n") == one);
  CHECK(read_address_body("10.1.2.3\n10.1.2.4") == two);
  CHECK(read_address_body("10.1.2.3\n10.1.2.4\n") == two);
  CHECK(read_address_body("10.1.2.3\n", Form::one) == one);
  CHECK(read_address_body("10.1.2.3\n10.1.2.4", Form::first) == one);
  CHECK(read_address_body("10.1.2.3\n10.1.2.4", Form::one) ==
        Answer(FailureAnswer{Failure::several, 2}));
  for (const char* text : {"", "\n", "None", "None\n"}) CHECK(read_address_body(text) == nothing);
  for (const char* text : {"10.1.2.3\r\n", "10.1.2.3\n\n", "\n10.1.2.3", "none", "None\nNone",
                           "10.1.2.3 ", "0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255",
                           "::1", "010.1.2.3", "10.1.2.3\n0.0.0.0", "<html>"}) {
    CAPTURE(text);
    for (const Form form : {Form::one, Form::first, Form::all})
      CHECK(read_address_body(text, form) == bad);
  }
}

TEST_CASE("a list of interfaces") {
  CHECK(read_mac_list("0a:1b:2c:3d:4e:5f/\n0a:1b:2c:3d:4e:60/")->size() == 2);
  CHECK(read_mac_list("0a:1b:2c:3d:4e:5f\n")->front().str() == "0a:1b:2c:3d:4e:5f");
  CHECK(read_mac_list("")->empty());
  std::string many;
  for (int i = 0; i < 64; ++i) many += "0a:1b:2c:3d:4e:5f/\n";
  CHECK(read_mac_list(many)->size() == 64);
  CHECK_FALSE(read_mac_list(many + "0a:1b:2c:3d:4e:5f/\n"));
  for (const char* text :
       {"\n", "0a:1b:2c:3d:4e:5f//", "0a:1b:2c:3d:4e/", "../", "0a:1b:2c:3d:4e:5f/\r\n"})
    CHECK_FALSE(read_mac_list(text));
}
