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
  CHECK(UpdateUrl::parse("https://b/" + std::string(1014, 'x')));
  CHECK(!UpdateUrl::parse("https://b/" + std::string(1015, 'x')));
}

namespace {

std::string filled(const char* url, const char* user = "u", const char* key = "k") {
  const auto parsed = UpdateUrl::parse_template(url);
  REQUIRE_MESSAGE(parsed, std::string(url));
  CHECK(parsed->str() == url);
  return parsed->filled(*TunnelId::parse("123456"), Ipv4::parse("203.0.113.10"),
                        *Login::parse(user, key));
}

}  // namespace

TEST_CASE("a URL with placeholders") {
  CHECK(filled("https://b/x") == "https://b/x");
  CHECK(filled("https://b:8443/{tunnel}/{user}?a={address}&k={key}&t={tunnel}") ==
        "https://b:8443/123456/u?a=203.0.113.10&k=k&t=123456");
  CHECK(filled("https://b/a%20b;c?x=1+2") == "https://b/a%20b;c?x=1+2");
  // No value becomes a part of the URL's own, and none is replaced in turn.
  CHECK(filled("https://b/{user}?k={key}", "a b&c=d/../e@f.ua", "+/?#&%={user}{key}") ==
        "https://b/a%20b%26c%3Dd%2F..%2Fe%40f.ua?k=%2B%2F%3F%23%26%25%3D%7Buser%7D%7Bkey%7D");
  const auto url = *UpdateUrl::parse_template("https://b/{tunnel}?k={key}");
  CHECK(url.has("{key}"));
  CHECK(!url.has("{address}"));
}

TEST_CASE("what is no URL with placeholders, and why; never with a word that may be a secret") {
  const auto trouble = [](const std::string& url) {
    const auto text = UpdateUrl::template_trouble(url);
    CAPTURE(url);
    CHECK(!text.empty());
    CHECK(!UpdateUrl::parse_template(url));
    CHECK(text.find("s3cr3t") == std::string::npos);
    CHECK(text.find('\n') == std::string::npos);
    return text;
  };
  CHECK(trouble("http://b/s3cr3t") == "has to begin with https://");
  CHECK(trouble("") == "has to begin with https://");
  CHECK(trouble("https://u:s3cr3t@b/").find("has a user in it; write {user} and {key}") == 0);
  CHECK(trouble("https://{user}.b/").find("has a placeholder in its host") == 0);
  CHECK(trouble("https://b\\@c/").find("has a user in it") == 0);
  for (const char* url :
       {"https://", "https:///x", "https://b:/x", "https://b:0/", "https://[::1]/", "https://b_ /"})
    CHECK(trouble(url).find("names no host") == 0);
  for (const char* url : {"https://b", "https://b?x", "https://b#x"})
    CHECK(trouble(url).find("has no path") == 0);
  // Somebody may have put the key itself into braces.
  for (const char* url : {"https://b/?t={id}", "https://b/{Tunnel}", "https://b/?k={s3cr3t}",
                          "https://b/{k{tunnel}ey}", "https://b/{{tunnel}}"})
    CHECK(trouble(url) ==
          "has an unknown placeholder; it takes {tunnel}, {address}, {user} and {key}");
  for (const char* url : {"https://b/{", "https://b/}", "https://b/{tunnel", "https://b/tunnel}",
                          "https://b/{a b}", "https://b/{k{tunnel}ey", "https://b/{s3cr3t.s3cr3t}"})
    CHECK(trouble(url) == "has a brace that belongs to no placeholder; write %7B or %7D");
  for (const char* url :
       {"https://b/a b", "https://b/x#y", "https://b/\n", "https://b/?x\r\nHost: y", "https://b/\"",
        "https://b/ü", "https://b/%", "https://b/%2", "https://b/?%zz", "https://b/\\"})
    CHECK(trouble(url).find("has a character that a URL can't have") == 0);
  for (const char* url : {"https://b/../x", "https://b/.x", "https://b/x/.?y"})
    CHECK(trouble(url).find("has a /. in its path") == 0);
  CHECK(trouble("https://b/" + std::string(1015, 'x')) == "is longer than 1024 characters");
  CHECK(UpdateUrl::parse_template("https://b/" + std::string(1014, 'x')));
  for (const char* url : {"https://b/?key=s3cr3t", "https://b/?x=1&Password=s3cr3t&y",
                          "https://b/?api_key=s3cr3t", "https://b/?x&TOKEN=s3cr3t",
                          "https://tb.netassist.ua/autochangeip.php?l=me%40x.net&p=s3cr3t&ip="})
    CHECK(trouble(url).find("has a literal '") == 0);
  for (const char* url : {"https://b/?key={key}", "https://b/?token=", "https://b/?key",
                          "https://b/?x=key", "https://b/?tokens=3"})
    CHECK_MESSAGE(UpdateUrl::parse_template(url), url);
}

TEST_CASE("a key in a URL is seen, as it is or percent-encoded") {
  const auto shows = [](const char* url, const char* key) {
    return UpdateUrl::parse_template(url)->shows_key(*Login::parse("me", key));
  };
  for (const char* url : {"https://b/u/s3cr3t+=/{tunnel}", "https://b/?x=s3cr3t%2B%3D",
                          "https://b/?x=s3cr3t%2b=", "https://b/?%733cr3t+%3d&ip={address}"})
    CHECK_MESSAGE(shows(url, "s3cr3t+="), url);
  CHECK(shows("https://b/?x=100%25", "100%"));
  CHECK(shows("https://b/?x=100%25", "100%25"));
  CHECK_FALSE(shows("https://b/?u={user}&p={key}", "s3cr3t+="));
  // Neither a host, nor a placeholder, nor what is too short to tell.
  CHECK_FALSE(shows("https://update.example/{tunnel}", "update"));
  CHECK_FALSE(shows("https://b/{tunnel}", "tunnel"));
  CHECK_FALSE(shows("https://b/abc", "abc"));
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
  CHECK(!Login::parse("u\x7f", "k"));
  CHECK(Login::parse(std::string(128, '~'), std::string(128, '~')));
  CHECK(!Login::parse(std::string(129, 'u'), "k"));
  CHECK(!Login::parse("u", std::string(129, 'k')));
  for (const char* bad : {"", "u", "u\n", "u\nkey", "u\n\n", "\nk\n", "u\nk\n\n", "u\nk\nm\n"})
    CHECK(!Login::from_lines(bad));
}
