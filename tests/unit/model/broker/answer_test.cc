// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/broker/answer.h"

#include <doctest/doctest.h>

#include <array>
#include <string>

using namespace situp;
using namespace std::string_literals;

namespace {

constexpr std::array all_words{
    BrokerWord::good,   BrokerWord::nochg,   BrokerWord::badauth,     BrokerWord::nohost,
    BrokerWord::badip,  BrokerWord::notfqdn, BrokerWord::not_donator, BrokerWord::abuse,
    BrokerWord::dnserr, BrokerWord::broken,
};
constexpr Ipv4 elastic{0xcb00710a};  // 203.0.113.10
constexpr Ipv4 other{0xcb00710b};
constexpr Ipv4 loopback{0x7f000001};

const Broker he{*BrokerName::parse("he"), *TunnelId::parse("123456")};

BrokerAnswer said(BrokerWord word, std::optional<Ipv4> address = std::nullopt) {
  return BrokerSaid{word, address};
}

BrokerAnswer read_body(unsigned status, std::string_view body) {
  return read_broker_body(protocols().front(), status, body, "Up-d4te+Key=");
}

BrokerAnswer sentence(const std::string& text, unsigned status = 200) {
  return BrokerSentence{status, text};
}

BrokerAnswer failed(Failure failure, unsigned number = 0) {
  return FailureAnswer{failure, number};
}

}  // namespace

TEST_CASE("what situp-net writes is read again, and nothing else is") {
  for (const auto word : all_words)
    CHECK(read_broker_answer(write_broker_answer(said(word))) == said(word));
  CHECK(read_broker_answer("broker good 203.0.113.10\n") == said(BrokerWord::good, elastic));
  CHECK(read_broker_answer("failure untrusted 0\n") == failed(Failure::untrusted));
  CHECK(read_broker_answer("failure bad-status 500\n") == failed(Failure::bad_status, 500));
  CHECK(write_broker_answer(failed(Failure::no_ca_file)) == "failure no-ca-file 0\n");
  for (const auto& line : {""s,
                           "\n"s,
                           "broker\n"s,
                           "broker \n"s,
                           "broker good"s,
                           "broker good \n"s,
                           "broker Good\n"s,
                           "broker good 1.2.3\n"s,
                           "broker good 1.2.3.4 \n"s,
                           "broker good  1.2.3.4\n"s,
                           "broker badauth 1.2.3.4\n"s,
                           "broker good\n\n"s,
                           "broker good\nbroker good\n"s,
                           "sentence\n"s,
                           "sentence 200\n"s,
                           "sentence 200 \n"s,
                           "sentence x y\n"s,
                           "sentence 0200 y\n"s,
                           "sentence 1000 y\n"s,
                           "sentence 200 a\nb\n"s,
                           "sentence 200 \x1b\n"s,
                           "sentence 200 yes"s,
                           "sentence 200 " + std::string(204, 'y') + "\n",
                           "addresses 1.2.3.4\n"s,
                           "failure nothing 0\n"s,
                           " broker good\n"s,
                           "broker good\0\n"s}) {
    CAPTURE(line);
    CHECK(!read_broker_answer(line));
  }
}

TEST_CASE("the body's first word is matched exactly") {
  CHECK(read_body(200, "good 203.0.113.10\n") == said(BrokerWord::good, elastic));
  CHECK(read_body(200, "nochg\r\n") == said(BrokerWord::nochg));
  CHECK(read_body(200, "!donator") == said(BrokerWord::not_donator));
  CHECK(read_body(200, "911 later, please") == said(BrokerWord::broken));
  for (const auto& body : {"goodness"s, "good203.0.113.10"s, "not good"s, "Good"s, "good x"s})
    CHECK(read_body(200, body) == sentence(body));
  for (const auto& body : {""s, "\n"s, " \r\n"s, "<html>\ngood\n"s, "\n <!DOCTYPE html>"s})
    CHECK(read_body(200, body) == failed(Failure::bad_body));
}

