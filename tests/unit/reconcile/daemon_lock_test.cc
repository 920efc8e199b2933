// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconcile/daemon_lock.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "unit/world.h"

using namespace situp;

TEST_CASE("everybody sees whether situpd is there, whatever locks others hold") {
  const ScratchFolder folder;
  const std::string path = folder.path() + "/socket";
  CHECK(is_present(path) == false);
  {
    const Fd bound = bind_presence(path);
    CHECK(is_present(path) == true);
    struct stat about {};
    REQUIRE(stat(path.c_str(), &about) == 0);
    CHECK((about.st_mode & 0777) == 0666);
  }
  CHECK(is_present(path) == false);
  // What is left of one that was killed is in nobody's way.
  const Fd again = bind_presence(path);
  CHECK(is_present(path) == true);
}

TEST_CASE("nobody can fill it") {
  const ScratchFolder folder;
  const std::string path = folder.path() + "/socket";
  const Fd bound = bind_presence(path);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  REQUIRE(path.size() < sizeof address.sun_path);
  memcpy(address.sun_path, path.data(), path.size());
  const Fd other(socket(AF_UNIX, SOCK_DGRAM, 0));
  REQUIRE(connect(other.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  errno = 0;
  CHECK(send(other.get(), "x", 1, MSG_NOSIGNAL) == -1);
  CHECK(errno == EPIPE);
  CHECK(is_present(path) == true);
}

TEST_CASE("where it can't be seen, nothing is said") {
  const ScratchFolder folder;
  CHECK_FALSE(is_present(folder.path() + "/" + std::string(200, 'x')).has_value());
  const NoDescriptors none;
  CHECK_FALSE(is_present(folder.path() + "/socket").has_value());
}
