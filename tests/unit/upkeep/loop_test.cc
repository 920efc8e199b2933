// SPDX-License-Identifier: GPL-2.0-or-later
#include "upkeep/loop.h"

#include <doctest/doctest.h>

#include <string>

using namespace situp;
using std::chrono::milliseconds;

namespace {

/// A loop, and who was called in it, in their order. `end` ends it, after all that is due before.
struct Called {
  Loop loop;
  std::string names, errors;
  Loop::Timer at(Moment when, const std::string& name) {
    return loop.at(when, [this, name] { names += name; });
  }
  void run() {
    loop.run([this](const Error& error) { errors += error.what(); });
  }
  void end(Moment when) {
    loop.at(when, [this] { loop.stop(); });
  }
};

}  // namespace

TEST_CASE("timers go off in their order") {
  Called called;
  const Moment start = now();
  called.at(start + milliseconds(2), "c");
  called.at(start - milliseconds(2), "a");
  called.at(start, "b");
  called.end(start + milliseconds(2));
  called.run();
  CHECK(called.names == "abc");
}

TEST_CASE("a timer that is cancelled by another one of the same turn doesn't go off") {
  Called called;
  const Moment start = now();
  Loop::Timer second;
  called.loop.at(start, [&] {
    called.names += "a";
    called.loop.cancel(second);
  });
  second = called.at(start + milliseconds(1), "b");
  called.at(start + milliseconds(1), "c");
  called.end(start + milliseconds(2));
  called.run();
  CHECK(called.names == "ac");
  CHECK(second.number == 0);
}

TEST_CASE("a timer may cancel itself, and one that has gone off") {
  Called called;
  const Moment start = now();
  Loop::Timer first = called.at(start, "a");
  Loop::Timer second;
  second = called.loop.at(start, [&] {
    called.names += "b";
    called.loop.cancel(first);
    called.loop.cancel(second);
  });
  called.end(start + milliseconds(1));
  called.run();
  CHECK(called.names == "ab");
}

TEST_CASE("what a timer sets for at once comes in the next turn") {
  Called called;
  const Moment start = now();
  called.loop.at(start, [&] {
    called.names += "a";
    called.at(start, "c");
    called.end(start);
  });
  called.at(start + milliseconds(1), "b");
  called.run();
  CHECK(called.names == "abc");
}

TEST_CASE("who fails keeps nobody from being called") {
  Called called;
  const Moment start = now();
  called.loop.at(start, [] { throw Error(Exit::system, "this", "went wrong"); });
  called.at(start, "b");
  called.end(start + milliseconds(1));
  called.run();
  CHECK(called.names == "b");
  CHECK(called.errors == "this: went wrong");
}
