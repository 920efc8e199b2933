// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/keyed.h"

#include <doctest/doctest.h>

using namespace situp;

namespace {

/// "KEY=VALUE" of each line, "KEY" of one without a value; "none" for a text that is none.
std::string read(std::string_view text) {
  std::string pairs;
  const bool whole = read_keyed(text, "kind 1", [&](std::string_view key, const auto& value) {
    pairs += (pairs.empty() ? "" : ";") + std::string(key);
    if (value) pairs += "=" + std::string(*value);
    return key != "wrong";
  });
  return whole ? pairs : "none";
}

}  // namespace

TEST_CASE("what is written is read again") {
  KeyedWriter text("kind 1");
  text.line("key", "some words");
  text.line("empty", "");
  text.line("lines", "one\ntwo\n");
  CHECK(text.text() == "kind 1\nkey some words\nempty \nlines one two \nend\n");
  CHECK(read(text.text()) == "key=some words;empty=;lines=one two ");
}

TEST_CASE("a text that isn't whole is none") {
  CHECK(read("kind 1\nend\n").empty());
  CHECK(read("kind 1\nkey\n key  v\nend \nend\n") == "key;=key  v;end=");
  for (const char* text :
       {"", "\n", "end\n", "kind 1", "kind 1\n", "kind 1\nend", "kind 1\nkey v\n", "kind 2\nend\n",
        "kind 1 \nend\n", "kind 1\nend\n\n", "kind 1\nend\nkey v\n", "kind 1\nwrong v\nend\n",
        "\nkind 1\nend\n", "kind 1\r\nend\n"})
    CHECK_MESSAGE(read(text) == "none", text);
}
