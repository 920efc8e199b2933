// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/nearest.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <tuple>
#include <vector>

using namespace situp;

TEST_CASE("a slip is a letter too many, too few, wrong, or swapped with its neighbour") {
  CHECK(distance("status", "status", 3) == 0);
  CHECK(distance("statuss", "status", 3) == 1);
  CHECK(distance("sttus", "status", 3) == 1);
  CHECK(distance("stadus", "status", 3) == 1);
  CHECK(distance("satus", "status", 3) == 1);
  CHECK(distance("sattus", "status", 3) == 1);
  CHECK(distance("", "abc", 3) == 3);
  CHECK(distance("abcd", "wxyz", 3) == 4);
  CHECK(distance(std::string(79, 'a'), std::string(79, 'a'), 3) == 0);
  CHECK(distance(std::string(80, 'a'), std::string(80, 'a'), 3) == 4);
}

TEST_CASE("what is near enough is asked for") {
  const std::vector<std::string> words{"up", "down", "plan", "status", "doctor"};
  CHECK(Nearest("staus").among(words).question() == "; did you mean status?");
  CHECK(Nearest("donw").among(words).word() == "down");
  CHECK(Nearest("pu").among(words).word() == "up");
  CHECK(Nearest("remove").among(words).question().empty());
  CHECK(Nearest("x").among(words).word().empty());
  CHECK(Nearest("").among(words).word().empty());
  // Three slips at most, however long the word is.
  const std::vector<std::string> options{"v4tunnel-keepalive"};
  CHECK(Nearest("v4tunnel-keepalxyz").among(options).word() == "v4tunnel-keepalive");
  CHECK(Nearest("v4tunnel-keepawxyz").among(options).word().empty());
}

TEST_CASE("a distance is told up to the most that is asked for") {
  CHECK(distance("abc", "", 3) == 3);
  CHECK(distance("abc", "", 2) == 3);
  CHECK(distance("abcd", "wxyz", 4) == 4);
  CHECK(distance("kitten", "sitting", 3) == 3);
  CHECK(distance("ab", "ba", 0) == 1);
  CHECK(distance("ab", "ba", 1) == 1);
  // A swap of neighbours, and nothing between them.
  CHECK(distance("ca", "abc", 3) == 3);
  CHECK(distance("xaby", "xbay", 3) == 1);
  const std::string longest(79, 'a');
  const std::string too_long(80, 'a');
  CHECK(distance(longest, longest.substr(1), 3) == 1);
  CHECK(distance(longest, too_long, 3) == 4);
  CHECK(distance(too_long, longest, 3) == 4);
}

TEST_CASE("of a word, nothing before its first letter is read") {
  const std::string_view text = "ba";
  CHECK(distance(text.substr(1), "xab", 3) == 2);
  CHECK(distance("xab", text.substr(1), 3) == 2);
  CHECK(distance(std::string_view("bc").substr(1), "bc", 3) == 1);
}

TEST_CASE("of equally near words the first is asked for, and of others the nearest") {
  const std::vector<std::string> words{"stats", "state", "status"};
  CHECK(Nearest("statu").among(words).word() == "stats");
  CHECK(Nearest("statuz").among(words).word() == "status");
  CHECK(Nearest("status").among(words).question() == "; did you mean status?");
  // One slip of two letters to four, and two of five.
  for (const auto& one : {std::tuple{"ab", "ax", true},
                          {"ab", "xy", false},
                          {"abcd", "abcx", true},
                          {"abcd", "abxy", false},
                          {"abcde", "abcxy", true},
                          {"abcde", "abxyz", false},
                          {"a", "b", false}}) {
    const auto [word, other, near] = one;
    Nearest nearest(word);
    nearest.look_at(other);
    CHECK(nearest.word().empty() != near);
  }
}
