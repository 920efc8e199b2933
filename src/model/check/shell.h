// SPDX-License-Identifier: GPL-2.0-or-later
// A line of shell, as far as recipes need one: its commands, their words, and $NAME. Pure.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace situp {

struct ShellCommand {
  /// Without quotes and redirections. Backticks and $(…) stay in one word, as they are written.
  std::vector<std::string> words;
  std::string text;   // as written
  std::string after;  // the operator behind it: ";", "&&", "||", "|" or "&"; empty: none
};

std::vector<ShellCommand> commands_of(std::string_view line);

/// True if a condition or a loop decides about the commands.
bool is_conditional(const std::vector<ShellCommand>& commands);
/// True if the commands run one after the other, and if || only passes over a failure or ends the
/// line.
bool is_plain(const std::vector<ShellCommand>& commands);

using Variables = std::map<std::string, std::string, std::less<>>;
/// $NAME and ${NAME} of those variables are replaced.
std::string expanded(std::string_view text, const Variables& variables);
std::vector<std::string> expanded(const std::vector<std::string>& words,
                                  const Variables& variables);
/// True if a shell puts the variable's value into the text: $NAME, ${NAME}, ${NAME%…} and the like.
bool uses(std::string_view text, const std::string& name);
/// True, and keeps the value, if the command is NAME=VALUE or `export NAME=VALUE`.
bool takes_assignment(const std::vector<std::string>& words, Variables& variables);

/// The command inside the first $(…) or `…` of a word. Empty: there is none.
std::string_view substituted(std::string_view word);
/// The place behind the quoted or substituted part of a line that begins at `at`.
std::size_t end_of_part(std::string_view line, std::size_t at);

/// The words from the program's name on, which loses its directory: without `sudo`, `timeout 5`,
/// `LC_ALL=C` and the like.
std::vector<std::string> program_of(std::vector<std::string> words);

}  // namespace situp
