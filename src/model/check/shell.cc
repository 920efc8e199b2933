// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/check/shell.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace situp {
namespace {

/// Of one text; longer ones are no recipes.
constexpr std::size_t longest_expansion = 4096;

bool is_name(char c) {
  return c == '_' || is_letter_or_digit(c);
}

bool is_name(std::string_view text) {
  return !text.empty() && !is_digit(text[0]) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_name(c); });
}

bool is_assignment(std::string_view word) {
  const auto equals = word.find('=');
  return equals != std::string_view::npos && is_name(word.substr(0, equals));
}

bool begins_part(std::string_view line, std::size_t at) {
  return line[at] == '\'' || line[at] == '"' || line[at] == '`' || line[at] == '\\' ||
         line.substr(at, 2) == "$(";
}

/// A part without its quotes.
std::string unquoted(std::string_view part) {
  if (part[0] == '\\') return std::string(part.substr(1));
  if (part[0] == '`' || part[0] == '$') return std::string(part);
  const char quote = part[0];
  part.remove_prefix(1);
  if (part.ends_with(quote)) part.remove_suffix(1);
  return std::string(part);
}

class Splitter {
 public:
  explicit Splitter(std::string_view line) : line_(line) {}

  std::vector<ShellCommand> split() {
    while (at_ < line_.size()) {
      const char c = line_[at_];
      if (is_blank(c)) {
        end_word();
        ++at_;
      } else if (c == '#' && !within_) {
        break;
      } else if (c == '>' || c == '<' || line_.substr(at_).starts_with("&>")) {
        redirection();
      } else if (c == ';' || c == '|' || c == '&') {
        const bool is_doubled = line_.substr(at_ + 1).starts_with(c);
        end_command(at_, line_.substr(at_, is_doubled ? 2 : 1));
      } else {
        const std::size_t end = begins_part(line_, at_) ? end_of_part(line_, at_) : at_ + 1;
        const auto part = line_.substr(at_, end - at_);
        word_ += begins_part(line_, at_) ? unquoted(part) : std::string(part);
        within_ = true;
        at_ = end;
      }
    }
    end_command(at_, {});
    return std::move(commands_);
  }

 private:
  void end_word() {
    if (within_ && !is_target_) words_.push_back(word_);
    if (within_) is_target_ = false;
    word_.clear();
    within_ = false;
  }

  /// A redirection makes no difference; the next word is its file.
  void redirection() {
    if (word_.find_first_not_of("0123456789") == std::string::npos) within_ = false;
    end_word();
    at_ = std::min(line_.find_first_not_of("<>&|", at_), line_.size());
    is_target_ = true;
  }

  void end_command(std::size_t end, std::string_view after) {
    end_word();
    is_target_ = false;
    if (!words_.empty()) {
      std::string_view text = line_.substr(start_, end - start_);
      trim_front(text);
      trim_back(text);
      commands_.push_back({std::exchange(words_, {}), std::string(text), std::string(after)});
    }
    at_ = end + after.size();
    start_ = at_;
  }

  std::string_view line_;
  std::size_t at_ = 0, start_ = 0;
  std::vector<ShellCommand> commands_;
  std::vector<std::string> words_;
  std::string word_;
  bool within_ = false, is_target_ = false;
};

}  // namespace

std::size_t end_of_part(std::string_view line, std::size_t at) {
  std::string_view rest = line.substr(at);
  std::string closers;  // of the parts that are open
  do {
    const char c = rest[0];
    const bool in_quotes = closers.ends_with('"');
    std::size_t taken = 1;
    if (c == '\\') {
      taken = 2;
    } else if (closers.ends_with(c)) {
      closers.pop_back();
    } else if (c == '\'' && !in_quotes) {
      taken = std::min(rest.find(c, 1), rest.size()) + 1;
    } else if (rest.starts_with("$(")) {
      closers += ')';
      taken = 2;
    } else if (c == '"' || c == '`' || (c == '(' && !in_quotes)) {
      closers += c == '(' ? ')' : c;
    }
    rest.remove_prefix(std::min(taken, rest.size()));
  } while (!closers.empty() && !rest.empty());
  return line.size() - rest.size();
}