TEST_CASE("an answer in words of the broker's own is shown: on one line, printable, cut") {
  const std::string pingable = "IP is not ICMP pingable. Please make sure ICMP is not blocked.";
  CHECK(read_body(200, pingable + "\n") == sentence(pingable));
  CHECK(read_body(200, "good\n\n") == sentence("good"));
  CHECK(read_body(200, "-ERROR: Tunnel not found.\r\n  Try\tagain.") ==
        sentence("-ERROR: Tunnel not found. Try again."));
  CHECK(read_body(200, "\x1b[31mred\xe2\x80\xae \xff") == sentence("?[31mred? ?"));
  CHECK(read_body(503, "try later") == sentence("try later", 503));
  CHECK(read_body(503, "<p>try later</p>") == failed(Failure::bad_status, 503));
  const BrokerAnswer longest = read_body(200, std::string(5000, 'x'));
  CHECK(longest == sentence(std::string(200, 'x') + "…"));
  CHECK(read_broker_answer(write_broker_answer(longest)) == longest);
  // A service that repeats what it was sent.
  CHECK(read_body(200, "wrong key: Up-d4te+Key=!") == failed(Failure::bad_body));
  CHECK(read_body(400, std::string(300, 'x') + "Up-d4te+Key=") == failed(Failure::bad_status, 400));

  const BrokerAnswer answer = sentence(pingable);
  CHECK(read_broker_answer(write_broker_answer(answer)) == answer);
  const BrokerAnswer cut = read_body(500, std::string(199, 'x') + "ü and more");
  CHECK(cut == sentence(std::string(199, 'x') + "…", 500));
  CHECK(read_broker_answer(write_broker_answer(cut)) == cut);
  CHECK(str(answer) == pingable);
  CHECK(verdict_on(answer, elastic) == Verdict::later);
  CHECK(may_have_reached(answer));
  CHECK(broker_answer_text(answer, he, elastic) ==
        "the broker answered in words of its own, so nothing is taken for done: \"" + pingable +
            "\"; do what it says, or look at the tunnel on its web site");
  CHECK(broker_answer_text(sentence("no", 503), he, elastic).find("(HTTP status 503): \"no\"") !=
        std::string::npos);
}

TEST_CASE("only status 200 says that it is done; another one may say why not") {
  for (const unsigned status : {201U, 204U, 301U, 403U, 500U})
    for (const char* body : {"good 203.0.113.10", "nochg", "<p>hello</p>"})
      CHECK(read_body(status, body) == failed(Failure::bad_status, status));
  CHECK(read_body(401, "good") == said(BrokerWord::badauth));
  CHECK(read_body(401, "nohost") == said(BrokerWord::nohost));
  CHECK(read_body(503, "911") == said(BrokerWord::broken));
}

TEST_CASE("what is made of each answer") {
  for (const auto word : {BrokerWord::good, BrokerWord::nochg}) {
    CHECK(verdict_on(said(word), elastic) == Verdict::accepted);
    CHECK(verdict_on(said(word), std::nullopt) == Verdict::accepted);
    CHECK(verdict_on(said(word, elastic), elastic) == Verdict::accepted);
    CHECK(verdict_on(said(word, elastic), std::nullopt) == Verdict::accepted);
    CHECK(verdict_on(said(word, other), elastic) == Verdict::later);
    // The update was ignored.
    CHECK(verdict_on(said(word, loopback), elastic) == Verdict::later);
    CHECK(verdict_on(said(word, loopback), std::nullopt) == Verdict::later);
  }
  for (const auto word : {BrokerWord::badauth, BrokerWord::nohost, BrokerWord::badip,
                          BrokerWord::notfqdn, BrokerWord::not_donator})
    CHECK(verdict_on(said(word), elastic) == Verdict::permanent);
  for (const auto word : {BrokerWord::abuse, BrokerWord::dnserr, BrokerWord::broken})
    CHECK(verdict_on(said(word), elastic) == Verdict::later);
  for (const auto failure : {Failure::unreachable, Failure::untrusted, Failure::bad_body,
                             Failure::bad_status, Failure::value_timeout})
    CHECK(verdict_on(failed(failure), elastic) == Verdict::later);
}

