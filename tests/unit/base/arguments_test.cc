// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/arguments.h"

#include <doctest/doctest.h>

#include <array>

using namespace situp;

namespace {

constexpr std::array options{OptionName{"--config", true}, OptionName{"--all"},
                             OptionName{"--verbose", false, 'v'}};

/// "option:--config=FILE", …; an option without a value lacks the "=".
std::string read(const std::vector<std::string>& words) {
  constexpr std::array kinds{"option", "word", "end", "unknown", "lacks"};
  std::string text;
  for (const Argument& argument : read_arguments(words, options))
    text += (text.empty() ? "" : " ") +
            std::string(kinds[static_cast<std::size_t>(argument.kind)]) + ":" + argument.word +
            (argument.value.empty() ? "" : "=" + argument.value);
  return text;
}

}  // namespace

TEST_CASE("options and words keep their order") {
  CHECK(read({}).empty());
  CHECK(read({"a", "--all", "", "b", "-v", "--config", "f", "--verbose"}) ==
        "word:a option:--all word: word:b option:--verbose option:--config=f option:--verbose");
  CHECK(read({"--config", "--all", "a"}) == "option:--config=--all word:a");
  CHECK(read({"--config", "--"}) == "option:--config=--");
  CHECK(read({"a", "--", "--all", "-", "--"}) == "word:a end:-- word:--all word:- word:--");
}

TEST_CASE("an option has one spelling") {
  for (const char* word : {"--al", "--all=yes", "--config=f", "--conf", "-vv", "-va", "-a", "-",
                           "--allx", "-all", "---all", "-:", "-W", "--=", "-config"})
    CHECK_MESSAGE(read({"--all", word, "--all"}) == "option:--all unknown:" + std::string(word),
                  word);
}

TEST_CASE("a value that is missing") {
  CHECK(read({"--all", "--config"}) == "option:--all lacks:--config");
  CHECK(read({"--conf"}) == "unknown:--conf");
  CHECK(read({"-v", "--config"}) == "option:--verbose lacks:--config");
}
