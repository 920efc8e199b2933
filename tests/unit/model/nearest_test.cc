// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/nearest.h"

#include <doctest/doctest.h>

#include <string>
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
