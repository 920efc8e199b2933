// SPDX-License-Identifier: GPL-2.0-or-later
// The files behind an interfaces(5) file: what source and source-directory name, and their text.
#pragma once
#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace situp {

struct InterfacesText {
  std::string text;
  dev_t device = 0;
  ino_t inode = 0;
};

/// Reads at most `most` bytes; more is an Error, as is a directory or what can't be read. Never
/// waits for the other end of a pipe that a file sources; `wait` allows it (for /dev/stdin).
InterfacesText read_interfaces_text(const std::string& path, std::size_t most, bool wait);

/// The words of a source line as wordexp(3) makes them, from left to right: blanks part them,
/// quotes, ~, $NAME and wildcards work, braces don't. What doesn't exist is left out. Relative to
/// the directory of `from` is, as in ifupdown, the first word only. Never runs a command: the
/// caller looks for those first. Throws an Error (subject `place`) where wordexp(3) finds no sense
/// in them.
std::vector<std::string> expand_source(std::string_view words, const std::string& from,
                                       const std::string& place);

/// The files in a directory whose names are of letters, digits, '-' and '_', sorted; nothing when
/// there is no such directory.
std::vector<std::string> files_of_directory(const std::string& directory);

}  // namespace situp
