// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/json.h"

#include <doctest/doctest.h>

using namespace situp;

TEST_CASE("an array of texts is a member") {
  Json json;
  json.begin_object();
  json.list("none", {});
  json.list("two", {"a", "b\""});
  json.end_object();
  CHECK(json.text() == R"({"none":[],"two":["a","b\""]})");
}

TEST_CASE("values, members and nesting get their commas") {
  Json json;
  json.begin_array();
  json.begin_object();
  json.member("a", "x");
  json.member("n", 5U);
  json.key("list");
  json.begin_array();
  json.value(true);
  json.value(false);
  json.end_array();
  json.end_object();
  json.begin_object();
  json.end_object();
  json.end_array();
  CHECK(json.text() == R"([{"a":"x","n":5,"list":[true,false]},{}])");
}

TEST_CASE("whatever a file holds, the text is JSON") {
  const auto quoted = [](std::string_view text) {
    Json json;
    json.value(text);
    return json.text();
  };
  CHECK(quoted("a\"b\\c\n\x1b\x7f") == R"("a\"b\\c\n\u001b\u007f")");
  CHECK(quoted("über …") == "\"über …\"");
  CHECK(quoted("\xff\xfe") == "\"\xef\xbf\xbd\xef\xbf\xbd\"");
  CHECK(quoted("\xed\xa0\x80") == "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");  // a surrogate
  CHECK(quoted("\xc0\xaf") == "\"\xef\xbf\xbd\xef\xbf\xbd\"");                  // too long a form
  CHECK(quoted("\xe2\x82") == "\"\xef\xbf\xbd\xef\xbf\xbd\"");                  // cut off
  CHECK(quoted("\xf0\x9f\x98\x80") == "\"\xf0\x9f\x98\x80\"");
}
