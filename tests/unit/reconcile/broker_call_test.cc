// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconcile/broker_call.h"

#include <doctest/doctest.h>

#include <string>

#include "reconcile/asker.h"
#include "reconcile/public_address.h"
#include "unit/world.h"

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

const Ipv4 private_one = *Ipv4::parse("172.31.14.146");
const Ipv4 public_one = *Ipv4::parse("203.0.113.10");
const Broker he{*BrokerName::parse("he"), *TunnelId::parse("123456")};

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

  const Outcome info = wrote(
      "record 216.66.80.26 203.0.113.10 2001:470:1f04:1::1/64 2001:470:1f04:1::2/64 "
      "2001:470:abcd:c70::/64 -\n");
  CHECK(std::holds_alternative<TunnelInfo>(tunnel_info_in(info)));
  CHECK(tunnel_info_in(killed(info, 9)) == TunnelInfoAnswer(FailureAnswer{Failure::killed, 9}));
}

TEST_CASE("how it ended without an answer is told") {
  CHECK(without_answer(killed(wrote(""), 11)) == FailureAnswer{Failure::killed, 11});
  CHECK(without_answer(late(wrote(""))) == FailureAnswer{Failure::value_timeout});
  CHECK(without_answer(wrote("")) == FailureAnswer{Failure::broken});
  Outcome endless = killed(wrote("x"), 9);
  endless.too_much = true;
  CHECK(without_answer(endless) == FailureAnswer{Failure::broken});
}

TEST_CASE("what a broker is told, and asked: login on stdin, never an argument") {
  BrokerService service{&protocols().front(), *UpdateUrl::parse("https://broker.example/update"),
                        ""};
  const Login login = *Login::parse("user", "key");
  BrokerSubject subject{he, private_one, public_one, "v", "b"};
  Command command = broker_command(service, subject, login);
  CHECK(words_of_command(command) ==
        "broker --wait 30000 --url https://broker.example/update --local 172.31.14.146 --myip "
        "203.0.113.10 123456");
  CHECK(command.input == "user\nkey\n");
  service.ca_file = "/etc/ca.pem";
  subject.local.reset();
  subject.public_address.reset();
  command = broker_command(service, subject, login);
  CHECK(words_of_command(command) ==
        "broker --wait 30000 --url https://broker.example/update --ca-file /etc/ca.pem 123456");
  command = tunnel_info_command(service, he.tunnel, login, private_one);
  CHECK(words_of_command(command) ==
        "record --wait 30000 --url https://broker.example/update --ca-file /etc/ca.pem --local "
        "172.31.14.146 123456");
  CHECK(words_of_command(tunnel_info_command(service, he.tunnel, login)).find("--local") ==
        std::string::npos);
}

TEST_CASE("what a broker with a template is told: neither user nor key is an argument") {
  const BrokerService service{&template_protocol(),
                              *UpdateUrl::parse_template("https://b/?k={key}&ip={address}"),
                              "",
                              {*TextList::parse("OK"), *TextList::parse("no, never"), {}}};
  const Login login = *Login::parse("user", "key");
  BrokerSubject subject{he, private_one, public_one, "v", "b"};
  CHECK(!missing_address(service, subject));
  const Command command = broker_command(service, subject, login);
  CHECK(words_of_command(command) ==
        "broker --wait 30000 --protocol template --url https://b/?k={key}&ip={address} --local "
        "172.31.14.146 --myip 203.0.113.10 --done OK --refused no, never 123456");
  CHECK(command.input == "user\nkey\n");
  CHECK(version_of(service, Credentials{login, "7-8"}) ==
        "https://b/?k={key}&ip={address} 7-8 [OK] [no, never] []");
  subject.public_address.reset();
  const auto missing = missing_address(service, subject);
  REQUIRE(missing);
  CHECK(missing->status() == Exit::no_answer);
  const BrokerService without{&template_protocol(),
                              *UpdateUrl::parse_template("https://b/{tunnel}"), "", service.texts};
  CHECK(!missing_address(without, subject));
}

TEST_CASE("another URL, other credentials or another CA file is another version") {
  const BrokerService service{&protocols().front(),
                              *UpdateUrl::parse("https://broker.example/update"), ""};
  const BrokerService with_ca{service.protocol, service.url, "/etc/ca.pem"};
  const Credentials credentials{*Login::parse("user", "key"), "7-8"};
  CHECK(version_of(service, credentials) == "https://broker.example/update 7-8");
  CHECK(version_of(with_ca, credentials) == "https://broker.example/update 7-8 /etc/ca.pem");
}

TEST_CASE("situp-net's answers are believed only where it has ended well") {
  const NameQuestion question{*HostName::parse("tunnel.example")};
  const Command command = command_for(question, std::chrono::milliseconds(70));
  CHECK(command.program == SITUP_LIBEXECDIR "/situp-net");
  CHECK(words_of_command(command) == "resolve --wait 70 tunnel.example");
  Outcome outcome;
  outcome.output = "addresses 192.0.2.1 ttl 60\n";
  CHECK(timed_answer_in(outcome).ttl == 60U);
  CHECK(std::get<std::vector<Ipv4>>(answer_in(outcome)).size() == 1);
}