std::vector<ShellCommand> commands_of(std::string_view line) {
  return Splitter(line).split();
}

bool is_conditional(const std::vector<ShellCommand>& commands) {
  constexpr std::string_view deciding =
      "if then elif else fi case esac for while until do done [ [[ test ! { }";
  return std::any_of(commands.begin(), commands.end(), [&](const ShellCommand& command) {
    return is_listed(deciding, command.words[0]) || command.words[0][0] == '(';
  });
}

bool is_plain(const std::vector<ShellCommand>& commands) {
  if (is_conditional(commands)) return false;
  std::string_view before;  // the operator before the command
  for (const ShellCommand& one : commands) {
    if (one.after == "|" || one.after == "&") return false;
    if (before == "||" && !is_listed("true : exit", program_of(one.words)[0])) return false;
    before = one.after;
  }
  return before != "||";
}

std::string expanded(std::string_view text, const Variables& variables) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const auto dollar = std::min(text.find('$', at), text.size());
    result += text.substr(at, dollar - at);
    const bool braced = text.substr(dollar, 2) == "${";
    const std::size_t name = std::min(dollar + (braced ? 2 : 1), text.size());
    const auto rest = text.substr(name);
    const auto in_name = [](char c) { return is_name(c); };
    const std::size_t end =
        name + static_cast<std::size_t>(std::find_if_not(rest.begin(), rest.end(), in_name) -
                                        rest.begin());
    const auto variable = variables.find(text.substr(name, end - name));
    const bool closed = !braced || (end < text.size() && text[end] == '}');
    at = end + (braced && closed ? 1 : 0);
    if (variable != variables.end() && closed)
      result += variable->second;
    else
      result += text.substr(dollar, at - dollar);
    if (result.size() >= longest_expansion) return std::string(text);
  }
  return result;
}

std::vector<std::string> expanded(const std::vector<std::string>& words,
                                  const Variables& variables) {
  std::vector<std::string> result = words;
  for (std::string& word : result) word = expanded(word, variables);
  return result;
}

bool uses(std::string_view text, const std::string& name) {
  for (const std::string& dollar : {"$" + name, "${" + name, "${#" + name})
    for (auto at = text.find(dollar); at != std::string_view::npos;
         at = text.find(dollar, at + 1)) {
      const std::size_t end = at + dollar.size();
      if (end == text.size() || !is_name(text[end])) return true;
    }
  return false;
}

bool takes_assignment(const std::vector<std::string>& words, Variables& variables) {
  const bool exported = words.size() == 2 && words[0] == "export";
  if (words.size() != 1 && !exported) return false;
  std::string_view value = words.back();
  if (!is_assignment(value)) return false;
  const std::string name(take_until(value, '='));
  variables[name] = expanded(value, variables);
  return true;
}

std::string_view substituted(std::string_view word) {
  const auto begin = std::min(word.find('`'), word.find("$("));
  if (begin == std::string_view::npos) return {};
  const bool is_backtick = word[begin] == '`';
  std::string_view part = word.substr(begin, end_of_part(word, begin) - begin);
  part.remove_prefix(is_backtick ? 1 : 2);
  if (part.ends_with(is_backtick ? '`' : ')')) part.remove_suffix(1);
  return part;
}

std::vector<std::string> program_of(std::vector<std::string> words) {
  std::size_t first = 0;
  while (first + 1 < words.size() &&
         (is_listed("sudo exec command env nohup nice", words[first]) ||
          is_assignment(words[first]) || (words[first] == "timeout" && ++first + 1 < words.size())))
    ++first;
  words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(first));
  if (!words.empty()) words[0].erase(0, words[0].rfind('/') + 1);
  return words;
}

}  // namespace situp
