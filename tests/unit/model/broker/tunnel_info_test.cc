// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/broker/tunnel_info.h"

#include <doctest/doctest.h>

#include <array>
#include <string>

using namespace situp;
using namespace std::string_literals;

namespace {

const Broker he{*BrokerName::parse("he"), *TunnelId::parse("123456")};

const TunnelInfo both{*Ipv4::parse("216.66.80.26"),
                      *Ipv4::parse("203.0.113.10"),
                      *Ipv6Net::parse("2001:470:1f04:1::1/64"),
                      *Ipv6Net::parse("2001:470:1f04:1::2/64"),
                      *Ipv6Net::parse("2001:470:abcd:c70::/64"),
                      *Ipv6Net::parse("2001:470:9000::/48")};

TunnelInfo without_48() {
  TunnelInfo info = both;
  info.routed48.reset();
  return info;
}

constexpr std::array good{
    std::pair{"serverv4", "216.66.80.26"},           std::pair{"clientv4", "203.0.113.10"},
    std::pair{"serverv6", "2001:470:1f04:1::1"},     std::pair{"clientv6", "2001:470:1f04:1::2/64"},
    std::pair{"routed64", "2001:470:abcd:c70::/64"}, std::pair{"routed48", "2001:470:9000::/48"},
};

/// The good fields, but for one.
std::optional<TunnelInfo> with(const std::string& name, const std::string& value) {
  TunnelInfoFields fields;
  for (const auto& [known, right] : good)
    if (!fields.take(known, name == known ? value : right)) return std::nullopt;
  return fields.info();
}

}  // namespace

TEST_CASE("a record's line") {
  const auto line =
      "record 216.66.80.26 203.0.113.10 2001:470:1f04:1::1/64 2001:470:1f04:1::2/64 "
      "2001:470:abcd:c70::/64 2001:470:9000::/48\n"s;
  CHECK(write_tunnel_info_answer(both) == line);
  CHECK(read_tunnel_info_answer(line) == TunnelInfoAnswer(both));
  const auto shorter = write_tunnel_info_answer(without_48());
  CHECK(shorter.ends_with(":c70::/64 -\n"));
  CHECK(read_tunnel_info_answer(shorter) == TunnelInfoAnswer(without_48()));
  const TunnelInfoAnswer failure = FailureAnswer{Failure::no_tunnel_info, 7};
  CHECK(write_tunnel_info_answer(failure) == "failure no-record 7\n");
  CHECK(read_tunnel_info_answer("failure no-record 7\n") == failure);
  const TunnelInfoAnswer sentence = BrokerSentence{200, "Invalid API key or password"};
  CHECK(write_tunnel_info_answer(sentence) == "sentence 200 Invalid API key or password\n");
  CHECK(read_tunnel_info_answer("sentence 200 Invalid API key or password\n") == sentence);
}

TEST_CASE("and nothing else is one") {
  const auto line = write_tunnel_info_answer(without_48());
  // less of it, anywhere, or more
  for (std::size_t size = 0; size < line.size(); ++size) {
    CAPTURE(size);
    CHECK(!read_tunnel_info_answer(line.substr(0, size)));
    CHECK(!read_tunnel_info_answer(line.substr(0, size) + ' ' + line.substr(size)));
    CHECK(!read_tunnel_info_answer(line.substr(0, size) + '\n' + line.substr(size)));
  }
  for (const auto& other :
       {line + line, line + "x", "record - - - - - -\n"s, "addresses 1.2.3.4\n"s, "broker good\n"s,
        "refused 403 no\n"s,
        "record 216.66.80.26 203.0.113.10 2001:470:1f04:1::1 2001:470:1f04:1::2 "
        "2001:470:abcd:c70::/64 -\n"s,
        "record 216.66.80.26 203.0.113.10 2001:470:1F04:1::1/64 2001:470:1f04:1::2/64 "
        "2001:470:abcd:c70::/64 -\n"s}) {
    CAPTURE(other);
    CHECK(!read_tunnel_info_answer(other));
  }
}

