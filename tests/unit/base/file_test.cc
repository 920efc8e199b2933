// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/file.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

using namespace situp;

namespace {

/// The directories that were written out, by inode.
std::vector<ino_t> kept;

}  // namespace

/// In the place of libc's, to see what is kept.
extern "C" int fsync(int fd) {
  struct stat found {};
  if (fstat(fd, &found) == 0 && S_ISDIR(found.st_mode)) kept.push_back(found.st_ino);
  return static_cast<int>(syscall(SYS_fsync, fd));
}

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

ino_t inode_of(const std::string& path) {
  struct stat found {};
  REQUIRE(stat(path.c_str(), &found) == 0);
  return found.st_ino;
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
  kept.clear();
  const mode_t before = umask(077);
  write_new(file, "one");
  umask(before);
  CHECK(kept == std::vector{inode_of(folder.path())});
  CHECK(read_small_file(file, 10) == "one");
  CHECK(mode_of(file) == 0644);
  CHECK_THROWS_AS(write_new(file, "two"), Error);
  CHECK(read_small_file(file, 10) == "one");
  CHECK(access((folder.path() + "/.file.new").c_str(), F_OK) != 0);
}

TEST_CASE("what is to last is kept with its name, and what is not costs no writing out") {
  const Folder folder;
  const std::string file = folder.path() + "/file";
  kept.clear();
  write_atomically(file, "one");
  CHECK(kept.empty());
  write_durably(file, "two");
  CHECK(kept == std::vector{inode_of(folder.path())});
  CHECK(read_small_file(file, 10) == "two");
}

TEST_CASE("a name is kept by the directory that it stands in") {
  const Folder folder;
  make_directory(folder.path() + "/made");
  kept.clear();
  keep_name(folder.path() + "/made");
  keep_name("made");  // relative
  CHECK(kept == std::vector{inode_of(folder.path()), inode_of(".")});
  CHECK_THROWS_AS(keep_name(folder.path() + "/none/made"), Error);
}
