// SPDX-License-Identifier: GPL-2.0-or-later
// The files that an interfaces(5) file names by source and source-directory, and their text.
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

/// Reads at most `most` bytes. A larger file, a directory or an unreadable file is an Error. Never
/// waits for the other end of a pipe, unless it `is_first`, as /dev/stdin may be: sourced by none.
InterfacesText read_interfaces_text(const std::string& path, std::size_t most, bool is_first);

/// The words of a source line as wordexp(3) makes them, from left to right: blanks separate them;
/// quotes, ~, $NAME and wildcards work; braces don't. Files that don't exist are left out. As in
/// ifupdown, only the first word is relative to the directory of `from`. Never runs a command: the
/// caller refuses those first. Throws an Error (subject `place`) if wordexp(3) can't parse them,
/// and one about a directory that can't be read.
std::vector<std::string> expand_source(std::string_view words, const std::string& from,
                                       const std::string& place, std::string_view host);

/// The names in a directory, sorted; none if there is no such directory.
std::vector<std::string> names_in(const std::string& directory);
/// The files in a directory with names of letters, digits, '-' and '_' only, sorted; none if there
/// is no such directory. An Error if it can't be read.
std::vector<std::string> files_of_directory(const std::string& directory);
/// All that is in a directory, by ifupdown-ng's rule: any name, but no link counts as a file.
struct DirectoryFiles {
  std::vector<std::string> files, links;
};
DirectoryFiles files_and_links_of(const std::string& directory);

}  // namespace situp