TEST_CASE("each field has its type") {
  CHECK(with("", "") == both);
  const auto refused = [](const char* name, std::initializer_list<const char*> values) {
    for (const char* value : values) {
      CAPTURE(name);
      CAPTURE(value);
      CHECK(!with(name, value));
      CHECK(!TunnelInfoFields().take(name, value));
    }
  };
  refused("serverv4", {"", "0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255", "216.66.80",
                       "216.66.80.026", "2001:db8::1", "tserv1.example.net", " 216.66.80.26"});
  refused("clientv4", {"", "203.0.113", "2001:db8::1", "203.0.113.10/32"});
  for (const char* name : {"serverv6", "clientv6"})
    refused(name, {"", "::", "::1", "fe80::1", "ff02::1", "fd00::1", "216.66.80.26",
                   "2001:470:1f04:1::3/63", "2001:470:1f04:1::3/128", "2001:470:1f04:1::3/0",
                   "2001:470:1f04:1::3/", "2001:470:1f04:1::3/x", "2001:470:1f04:1::3%eth0"});
  // A tunnel's own prefix has 64 to 127 bits; the other end has to agree.
  for (const char* length : {"/65", "/127"}) {
    TunnelInfoFields fields;
    CHECK(fields.take("clientv6", "2001:470:1f04:1::3" + std::string(length)));
  }
  refused("routed64", {"", "2001:470:abcd:c70::", "2001:470:abcd:c70::1/64", "2001:470:abcd::/48",
                       "2001:470:abcd:c70::/65", "fd00::/64", "::/64", "-"});
  refused("routed48", {"", "2001:470:9000::/64", "2001:470:9000::1/48", "2001:470:9000::", "-"});
}

TEST_CASE("a value that is too long for any field is refused") {
  TunnelInfoFields fields;
  CHECK_FALSE(fields.take("serverv4", std::string(1000, '1')));
  CHECK_FALSE(fields.take("routed48", std::string(1000, '1')));
}

TEST_CASE("fields agree with each other") {
  CHECK(!with("serverv6", "2001:470:1f04:1::2/64"));  // both ends the same
  CHECK(!with("serverv6", "2001:470:1f04:1::1/80"));  // another length
  CHECK(!with("serverv6", "2001:470:1f04:2::1/64"));  // another prefix
  CHECK(!with("routed64", "2001:470:1f04:1::/64"));   // the tunnel's own
  CHECK(with("clientv6", "2001:470:1f04:1:0::2") == both);
  CHECK(with("clientv4", "0.0.0.0"));  // it has heard of none yet, which is no reason to refuse
}

TEST_CASE("all of them are there once") {
  for (const auto& [left_out, unused] : good) {
    TunnelInfoFields fields;
    for (const auto& [name, value] : good)
      if (std::string(name) != left_out) CHECK(fields.take(name, value));
    CHECK(fields.info().has_value() == (std::string(left_out) == "routed48"));
  }
  TunnelInfoFields fields;
  for (const auto& [name, value] : good) CHECK(fields.take(name, value));
  for (const auto& [name, value] : good) CHECK(!fields.take(name, value));
  CHECK(!fields.take("rdns1", "1.2.3.4"));
  CHECK(!TunnelInfoFields::knows("rdns1"));
  CHECK(TunnelInfoFields::knows("routed48"));
  CHECK(fields.info() == both);
}

TEST_CASE("an answer in words is quoted") {
  const Error error = tunnel_info_error(BrokerSentence{200, "Invalid API key or password"}, he);
  CHECK(error.status() == Exit::no_answer);
  CHECK(std::string(error.what()) ==
        "broker he: the broker answered in words and not with a record (\"Invalid API key or "
        "password\"): see whether tunnel 123456 is yours, and user and key in [he] in "
        "/etc/situp/credentials are right");
}

TEST_CASE("each failure says what to do, and ends with its status") {
  const auto says = [](Failure failure, unsigned number, Exit status, const std::string& words) {
    const auto error = tunnel_info_error(FailureAnswer{failure, number}, he);
    CAPTURE(error.what());
    CHECK(error.status() == status);
    CHECK(error.subject() == "broker he");
    CHECK(error.why().find(words) != std::string::npos);
    CHECK(error.why().find('\n') == std::string::npos);
  };
  says(Failure::bad_status, 401, Exit::configuration,
       "refuses user or update key (HTTP status 401): correct [he] in /etc/situp/credentials");
  says(Failure::bad_status, 403, Exit::configuration,
       "refuses user or update key (HTTP status 403)");
  says(Failure::bad_status, 404, Exit::no_answer, "HTTP status 404: try again later");
  says(Failure::bad_status, 500, Exit::no_answer, "HTTP status 500: try again later");
  says(Failure::no_such_key, 0, Exit::configuration, "no tunnel 123456 of this user: correct");
  says(Failure::no_tunnel_info, 0, Exit::no_answer,
       "in words and not with a record: see whether tunnel");
  says(Failure::several, 2, Exit::no_answer, "with 2 tunnels where tunnel 123456 was asked for");
  says(Failure::bad_body, 0, Exit::no_answer,
       "is no valid record of tunnel 123456, so situp ignores it");
  says(Failure::untrusted, 0, Exit::no_answer, "so nothing was asked");
  says(Failure::protocol, 0, Exit::no_answer, "see record in situp.conf");
  says(Failure::too_large, 0, Exit::no_answer, "more than 64 KiB");
  says(Failure::unreachable, 111, Exit::no_answer, "can't be reached (connection refused)");
}
