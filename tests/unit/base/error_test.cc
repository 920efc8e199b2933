// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/error.h"

#include <doctest/doctest.h>

#include <cerrno>

using namespace situp;

TEST_CASE("the system's words as the middle of a line") {
  CHECK(meaning_of(ENOENT) == "no such file or directory");
  CHECK(meaning_of(EIO) == "input/output error");
}

TEST_CASE("no error has the word that makes ifupdown2 keep it to itself") {
  for (int number = 1; number < 140; ++number)
    CHECK(meaning_of(number).find("exists") == std::string::npos);
}
