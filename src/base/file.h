// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace situp {

/// The bytes read from an open file or pipe.
struct Contents {
  std::string text;
  int error = 0;          // errno of a read() that failed
  bool too_long = false;  // more than `most` bytes; `text` is not all of it
};
/// `expected` bytes are read at once.
Contents read_all(int fd, std::size_t most, std::size_t expected = 4095);

/// The whole of a small file; empty if there is none. An Error for any other failure, and for more
/// than `most` bytes.
std::optional<std::string> read_small_file(const std::string& path, std::size_t most);

/// The same for a file that a program of situp's has written to a folder of its own: also empty if
/// situp can't have written it, as it is longer or no regular file.
std::optional<std::string> read_own_file(const std::string& path, std::size_t most);

/// Replaces a file in one step: readers see the old text or the new one, a crash leaves one of
/// them. For directories that only root can write to.
void write_atomically(const std::string& path, std::string_view text);

/// The same for a file that must outlive a power cut.
void write_durably(const std::string& path, std::string_view text);

/// The same for a file that must not be there yet: an Error where it is. It outlives a power cut.
void write_new(const std::string& path, std::string_view text);

/// Has the name `path` outlive a power cut: writes out the directory that it stands in.
void keep_name(const std::string& path);

/// Removes the leftover of a write_atomically() to `path` that was killed.
void forget_half_written(const std::string& path);

/// Makes one directory, mode 0755, unless it is there already.
void make_directory(const std::string& path);

}  // namespace situp