TEST_CASE("what may have been a call counts as one") {
  for (const auto& answer :
       {said(BrokerWord::good), failed(Failure::value_timeout), failed(Failure::bad_status, 500),
        failed(Failure::bad_body), failed(Failure::untrusted), failed(Failure::unreachable, 0)})
    CHECK(may_have_reached(answer));
  for (const auto& answer : {failed(Failure::unreachable, 111), failed(Failure::connect_timeout),
                             failed(Failure::name_unknown), failed(Failure::name_timeout)})
    CHECK(!may_have_reached(answer));
}

TEST_CASE("each answer that is no acceptance has its words, and they say what to do") {
  for (const auto word : all_words) {
    const auto text = broker_answer_text(said(word, loopback), he, elastic);
    CAPTURE(text);
    CHECK(text.find(word == BrokerWord::not_donator ? "!donator" : std::string(str(word))) !=
          std::string::npos);
    CHECK(text.find('\n') == std::string::npos);
    CHECK(text.back() != '.');
  }
  CHECK(broker_answer_text(said(BrokerWord::good, loopback), he, elastic) ==
        "the broker has ignored the update (good 127.0.0.1): look at the tunnel on its web site");
  CHECK(broker_answer_text(said(BrokerWord::good, other), he, elastic) ==
        "the broker answered for another address (good 203.0.113.11 instead of 203.0.113.10): look "
        "at the tunnel on its web site");
  CHECK(broker_answer_text(failed(Failure::unreachable, 0), he, elastic)
            .starts_with("the broker closed the connection before"));
  for (const unsigned error : {1U, 111U})
    CHECK(broker_answer_text(failed(Failure::unreachable, error), he, elastic)
              .starts_with("the broker can't be reached ("));
  CHECK(broker_answer_text(said(BrokerWord::nohost), he, elastic) ==
        "the broker knows no tunnel 123456 of this user (nohost): correct the number");
  CHECK(broker_answer_text(said(BrokerWord::badauth), he, elastic) ==
        "the broker refuses user or update key (badauth): correct [he] in " SITUP_SYSCONFDIR
        "/situp/credentials");
  CHECK(broker_answer_text(failed(Failure::bad_status, 500), he, elastic).find("500") !=
        std::string::npos);
}

namespace {

BrokerAnswer read_text(unsigned status, std::string_view body) {
  const AnswerTexts texts{*TextList::parse("OK!, already registered"),
                          *TextList::parse("wrong password"), *TextList::parse("busy")};
  return read_broker_text(texts, status, body, "Up-d4te+Key=");
}

BrokerAnswer meaning(const std::string& text, Verdict verdict, unsigned status = 200) {
  return BrokerSentence{status, text, verdict};
}

}  // namespace

