// SPDX-License-Identifier: GPL-2.0-or-later
#include "hosts/words.h"

#include <glob.h>
#include <pwd.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <wordexp.h>
#endif

#include <cstdlib>
#include <memory>
#include <new>
#include <string_view>

#include "base/text.h"

namespace situp {
namespace {

constexpr std::string_view blanks = " \t\n";
constexpr std::string_view wildcards = "*?[";

bool begins_name(char c) {
  return is_letter(c) || c == '_';
}
bool continues_name(char c) {
  return begins_name(c) || is_digit(c);
}

/// Throws where a line ends or goes on as no word can.
class Expander {
 public:
  explicit Expander(const std::string& line) : line_(line) {}

  std::vector<std::string> words() {
    while (at_ < line_.size()) unquoted();
    end_word();
    return std::move(words_);
  }

 private:
  char next() {
    if (at_ == line_.size()) throw ExpandedWords::Failure::bad_syntax;
    return line_[at_++];
  }

  void unquoted() {
    const char c = next();
    if (blanks.find(c) != std::string_view::npos) {
      // wordexp(3) takes a line for one command.
      if (c == '\n') throw ExpandedWords::Failure::bad_character;
      return end_word();
    }
    if (std::string_view("|&;<>(){}").find(c) != std::string_view::npos)
      throw ExpandedWords::Failure::bad_character;
    if (c == '\'') {
      is_word_ = true;
      for (char quoted = next(); quoted != '\''; quoted = next()) add(quoted, true);
    } else if (c == '"') {
      double_quoted();
    } else if (c == '\\') {
      const char escaped = next();
      if (escaped != '\n') add(escaped, true);
    } else if (c == '$') {
      dollar(false);
    } else if (c == '~' && !is_word_) {
      tilde();
    } else {
      add(c, false);
    }
  }

  void double_quoted() {
    is_word_ = true;
    for (char c = next(); c != '"'; c = next()) {
      if (c == '$') {
        dollar(true);
      } else if (c == '\\') {
        const char escaped = next();
        if (std::string_view("$`\"\\\n").find(escaped) == std::string_view::npos) add(c, true);
        if (escaped != '\n') add(escaped, true);
      } else {
        add(c, true);
      }
    }
  }

  void dollar(bool is_quoted) {
    const bool braces = at_ < line_.size() && line_[at_] == '{';
    if (braces) ++at_;
    const std::size_t begin = at_;
    if (at_ < line_.size() && begins_name(line_[at_]))
      while (at_ < line_.size() && continues_name(line_[at_])) ++at_;
    const std::string name = line_.substr(begin, at_ - begin);
    if (braces && (name.empty() || next() != '}')) throw ExpandedWords::Failure::bad_syntax;
    if (name.empty()) {
      // $1, $$, $(…) and so on.
      if (at_ < line_.size() &&
          std::string_view("0123456789@*#?-$!([").find(line_[at_]) != std::string_view::npos)
        throw ExpandedWords::Failure::bad_syntax;
      return add('$', true);
    }
    const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe)
    for (const char c : std::string_view(value == nullptr ? "" : value)) {
      if (!is_quoted && blanks.find(c) != std::string_view::npos)
        end_word();
      else
        add(c, is_quoted);
    }
  }

  void tilde() {
    const std::size_t end = line_.find_first_of("/ \t", at_);
    const std::string user = line_.substr(at_, end == std::string::npos ? end : end - at_);
    const char* home =
        user.empty() ? std::getenv("HOME") : nullptr;  // NOLINT(concurrency-mt-unsafe)
    if (home == nullptr) {
      // NOLINTNEXTLINE(concurrency-mt-unsafe)
      const passwd* entry = user.empty() ? getpwuid(getuid()) : getpwnam(user.c_str());
      if (entry != nullptr) home = entry->pw_dir;
    }
    if (home == nullptr) return add('~', true);
    for (const char c : std::string_view(home)) add(c, true);
    at_ += user.size();
  }

  void add(char c, bool is_quoted) {
    is_word_ = true;
    const bool is_wildcard = wildcards.find(c) != std::string_view::npos;
    has_wildcard_ = has_wildcard_ || (is_wildcard && !is_quoted);
    // In a pattern, a backslash takes the meaning of what follows it.
    if (is_quoted && (is_wildcard || c == ']' || c == '\\')) pattern_ += '\\';
    pattern_ += c;
    word_ += c;
  }

  void end_word() {
    if (is_word_ && !(has_wildcard_ && add_matches())) words_.push_back(word_);
    word_.clear();
    pattern_.clear();
    is_word_ = has_wildcard_ = false;
  }

  bool add_matches() {
    glob_t found{};
    const int failed = glob(pattern_.c_str(), 0, nullptr, &found);
    const std::unique_ptr<glob_t, void (*)(glob_t*)> owner(&found, globfree);
    if (failed == GLOB_NOSPACE) throw std::bad_alloc();
    if (failed != 0) return false;
    words_.insert(words_.end(), found.gl_pathv, found.gl_pathv + found.gl_pathc);
    return true;
  }

  const std::string& line_;
  std::size_t at_ = 0;
  std::vector<std::string> words_;
  /// Of the word that is being read: its letters, and the pattern that they are.
  std::string word_, pattern_;
  bool is_word_ = false, has_wildcard_ = false;
};

}  // namespace

ExpandedWords expand_words_by_ourselves(const std::string& line) {
  try {
    return {ExpandedWords::Failure::none, Expander(line).words()};
  } catch (ExpandedWords::Failure failure) {
    return {failure, {}};
  }
}

ExpandedWords expand_words(const std::string& line) {
#ifdef __GLIBC__
  wordexp_t found{};
  const int failed = wordexp(line.c_str(), &found, WRDE_NOCMD);
  const std::unique_ptr<wordexp_t, void (*)(wordexp_t*)> owner(&found, wordfree);
  if (failed == WRDE_NOSPACE) throw std::bad_alloc();
  if (failed == WRDE_BADCHAR) return {ExpandedWords::Failure::bad_character, {}};
  if (failed != 0) return {ExpandedWords::Failure::bad_syntax, {}};
  return {ExpandedWords::Failure::none, {found.we_wordv, found.we_wordv + found.we_wordc}};
#else
  return expand_words_by_ourselves(line);
#endif
}

}  // namespace situp
