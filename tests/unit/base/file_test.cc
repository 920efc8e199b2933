// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/file.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

using namespace situp;

namespace {

/// A folder that is gone at the end.
class Folder {
 public:
  Folder() { REQUIRE(mkdtemp(path_) != nullptr); }
  ~Folder() {
    unlink((path() + "/file").c_str());
    unlink((path() + "/.file.new").c_str());
    rmdir((path() + "/made").c_str());
    rmdir(path_);
  }
  std::string path() const { return path_; }

 private:
  char path_[32] = "/tmp/situp-file-XXXXXX";
};

mode_t mode_of(const std::string& path) {
  struct stat found {};
  REQUIRE(stat(path.c_str(), &found) == 0);
  return found.st_mode & 07777U;
}

}  // namespace

TEST_CASE("a file is replaced whole, and everybody may read it whatever the umask") {
  const Folder folder;
  const std::string file = folder.path() + "/file";
  CHECK_FALSE(read_small_file(file, 10));
  const mode_t before = umask(077);
  write_atomically(file, "one");
  make_directory(folder.path() + "/made");
  umask(before);
  CHECK(mode_of(file) == 0644);
  CHECK(mode_of(folder.path() + "/made") == 0755);
  write_atomically(file, "second");
  CHECK(read_small_file(file, 10) == "second");
  CHECK_THROWS_AS(read_small_file(file, 5), Error);
  CHECK(access((folder.path() + "/.file.new").c_str(), F_OK) != 0);
  make_directory(folder.path() + "/made");  // there already: no failure
}

TEST_CASE("what can't be written leaves the old file and nothing half-made") {
  const Folder folder;
  CHECK_THROWS_AS(write_atomically(folder.path() + "/none/file", "x"), Error);
  CHECK_THROWS_AS(make_directory(folder.path() + "/none/made"), Error);
  REQUIRE(mkdir((folder.path() + "/made").c_str(), 0755) == 0);
  CHECK_THROWS_AS(write_atomically(folder.path() + "/made", "x"), Error);
  CHECK(access((folder.path() + "/.made.new").c_str(), F_OK) != 0);
}

TEST_CASE("a new file takes no other's place") {
  const Folder folder;
  const std::string file = folder.path() + "/file";
  const mode_t before = umask(077);
  write_new(file, "one");
  umask(before);
  CHECK(read_small_file(file, 10) == "one");
  CHECK(mode_of(file) == 0644);
  CHECK_THROWS_AS(write_new(file, "two"), Error);
  CHECK(read_small_file(file, 10) == "one");
  CHECK(access((folder.path() + "/.file.new").c_str(), F_OK) != 0);
}
