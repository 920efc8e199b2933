// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "base/fd.h"

namespace situp {

Contents read_all(int fd, std::size_t most, std::size_t expected) {
  Contents contents;
  std::string& text = contents.text;
  std::size_t used = 0;
  // One byte more, so that read() reports the end without growing.
  text.resize(std::min(expected, most) + 1);
  for (;;) {
    const ssize_t got = read(fd, text.data() + used, text.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) contents.error = errno;
    if (got <= 0) break;
    used += static_cast<std::size_t>(got);
    contents.too_long = used > most;
    if (contents.too_long) break;
    if (used == text.size()) text.resize(std::min(std::max<std::size_t>(used * 2, 4096), most + 1));
  }
  text.resize(used);
  return contents;
}

std::optional<std::string> read_small_file(const std::string& path, std::size_t most) {
  const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    throw system_error(path, errno);
  }
  Contents contents = read_all(fd.get(), most);
  if (contents.error != 0) throw system_error(path, contents.error);
  if (contents.too_long)
    throw Error(Exit::system, path,
                "is longer than " + std::to_string(most) +
                    " bytes, and not read: it is hardly what it should be, see what is in it");
  return std::move(contents.text);
}

std::optional<std::string> read_own_file(const std::string& path, std::size_t most) {
  struct stat about {};
  if (stat(path.c_str(), &about) == 0 &&
      (!S_ISREG(about.st_mode) || static_cast<std::size_t>(about.st_size) > most))
    return std::nullopt;
  return read_small_file(path, most);
}

namespace {

/// A dot keeps the half-written file out of everybody's listing.
std::string half_written(const std::string& path) {
  const std::size_t slash = path.rfind('/') + 1;
  return path.substr(0, slash) + "." + path.substr(slash) + ".new";
}

}  // namespace

void forget_half_written(const std::string& path) {
  unlink(half_written(path).c_str());
}

namespace {

/// Writes all of it beside `path`, and has `finish` put it there.
template <typename F>
void write_beside(const std::string& path, std::string_view text, F&& finish) {
  const std::string half = half_written(path);
  const auto fail = [&](int error) {
    unlink(half.c_str());
    return system_error(path, error);
  };
  const Fd fd(open(half.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!fd) throw system_error(path, errno);
  // Every user may read these files, for every umask of the caller.
  if (fchmod(fd.get(), 0644) < 0) throw fail(errno);
  while (!text.empty()) {
    const ssize_t put = write(fd.get(), text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) throw fail(errno);
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  if (!std::forward<F>(finish)(fd.get(), half)) throw fail(errno);
}

}  // namespace

void write_atomically(const std::string& path, std::string_view text) {
  write_beside(path, text, [&path](int /*fd*/, const std::string& half) {
    return rename(half.c_str(), path.c_str()) == 0;
  });
}

void write_durably(const std::string& path, std::string_view text) {
  write_beside(path, text, [&path](int fd, const std::string& half) {
    return fsync(fd) == 0 && rename(half.c_str(), path.c_str()) == 0;
  });
  keep_name(path);
}

void keep_name(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const Fd fd(open(directory.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECTORY));
  // Some file systems can't write out a directory: EINVAL.
  if (!fd || (fsync(fd.get()) != 0 && errno != EINVAL)) throw system_error(directory, errno);
}

void write_new(const std::string& path, std::string_view text) {
  write_beside(path, text, [&path](int fd, const std::string& half) {
    // Unlike rename(), it takes no other file's place.
    if (fsync(fd) != 0 || link(half.c_str(), path.c_str()) != 0) return false;
    unlink(half.c_str());
    return true;
  });
  try {
    keep_name(path);
  } catch (const Error&) {
    unlink(path.c_str());
    throw;
  }
}

void make_directory(const std::string& path) {
  if (mkdir(path.c_str(), 0755) < 0) {
    if (errno != EEXIST) throw system_error(path, errno);
  } else if (chmod(path.c_str(), 0755) < 0) {  // the umask may have taken some of it
    throw system_error(path, errno);
  }
}

}  // namespace situp
