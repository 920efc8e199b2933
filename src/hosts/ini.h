// SPDX-License-Identifier: GPL-2.0-or-later
// INI files, read strictly: what is odd is an error that names its line, and nothing is ignored.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace situp {

/// What the reader of one file knows. Each function returns what is wrong, or nothing.
struct IniRules {
  std::function<std::string(std::string_view section)> section;
  /// Once for each key of a section; a second time is an error already.
  std::function<std::string(std::string_view section, std::string_view key, std::string_view value)>
      pair;
  /// No message may have a word of the file but a section's name, and blanks before a semicolon,
  /// which begin a comment elsewhere, are an error.
  bool secret = false;
};

/// An Error (Exit::configuration) whose subject is "PATH:LINE".
void read_ini(const std::string& path, std::string_view text, const IniRules& rules);

/// A word of the file inside a message.
std::string ini_quoted(std::string_view word);

}  // namespace situp
