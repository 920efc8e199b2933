// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <span>
#include <string>
#include <vector>

namespace situp {

/// An option that a program takes: "--NAME", "--NAME VALUE", or "-LETTER" as well.
struct OptionName {
  const char* name = nullptr;  // with its hyphens
  bool has_value = false;
  char letter = '\0';
};

/// One argument, as it stands on the command line.
struct Argument {
  enum class Kind {
    option,       // `word` is the option's name, also for its letter
    word,         // no option
    end,          // "--": no option follows
    unknown,      // begins with a hyphen and is no option; the rest is not read
    lacks_value,  // the last word is an option that has a value
  };
  Kind kind = Kind::word;
  std::string word, value = {};
  bool operator==(const Argument&) const = default;
};

/// Reads them with getopt_long, but takes no abbreviation, no "--NAME=VALUE" and no letters
/// together. Their order is kept.
std::vector<Argument> read_arguments(const std::vector<std::string>& words,
                                     std::span<const OptionName> options);

}  // namespace situp
