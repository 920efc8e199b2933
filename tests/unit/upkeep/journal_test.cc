// SPDX-License-Identifier: GPL-2.0-or-later
#include "upkeep/journal.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "base/fd.h"

using namespace situp;

namespace {

/// A pipe in the place of stderr until it is destroyed.
class StderrPipe {
 public:
  StderrPipe() : before_(dup(STDERR_FILENO)) {
    int ends[2];
    REQUIRE(pipe2(ends, O_NONBLOCK) == 0);
    from_ = Fd(ends[0]);
    to_ = Fd(ends[1]);
    dup2(to_.get(), STDERR_FILENO);
  }
  ~StderrPipe() { dup2(before_.get(), STDERR_FILENO); }
  StderrPipe(const StderrPipe&) = delete;
  StderrPipe& operator=(const StderrPipe&) = delete;

  void fill() const {
    const std::string text(4096, '.');
    while (write(to_.get(), text.data(), text.size()) > 0) continue;
    REQUIRE(fcntl(to_.get(), F_SETFL, 0) == 0);
  }
  /// All that is in it.
  std::string read() const {
    std::string all;
    char text[4096];
    for (ssize_t size = 0; (size = ::read(from_.get(), text, sizeof text)) > 0;)
      all.append(text, static_cast<std::size_t>(size));
    return all;
  }

 private:
  Fd before_, from_, to_;
};

}  // namespace

TEST_CASE("lines that stderr doesn't take are counted, and told of later") {
  REQUIRE(getenv("JOURNAL_STREAM") == nullptr);
  std::string first, last;
  {
    const StderrPipe stderr_pipe;
    tell(Severity::notice, "he", "repaired", "as it was");
    first = stderr_pipe.read();
    stderr_pipe.fill();
    for (int i = 0; i < 3; ++i) tell(Severity::notice, "he", "repaired", "lost");
    static_cast<void>(stderr_pipe.read());
    tell(Severity::notice, "he", "repaired", "seen");
    last = stderr_pipe.read();
  }
  CHECK(first == "situpd: he: as it was\n");
  CHECK(last == "situpd: 3 lines were lost here: the log was stopped or full\nsitupd: he: seen\n");
}

TEST_CASE("a JOURNAL_STREAM that is not stderr's is another program's") {
  std::string text;
  {
    const StderrPipe stderr_pipe;
    setenv("JOURNAL_STREAM", "1:2", 1);
    tell(Severity::notice, "he", "repaired", "as it was");
    unsetenv("JOURNAL_STREAM");
    text = stderr_pipe.read();
  }
  CHECK(text == "situpd: he: as it was\n");
}
