// SPDX-License-Identifier: GPL-2.0-or-later
// inih is the parser. inih silently accepts some lines that are mistakes: it splits long ones,
// joins indented ones to the key before, skips a byte-order mark, stops at a NUL, and ignores text
// after a section's bracket. situp refuses these lines before inih sees them.
#include "hosts/ini.h"

#include <ini.h>

#include <cstring>
#include <map>
#include <utility>

#include "base/file.h"
#include "base/text.h"

namespace situp {
namespace {

bool is_comment(std::string_view line) {
  return line.starts_with(';') || line.starts_with('#');
}

/// The callbacks of inih, which is C: no exception may pass through it, so the first error is kept
/// until inih has returned.
class Reader {
 public:
  Reader(std::string_view text, const IniRules& rules) : rules_(rules), rest_(text) {}

  void read(const std::string& path) {
    const int result = ini_parse_stream(next_line, this, take_pair, this);
    if (result > 0 && (trouble_.empty() || static_cast<unsigned>(result) < line_))
      throw Error(Exit::configuration, path + ':' + std::to_string(result),
                  "neither a [section], KEY = VALUE nor a comment: correct or remove it");
    if (!trouble_.empty())
      throw Error(Exit::configuration, path + ':' + std::to_string(line_), trouble_);
    if (result < 0) throw Error(Exit::system, path, "out of memory");
  }

 private:
  /// Like fgets().
  static char* next_line(char* buffer, int size, void* self) {
    return static_cast<Reader*>(self)->give_line(buffer, static_cast<std::size_t>(size));
  }

  static int take_pair(void* self, const char* section, const char* name, const char* value) {
    return static_cast<Reader*>(self)->take(section, name, value) ? 1 : 0;
  }

  char* give_line(char* buffer, std::size_t size) {
    if (rest_.empty() || !trouble_.empty()) return nullptr;
    ++line_;
    const auto line = take_until(rest_, '\n');
    // Plus a line end and a NUL.
    if (line.size() + 2 > size)
      trouble_ = "longer than " + std::to_string(size - 2) + " bytes";
    else
      look_at(line);
    if (!trouble_.empty()) return nullptr;
    std::memcpy(buffer, line.data(), line.size());
    std::memcpy(buffer + line.size(), "\n", 2);
    return buffer;
  }

  void look_at(std::string_view line) {
    if (line.starts_with("\xef\xbb\xbf"))
      trouble_ = "begins with a byte-order mark; save the file as plain UTF-8";
    else if (line.find('\0') != std::string_view::npos)
      trouble_ = "holds a NUL byte";
    else if (line.find_first_of(" \t") == 0 &&
             line.find_first_not_of(" \t\r") != std::string_view::npos)
      trouble_ = "begins with a blank; there are no continuation lines here";
    else if (line.starts_with('['))
      look_at_section(line);
    else if (rules_.secret && !is_comment(line) &&
             (line.find(" ;") != std::string_view::npos ||
              line.find("\t;") != std::string_view::npos))
      trouble_ = "has a semicolon behind a blank; a comment needs a line of its own";
  }

  void look_at_section(std::string_view line) {
    const auto end = line.find(']');
    if (end == std::string_view::npos ||
        line.find_first_not_of(" \t\r", end + 1) != std::string_view::npos)
      trouble_ = "a section is [NAME] and nothing else on its line";
    else
      trouble_ = rules_.section(line.substr(1, end - 1));
  }

  bool take(std::string_view section, std::string_view name, std::string_view value) {
    if (section.empty()) {
      trouble_ = (rules_.secret ? "a key" : ini_quoted(name)) +
                 std::string(" stands before any [section]");
      return false;
    }
    const auto [known, is_new] =
        given_.emplace(std::pair(std::string(section), std::string(name)), line_);
    if (is_new)
      trouble_ = rules_.pair(section, name, value);
    else
      trouble_ =
          std::string(name) + " is given twice; first on line " + std::to_string(known->second);
    return trouble_.empty();
  }

  const IniRules& rules_;
  std::string_view rest_;
  unsigned line_ = 0;
  std::string trouble_;  // the error of line_, which ends the reading
  std::map<std::pair<std::string, std::string>, unsigned> given_;  // the line number
};

}  // namespace

std::string ini_quoted(std::string_view word) {
  std::string text = "'";
  for (const char c : word.substr(0, 64)) text += c >= ' ' && c < '\x7f' ? c : '?';
  return text + '\'';
}

void read_ini(const std::string& path, int fd, const IniRules& rules) {
  const Contents contents = read_all(fd, 65536);
  if (contents.error != 0) throw system_error(path, contents.error);
  if (contents.too_long)
    throw Error(Exit::configuration, path,
                "is longer than 64 KiB, and not read: see what is in it");
  Reader(contents.text, rules).read(path);
}

}  // namespace situp
