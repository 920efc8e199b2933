// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/ask/question.h"

#include <doctest/doctest.h>

#include "base/text.h"

using namespace situp;
using std::chrono::milliseconds;

namespace {

std::optional<TimedQuestion> question_in(const std::string& line) {
  const auto words = words_of(line);
  const auto questions = read_questions({words.begin(), words.end()});
  return questions.size() == 1 ? std::optional(questions.front()) : std::nullopt;
}

std::string read_and_written(const std::string& line) {
  const auto timed = question_in(line);
  return timed ? str(timed->question) : "wrong";
}

const std::string metadata = "metadata --endpoint http://169.254.169.254 --imds ";

}  // namespace

TEST_CASE("a question is read as it was written") {
  const ServiceUrl url = url_of(services().front());
  const BrokerQuestion broker{&protocols().front(),
                              *UpdateUrl::parse("https://broker.example/update"), "/etc/ca.pem",
                              Ipv4::parse("10.0.0.1"), *TunnelId::parse("123456")};
  BrokerQuestion least = broker;
  least.ca_file.clear();
  least.local.reset();
  BrokerQuestion whole = broker;
  whole.protocol = &template_protocol();
  whole.url = *UpdateUrl::parse_template("https://b/{tunnel}?k={key}&ip={address}");
  const auto texts = [](const char* value) { return *TextList::parse(value); };
  for (const Question& question : std::vector<Question>{
           MetadataQuestion{&services().front(), url},
           MetadataQuestion{&services().front(), url, Imds::v2,
                            InterfaceAddress{*Mac::parse("02:00:00:00:00:02")}},
           MetadataQuestion{&services().back(), url, Imds::automatic,
                            PrivateAddress{*Ipv4::parse("3.4.5.6")}},
           MetadataQuestion{&services().back(), url, Imds::v2,
                            PublicAddress{*Ipv4::parse("10.0.0.1")}},
           NameQuestion{*HostName::parse("a.example")},
           NameQuestion{*HostName::parse("a.example"), true}, UpdateQuestion{broker, std::nullopt},
           UpdateQuestion{least, Ipv4::parse("3.4.5.6")},
           UpdateQuestion{whole, Ipv4::parse("3.4.5.6"), {texts("OK!, not changed"), {}, {}}},
           UpdateQuestion{
               whole, Ipv4::parse("3.4.5.6"), {texts("OK"), texts("no"), texts("busy, wait")}},
           TunnelInfoQuestion{broker}, TunnelInfoQuestion{least}}) {
    CAPTURE(str(question));
    CHECK(read_questions(arguments_of(question, milliseconds(70))) ==
          std::vector{TimedQuestion{question, milliseconds(70)}});
    CHECK(read_questions(arguments_of(question, std::nullopt)).empty());
  }
}

TEST_CASE("several questions are read as they were written, but none with a secret") {
  const std::vector<Question> questions{
      MetadataQuestion{&services().front(), url_of(services().front())},
      NameQuestion{*HostName::parse("a.example")}, NameQuestion{*HostName::parse("b.example")}};
  const auto read = read_questions(arguments_of(questions, milliseconds(70)));
  REQUIRE(read.size() == 3);
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(read[i] == TimedQuestion{questions[i], milliseconds(70)});
  const auto count = [](const std::string& line) {
    const auto words = words_of(line);
    return read_questions({words.begin(), words.end()}).size();
  };
  const std::string name = "resolve --wait 1 a.example";
  const std::string secret = "broker --url https://h/ --wait 1 7";
  CHECK(count(name + " -- " + name) == 2);
  CHECK(count(secret) == 1);
  for (const std::string& wrong :
       {name + " -- " + secret, secret + " -- " + name, "-- " + name, name + " --",
        name + " -- -- " + name, name + " -- resolve a.example", std::string("--")}) {
    CAPTURE(wrong);
    CHECK(count(wrong) == 0);
  }
}

TEST_CASE("a question's words") {
  CHECK(read_and_written(metadata + "auto --wait 0 primary") == metadata + "auto primary");
  CHECK(read_and_written(
            "metadata --service ec2 --wait 1 --imds v2 --endpoint http://h/ public 3.4.5.6") ==
        "metadata --endpoint http://h --imds v2 public 3.4.5.6");
  CHECK(read_and_written("resolve --wait 600000 --ttl a.example") == "resolve --ttl a.example");
  const auto timed = question_in("resolve --try 5 --wait 0 a.example");
  REQUIRE(timed);
  CHECK(timed->one_try == milliseconds(5));
}

TEST_CASE("a command line that is wrong is none") {
  for (const std::string& line : std::vector<std::string>{
           "",
           "--wait 5 resolve a.example",
           "resolve",
           "resolve a.example",
           "resolve --wait 5",
           "resolve --wait 600001 a.example",
           "resolve --wait -1 a.example",
           "resolve --wait 5 --wait 5 a.example",
           "resolve --wait 5 --try 0 a.example",
           "resolve --wait 5 a.example b.example",
           "resolve a.example --wait 5",
           "resolve --wait 5 a.example --ttl",
           "resolve --wait 5 -- a.example",
           "resolve --wait=5 a.example",
           "resolve --wai 5 a.example",
           "resolve --ttl --ttl --wait 5 a",
           "resolve --wait 5 --imds v2 a.example",
           "resolve --wait 5 --url https://h/ a.example",
           metadata + "v1 --wait 5 primary",
           metadata + "v2 --wait 5",
           metadata + "v2 --wait 5 mac",
           metadata + "v2 --wait 5 primary x",
           metadata + "v2 --wait 5 mac 02:00",
           metadata + "v2 --wait 5 public eth0",
           metadata + "v2 --wait 5 --ttl primary",
           metadata + "v2 --wait 5 --service none primary",
           metadata + "v2 --wait 5 other 3.4.5.6",
           "metadata --imds v2 --wait 5 primary",
           metadata + "v2 --wait 5 --local 3.4.5.6 primary",
           "broker --wait 5 123",
           "broker --wait 5 --protocol none --url https://h/ 123",
           "broker --wait 5 --url http://h/ 123",
           "broker --wait 5 --url https://h/ x",
           "broker --wait 5 --url https://h/ --try 5 123",
           "broker --wait 5 --url https://h/ --ca-file ca.pem 123",
           "record --wait 5 --url https://h/ --myip 3.4.5.6 123",
           "record --wait 5 --protocol template --url https://h/ 123",
           "broker --wait 5 --url https://h/ --done OK 123",
           "broker --wait 5 --url https://h/?x 123",
           "broker --wait 5 --protocol template --url https://h/ 123",
           "broker --wait 5 --protocol template --url https://h/ --done , 123",
           "broker --wait 5 --protocol template --url https://h/{id} --done x 123",
           "broker --wait 5 --protocol template --url https://h/{address} "
           "--done OK 123",
           "other --wait 5"})
    CHECK_MESSAGE(read_and_written(line) == "wrong", line);
}
