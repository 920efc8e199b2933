// SPDX-License-Identifier: GPL-2.0-or-later
#include "upkeep/journal.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "base/fd.h"

using namespace situp;

TEST_CASE("lines that stderr doesn't take are counted, and told of later") {
  REQUIRE(getenv("JOURNAL_STREAM") == nullptr);
  int ends[2];
  REQUIRE(pipe2(ends, O_NONBLOCK) == 0);
  const Fd from(ends[0]);
  const Fd to(ends[1]);
  const Fd before(dup(STDERR_FILENO));
  dup2(to.get(), STDERR_FILENO);
  tell(Severity::notice, "he", "repaired", "as it was");
  char text[4096];
  const ssize_t first = read(from.get(), text, sizeof text);
  while (write(to.get(), text, sizeof text) > 0) continue;
  REQUIRE(fcntl(to.get(), F_SETFL, 0) == 0);
  const std::string line = first > 0 ? std::string(text, static_cast<std::size_t>(first)) : "";
  for (int i = 0; i < 3; ++i) tell(Severity::notice, "he", "repaired", "lost");
  while (read(from.get(), text, sizeof text) > 0) continue;
  tell(Severity::notice, "he", "repaired", "seen");
  const ssize_t size = read(from.get(), text, sizeof text);
  dup2(before.get(), STDERR_FILENO);
  CHECK(line == "situpd: he: as it was\n");
  REQUIRE(size > 0);
  CHECK(std::string(text, static_cast<std::size_t>(size)) ==
        "situpd: 3 lines were lost here: the log was stopped or full\nsitupd: he: seen\n");
}

TEST_CASE("a JOURNAL_STREAM that is not stderr's is another program's") {
  int ends[2];
  REQUIRE(pipe2(ends, O_NONBLOCK) == 0);
  const Fd from(ends[0]);
  const Fd to(ends[1]);
  const Fd before(dup(STDERR_FILENO));
  dup2(to.get(), STDERR_FILENO);
  setenv("JOURNAL_STREAM", "1:2", 1);
  tell(Severity::notice, "he", "repaired", "as it was");
  unsetenv("JOURNAL_STREAM");
  dup2(before.get(), STDERR_FILENO);
  char text[256];
  const ssize_t size = read(from.get(), text, sizeof text);
  REQUIRE(size > 0);
  CHECK(std::string(text, static_cast<std::size_t>(size)) == "situpd: he: as it was\n");
}
