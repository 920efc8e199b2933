// SPDX-License-Identifier: GPL-2.0-or-later
#include "hosts/interfaces_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <libgen.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "base/fd.h"
#include "base/file.h"
#include "base/text.h"
#include "hosts/interfaces_lines.h"
#include "hosts/words.h"

namespace situp {
namespace {

bool is_name_character(char c) {
  return is_letter_or_digit(c) || c == '_' || c == '-';
}

Error unreadable(const std::string& path, int error_number) {
  Error error = system_error(printable_within(path, 200), error_number);
  // The file's words cause these: a name that leads to no file.
  for (const int written : {ENOENT, ENOTDIR, EISDIR, ENAMETOOLONG, ELOOP})
    if (error_number == written) return {Exit::configuration, error.subject(), error.why()};
  return error;
}

std::string directory_of(std::string path) {
  return dirname(path.data());
}

using Directory = std::unique_ptr<DIR, int (*)(DIR*)>;

/// Empty if there is none. Throws an Error for one that can't be read: it may hold any file.
Directory open_directory(const std::string& path) {
  Directory directory(opendir(path.c_str()), closedir);
  if (!directory && errno != ENOENT && errno != ENOTDIR) throw unreadable(path, errno);
  return directory;
}

/// A wildcard has no match in a directory that can't be read, as in an empty one.
void must_be_readable(const std::string& pattern) {
  const std::size_t wildcard = pattern.find_first_of("*?[");
  if (wildcard != std::string::npos)
    open_directory(pattern.substr(0, pattern.rfind('/', wildcard) + 1));
}

}  // namespace

InterfacesText read_interfaces_text(const std::string& path, std::size_t most, bool is_first) {
  const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | (is_first ? 0 : O_NONBLOCK)));
  if (!fd && errno == ENOENT && is_first)
    throw Error(
        Exit::configuration, printable_within(path, 200),
        meaning_of(ENOENT) +
            ": make it with a stanza (situp-interfaces(5) has examples, situp import writes "
            "one), or name another file");
  if (!fd) throw unreadable(path, errno);
  struct stat about {};
  if (fstat(fd.get(), &about) != 0) throw unreadable(path, errno);

  const auto expected = S_ISREG(about.st_mode) ? static_cast<std::size_t>(about.st_size) : 0;
  Contents contents = read_all(fd.get(), most, expected);
  if (contents.error != 0) throw unreadable(path, contents.error);
  if (contents.too_long)
    throw Error(Exit::configuration, printable_within(path, 200),
                "too large: more than 16 MiB with what it sources");
  return {std::move(contents.text), about.st_dev, about.st_ino};
}

std::vector<std::string> expand_source(std::string_view words, const std::string& from,
                                       const std::string& place, std::string_view host) {
  std::string pattern;
  if (words.empty() || words.front() != '/') pattern = directory_of(from) + '/';
  pattern += words;

  const ExpandedWords found = expand_words(pattern);
  if (found.failure == ExpandedWords::Failure::bad_character)
    throw Error(Exit::configuration, place,
                std::string(host) +
                    " ignores this line for an unquoted |, &, ;, <, >, (, ), { or }: quote it");
  if (found.failure != ExpandedWords::Failure::none)
    throw Error(Exit::configuration, place,
                std::string(host) +
                    " ignores this line for a quote, bracket or $ that it can't make out: "
                    "correct or remove it");
  std::vector<std::string> paths;
  for (const std::string& path : found.words) {
    struct stat about {};
    // A wildcard without a match stays as it is, and means no file.
    if (stat(path.c_str(), &about) == 0 || errno != ENOENT)
      paths.push_back(path);
    else
      must_be_readable(path);
  }
  return paths;
}

std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> names;
  const Directory stream = open_directory(directory);
  if (!stream) return names;
  for (;;) {
    errno = 0;
    const dirent* entry = readdir(stream.get());
    if (entry == nullptr && errno != 0) throw unreadable(directory, errno);
    if (entry == nullptr) break;
    names.emplace_back(entry->d_name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> files_of_directory(const std::string& directory) {
  std::vector<std::string> files;
  for (const std::string& name : names_in(directory))
    if (std::all_of(name.begin(), name.end(), is_name_character))
      files.push_back(directory + '/' + name);
  return files;
}

DirectoryFiles files_and_links_of(const std::string& directory) {
  DirectoryFiles result;
  for (const std::string& name : names_in(directory)) {
    const std::string path = directory + '/' + name;
    struct stat about {};
    if (lstat(path.c_str(), &about) != 0) continue;
    if (S_ISREG(about.st_mode)) result.files.push_back(path);
    if (S_ISLNK(about.st_mode)) result.links.push_back(path);
  }
  return result;
}

}  // namespace situp
