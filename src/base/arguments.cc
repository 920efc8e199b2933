// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/arguments.h"

#include <getopt.h>

#include <algorithm>

namespace situp {

std::vector<Argument> read_arguments(const std::vector<std::string>& words,
                                     std::span<const OptionName> options) {
  // "-" keeps the order of words and options; ":" tells a missing value from an unknown option.
  std::string letters = "-:";
  std::vector<option> table;
  for (const OptionName& row : options) {
    table.push_back({row.name + 2, row.has_value ? required_argument : no_argument, nullptr, 0});
    if (row.letter != '\0') letters += row.letter;
  }
  table.push_back({});
  std::vector<char*> argv{nullptr};
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const int count = static_cast<int>(words.size()) + 1;

  std::vector<Argument> arguments;
  using Kind = Argument::Kind;
  opterr = 0;
  optind = 0;  // glibc begins anew
  for (;;) {
    const int at = std::max(optind, 1);
    const int got = getopt_long(count, argv.data(), letters.c_str(), table.data(), nullptr);
    if (at == count) return arguments;
    const std::string& word = words[static_cast<std::size_t>(at - 1)];
    // Only the whole word is an option's name: getopt_long takes abbreviations, too.
    const auto row = std::find_if(options.begin(), options.end(), [&](const OptionName& one) {
      return word == one.name || (one.letter != '\0' && word == std::string{'-', one.letter});
    });
    if (got == -1) {
      arguments.push_back({Kind::end, word});
      for (int rest = optind; rest < count; ++rest)
        arguments.push_back({Kind::word, words[static_cast<std::size_t>(rest - 1)]});
      return arguments;
    }
    if (row != options.end())
      arguments.push_back({got == ':' ? Kind::lacks_value : Kind::option, row->name,
                           row->has_value && got != ':' ? optarg : ""});
    else
      arguments.push_back({got == 1 && word != "-" ? Kind::word : Kind::unknown, word});
    if (arguments.back().kind == Kind::unknown) return arguments;
  }
}

}  // namespace situp
