// SPDX-License-Identifier: GPL-2.0-or-later
#include "hosts/ifstate.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <string>

#include "base/error.h"
#include "unit/world.h"

using namespace situp;

namespace {

/// Another process, which holds a lock on a file until it goes.
class Holder {
 public:
  Holder(const std::string& path, short type) {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    process_ = fork();
    REQUIRE(process_ >= 0);
    if (process_ == 0) {
      struct flock whole {};
      whole.l_type = type;
      whole.l_whence = SEEK_SET;
      const int file = open(path.c_str(), O_RDWR | O_CREAT, 0644);
      const char result = fcntl(file, F_SETLK, &whole) == 0 ? 'y' : 'n';
      if (write(ends[1], &result, 1) == 1) pause();
      _exit(0);
    }
    char result = 0;
    REQUIRE(read(ends[0], &result, 1) == 1);
    REQUIRE(result == 'y');
    close(ends[0]);
    close(ends[1]);
  }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;
  ~Holder() {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }

 private:
  pid_t process_ = 0;
};

}  // namespace

TEST_CASE("ifup is waited for, and nobody who reads its lock") {
  const ScratchFolder folder;
  std::filesystem::create_directories(folder.path() + "/run/network");
  const auto wait = [&] {
    wait_for_ifupdown("he", Deadline::in(std::chrono::milliseconds(0)), folder.path());
  };
  CHECK_NOTHROW(wait());
  for (const std::string file : {"/run/network/ifstate.he", "/run/ifstate.he.lock"}) {
    const std::string path = folder.path() + file;
    {
      const Holder reader(path, F_RDLCK);
      CHECK_NOTHROW(wait());
    }
    const Holder ifup(path, F_WRLCK);
    CHECK_THROWS_AS(wait(), Error);
  }
}

TEST_CASE("a process's parent is found behind whatever name it has") {
  CHECK(parent_in("4711 (ifup) S 12 4711 4711 0 -1") == 12);
  CHECK(parent_in("4711 (a) S 1 (b) ) R 34 4711 4711 0 -1") == 34);
  CHECK(parent_in("4711 (ifup) S") == 0);
  CHECK(parent_in("") == 0);
}