TEST_CASE("texts give an answer its meaning, which keeps its words") {
  CHECK(read_text(200, "OK! 203.0.113.10\r\n") == meaning("OK! 203.0.113.10", Verdict::accepted));
  CHECK(read_text(200, "FAIL! 1.2.3.4 is\n already  registered") ==
        meaning("FAIL! 1.2.3.4 is already registered", Verdict::accepted));
  CHECK(read_text(403, "wrong password") == meaning("wrong password", Verdict::permanent, 403));
  CHECK(read_text(503, "\x1b[1m busy") == meaning("?[1m busy", Verdict::later, 503));
  // Nothing is done without status 200, and no other text means that it is.
  CHECK(read_text(500, "OK!") == failed(Failure::bad_status, 500));
  CHECK(read_text(302, "OK!") == failed(Failure::bad_status, 302));
  CHECK(read_text(200, "good 203.0.113.10") == sentence("good 203.0.113.10"));
  CHECK(read_text(200, "") == failed(Failure::bad_body));
  CHECK(read_text(200, "<html>Log in</html>") == failed(Failure::bad_body));
  CHECK(read_text(401, "who are you") == said(BrokerWord::badauth));
  // A wrong login is not tried again, unless the broker's own words are a refusal.
  CHECK(read_text(401, "busy") == said(BrokerWord::badauth));
  CHECK(read_text(401, "wrong password") == meaning("wrong password", Verdict::permanent, 401));
  CHECK(read_text(500, "who are you") == sentence("who are you", 500));
  // A page and an answer with the key can't be quoted.
  CHECK(read_text(200, "<html><b>OK!</b></html>") == meaning("OK!", Verdict::accepted));
  for (const char* body : {"busy with Up-d4te+Key=", "busy: /u?p=Up-d4te%2BKey%3D",
                           "busy: Up-d4te&#43;Key&#61;", "busy: \"Up-d4te\\u002bKey\""})
    CHECK(read_text(200, body) == meaning("busy", Verdict::later));
  CHECK(read_text(200, "unknown: Up%2Dd4te%2BKey%3D") == failed(Failure::bad_body));
  for (const char* body : {"no: p=abc%24def%21", "no: abc&#36;def!", "no: \"abc\\u0024def!\""})
    CHECK(!sentence_in(200, body, "abc$def!"));
  CHECK(sentence_in(200, "no: try again", "abc$def!"));
  // Only letters and digits of the key that are four or more in a row tell that it is there.
  CHECK(sentence_in(200, "Up to 100% busy", "Up-d4te+Key="));
  CHECK(!sentence_in(200, "d4te is 100% wrong", "Up-d4te+Key="));
  // Far behind what is quoted.
  CHECK(read_text(200, std::string(3000, '.') + "busy") ==
        meaning(std::string(200, '.') + "…", Verdict::later));

  for (const Verdict verdict : {Verdict::accepted, Verdict::permanent, Verdict::later}) {
    const BrokerAnswer answer = meaning("some words", verdict, 202);
    CHECK(read_broker_answer(write_broker_answer(answer)) == answer);
    CHECK(verdict_on(answer, elastic) == verdict);
    CHECK(str(answer) == "some words");
    CHECK(may_have_reached(answer));
  }
  CHECK(write_broker_answer(meaning("no", Verdict::permanent, 403)) == "refused 403 no\n");
  for (const char* line : {"done\n", "done 200\n", "done 200 \n", "done x y\n",
                           "refused 200 a\nb\n", "later 200 \x1b\n", "doner 200 x\n", "done 200 x"})
    CHECK_MESSAGE(!read_broker_answer(line), line);
  CHECK(broker_answer_text(meaning("no such user", Verdict::permanent), he, elastic) ==
        "the broker refuses: \"no such user\"; correct what it names, such as user and key "
        "in " SITUP_SYSCONFDIR "/situp/credentials");
  CHECK(broker_answer_text(meaning("busy", Verdict::later), he, elastic) ==
        "the broker does not take the address now: \"busy\"; wait");
}

TEST_CASE("a protocol may have words of its own") {
  constexpr std::array words{ProtocolWord{"OK", BrokerWord::good},
                             ProtocolWord{"KO", BrokerWord::badauth}};
  BrokerProtocol protocol = protocols().front();
  protocol.words = words;
  CHECK(read_broker_body(protocol, 200, "OK", "") == said(BrokerWord::good));
  CHECK(read_broker_body(protocol, 200, "KO", "") == said(BrokerWord::badauth));
  CHECK(read_broker_body(protocol, 200, "good", "") == sentence("good"));
}
