// SPDX-License-Identifier: GPL-2.0-or-later
// Reads INI files strictly: a mistake is an error that names its line; no line is ignored.
#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace situp {

/// The keys of one file. Each function returns an error, or an empty string.
struct IniRules {
  std::function<std::string(std::string_view section)> section;
  /// Once for each key of a section; a repeated key is an error already.
  std::function<std::string(std::string_view section, std::string_view key, std::string_view value)>
      pair;
  /// Messages may have no word of the file except a section's name. Blanks before a semicolon,
  /// which begin a comment in other files, are an error.
  bool secret = false;
};

/// Reads the open file. Throws an Error (Exit::configuration) with the subject "PATH:LINE", or
/// "PATH" for more than 64 KiB.
void read_ini(const std::string& path, int fd, const IniRules& rules);

/// A word of the file inside a message.
std::string ini_quoted(std::string_view word);

}  // namespace situp
