// SPDX-License-Identifier: GPL-2.0-or-later
#include "hosts/words.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "unit/world.h"

using namespace situp;
using Problem = ExpandedWords::Failure;
using List = std::vector<std::string>;

namespace {

/// Of both functions; they have to be the same where the C library has a wordexp(3) of its own.
ExpandedWords expanded(const std::string& line) {
  CAPTURE(line);
  ExpandedWords by_ourselves = expand_words_by_ourselves(line);
  const ExpandedWords by_library = expand_words(line);
  CHECK(by_ourselves.failure == by_library.failure);
  CHECK(by_ourselves.words == by_library.words);
  return by_ourselves;
}

}  // namespace

TEST_CASE("words are separated by blanks; quotes and backslashes keep them together") {
  CHECK(expanded("").words.empty());
  CHECK(expanded(" \t ").words.empty());
  CHECK(expanded(" /a \t /b").words == List{"/a", "/b"});
  CHECK(expanded(R"('a b'"c d"e\ f)").words == List{"a bc de f"});
  CHECK(expanded(R"('' "")").words == List{"", ""});
  CHECK(expanded(R"("\a\"\\" 'x\y' \x)").words == List{R"(\a"\)", R"(x\y)", "x"});
  CHECK(expanded("a#b #").words == List{"a#b", "#"});
}

TEST_CASE("variables are replaced, and split where they are not quoted") {
  setenv("SITUP_TEST_TWO", "one  two", 1);  // NOLINT(concurrency-mt-unsafe)
  unsetenv("SITUP_TEST_NONE");              // NOLINT(concurrency-mt-unsafe)
  CHECK(expanded("a$SITUP_TEST_TWO/b").words == List{"aone", "two/b"});
  CHECK(expanded("a\"${SITUP_TEST_TWO}\"b").words == List{"aone  twob"});
  CHECK(expanded("$SITUP_TEST_NONE").words.empty());
  CHECK(expanded("\"$SITUP_TEST_NONE\"").words == List{""});
  CHECK(expanded("'$SITUP_TEST_TWO' \\$SITUP_TEST_TWO a$ $/").words ==
        List{"$SITUP_TEST_TWO", "$SITUP_TEST_TWO", "a$", "$/"});
  unsetenv("SITUP_TEST_TWO");  // NOLINT(concurrency-mt-unsafe)
}

TEST_CASE("a tilde is a home directory at the beginning of a word") {
  setenv("HOME", "/home/of test", 1);  // NOLINT(concurrency-mt-unsafe)
  CHECK(expanded("~ ~/a").words == List{"/home/of test", "/home/of test/a"});
  CHECK(expanded("~root/a").words.size() == 1);
  CHECK(expanded("a~ '~' \\~ ~no-such-user/a").words == List{"a~", "~", "~", "~no-such-user/a"});
}

TEST_CASE("a wildcard is replaced by the files that it matches, or stays") {
  const ScratchFolder folder;
  folder.put("b", "");
  folder.put("a", "");
  folder.put("a*", "");
  folder.put(".hidden", "");
  const std::string at = folder.path("");
  CHECK(expanded(at + "*").words == List{at + "a", at + "a*", at + "b"});
  CHECK(expanded(at + "[ab]").words == List{at + "a", at + "b"});
  CHECK(expanded(at + "a'*'").words == List{at + "a*"});
  // There, glibc leaves the backslash.
  CHECK(expand_words_by_ourselves(at + "a\\*?").words == List{at + "a*?"});
  CHECK(expanded(at + "c*").words == List{at + "c*"});
  CHECK(expanded("\"" + at + "*\"").words == List{at + "*"});
}

TEST_CASE("a line that a shell would not take is refused") {
  for (const char* line : {"a|b", "a&", "a;b", "<a", ">a", "(a)", "{a,b}", "a\nb"}) {
    CAPTURE(line);
    CHECK(expanded(line).failure == Problem::bad_character);
  }
  for (const char* line : {"'a", "\"a", "${a", "${}", "\"${a\""}) {
    CAPTURE(line);
    CHECK(expanded(line).failure == Problem::bad_syntax);
  }
  for (const char* line : {"$1", "$$", "${a:-b}", "$((1))", "a\\"})
    CHECK(expand_words_by_ourselves(line).failure == Problem::bad_syntax);
}
