// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/stanza/words.h"

#include <doctest/doctest.h>

#include <string>

using namespace situp;

TEST_CASE("a word in a message is in quotes, printable, and cut behind 60 characters") {
  CHECK(quoted("") == "\"\"");
  CHECK(quoted("216.66.80.26") == "\"216.66.80.26\"");
  CHECK(quoted("a\x1b[2J b~\x7f\xff") == "\"a?[2J b~??\"");
  const std::string longest(60, 'x');
  CHECK(quoted(longest) == '"' + longest + '"');
  CHECK(quoted(longest + 'x') == '"' + longest + "…\"");
}
