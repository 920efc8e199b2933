// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/broker/broker.h"

#include <doctest/doctest.h>

#include <string>

using namespace situp;

TEST_CASE("a broker's name") {
  for (const char* good : {"he", "a", "other-broker2", "abcdefghijklmnopqrstuvwxyz012345"})
    CHECK(BrokerName::parse(good).has_value());
  for (const char* bad : {"", "HE", "2he", "-he", "h_e", "h e", "he.net", "he/..", "hé",
                          "abcdefghijklmnopqrstuvwxyz0123456"})
    CHECK(!BrokerName::parse(bad));
}

TEST_CASE("a tunnel's number is 1 to 10 digits, as written") {
  CHECK(TunnelId::parse("0123456789")->str() == "0123456789");
  for (const char* bad : {"", "12345678901", "-1", "+1", "1 ", "1a", "1&myip=6.6.6.6", "1#", "१"})
    CHECK(!TunnelId::parse(bad));
}

TEST_CASE("an update URL") {
  for (const char* good :
       {"https://ipv4.tunnelbroker.net/nic/update", "https://127.0.0.1:8443/", "https://b/x_-~.y"})
    CHECK(UpdateUrl::parse(good)->str() == good);
  for (const char* bad : {"",
                          "http://b/",
                          "HTTPS://b/",
                          "https://",
                          "https://b",
                          "https:///x",
                          "https://b:/x",
                          "https://b:0/x",
                          "https://b:65536/x",
                          "https://u@b/x",
                          "https://u:p@b/x",
                          "https://b/x?y",
                          "https://b/x#y",
                          "https://b/x y",
                          "https://b/%2e",
                          "https://b/../x",
                          "https://b/.x",
                          "https://b/\n",
                          "https://[::1]/x",
                          "https://1.2.3/x",
                          "https://b\\@c/x",
                          "ftp://b/x"}) {
    CAPTURE(bad);
    CHECK(!UpdateUrl::parse(bad));
  }
  CHECK(!UpdateUrl::parse("https://b/" + std::string(1024, 'x')));
}

TEST_CASE("a login goes through a pipe as it is") {
  const auto login = Login::parse("some one", "k=+/:\"'$;#[]");
  REQUIRE(login);
  CHECK(login->lines() == "some one\nk=+/:\"'$;#[]\n");
  const auto back = Login::from_lines(login->lines());
  REQUIRE(back);
  CHECK(back->user() == "some one");
  CHECK(back->key() == "k=+/:\"'$;#[]");
}

TEST_CASE("a login that would be two headers, or another user's") {
  CHECK(!Login::parse("", "k"));
  CHECK(!Login::parse("u", ""));
  CHECK(!Login::parse("u:v", "k"));
  CHECK(!Login::parse("u", "k k"));
  CHECK(!Login::parse("u\r\nX: y", "k"));
  CHECK(!Login::parse("u", "k\n"));
  CHECK(!Login::parse("ü", "k"));
  CHECK(!Login::parse(std::string(129, 'u'), "k"));
  CHECK(!Login::parse("u", std::string(129, 'k')));
  for (const char* bad : {"", "u", "u\n", "u\nk", "u\n\n", "\nk\n", "u\nk\n\n", "u\nk\nm\n"})
    CHECK(!Login::from_lines(bad));
}
