// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/log.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <climits>
#include <cstring>
#include <string>

#include "unit/world.h"

using namespace situp;

namespace {

void fill(int descriptor) {
  const int flags = fcntl(descriptor, F_GETFL);
  REQUIRE(fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0);
  const std::string text(512, 'x');
  while (write(descriptor, text.data(), text.size()) > 0) continue;
  REQUIRE(fcntl(descriptor, F_SETFL, flags) == 0);
}

std::string drain(int descriptor) {
  REQUIRE(fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0);
  std::string all;
  char piece[4096];
  for (ssize_t got = 0; (got = read(descriptor, piece, sizeof piece)) > 0;)
    all.append(piece, static_cast<std::size_t>(got));
  return all;
}

}  // namespace

// Without care, these would wait for ever.
TEST_CASE("a pipe or socket that is full loses a line, and holds up nobody") {
  int ends[2];
  SUBCASE("pipe") {
    REQUIRE(pipe(ends) == 0);
  }
  SUBCASE("socket") {
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  }
  const Fd from(ends[0]);
  const Fd to(ends[1]);
  CHECK(write_at_once(to.get(), "first\n"));
  fill(to.get());
  CHECK_FALSE(write_at_once(to.get(), "lost\n"));
  CHECK(drain(from.get()).find("lost") == std::string::npos);
  CHECK(write_at_once(to.get(), "last\n"));
  CHECK(drain(from.get()) == "last\n");
  const int flags = fcntl(to.get(), F_GETFL);
  CHECK((flags & O_NONBLOCK) == 0);
}

TEST_CASE("a pipe gets no more of a line than it has room for") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const Fd from(ends[0]);
  const Fd to(ends[1]);
  CHECK(write_at_once(to.get(), std::string(1U << 20, 'x') + "\n"));
  const std::string line = drain(from.get());
  CHECK(line.size() == PIPE_BUF);
  CHECK(line.back() == '\n');
}

TEST_CASE("a log that reads nothing takes a few datagrams, and then none") {
  const ScratchFolder folder;
  const std::string path = folder.path() + "/log";
  CHECK_FALSE(send_at_once(path, "nobody"));
  const Fd log(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  REQUIRE(path.size() < sizeof address.sun_path);
  memcpy(address.sun_path, path.data(), path.size());
  REQUIRE(bind(log.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  int taken = 0;
  while (taken < 100000 && send_at_once(path, "line")) ++taken;
  CHECK(taken > 0);
  CHECK(taken < 100000);
  char line[16];
  CHECK(recv(log.get(), line, sizeof line, 0) == 4);
  CHECK(send_at_once(path, "again"));
}
