// SPDX-License-Identifier: GPL-2.0-or-later
// inih does the parsing. What it does quietly with lines that nobody means (it splits long ones,
// joins indented ones to the key before, skips a byte-order mark, stops at a NUL, ignores what
// follows a section's bracket) is refused before it sees them.
#include "hosts/config.h"

#include <ini.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

#include "model/address.h"

namespace situp {
namespace {

constexpr std::size_t most_file = 65536;
constexpr std::uint32_t longest_wait = 300;

bool take_endpoint(Config& config, std::string_view value) {
  const auto endpoint = HttpEndpoint::parse(value);
  if (endpoint) config.endpoint = *endpoint;
  return endpoint.has_value();
}

bool take_imds(Config& config, std::string_view value) {
  if (value != "auto" && value != "v2") return false;
  config.imds = value == "v2" ? Imds::v2 : Imds::automatic;
  return true;
}

template <std::chrono::seconds Config::*Member>
bool take_seconds(Config& config, std::string_view value) {
  const auto number = parse_number(value, longest_wait);
  if (number) config.*Member = std::chrono::seconds(*number);
  return number.has_value();
}

struct Key {
  std::string_view section, name;
  bool (*take)(Config&, std::string_view value);
  const char* wanted;
};

constexpr std::array keys{
    Key{"metadata", "endpoint", take_endpoint, "http://HOST or http://HOST:PORT"},
    Key{"metadata", "imds", take_imds, "auto or v2"},
    Key{"metadata", "timeout", take_seconds<&Config::timeout>, "whole seconds from 0 to 300"},
    Key{"metadata", "boot-wait", take_seconds<&Config::boot_wait>, "whole seconds from 0 to 300"},
};

bool is_section(std::string_view name) {
  for (const auto& key : keys)
    if (key.section == name) return true;
  return false;
}

std::string keys_of(std::string_view section) {
  std::string names;
  for (const auto& key : keys) {
    if (key.section != section) continue;
    if (!names.empty()) names += ", ";
    names += key.name;
  }
  return names;
}

/// A word of the file inside a message.
std::string quoted(std::string_view word) {
  std::string text = "'";
  for (const char c : word.substr(0, 64)) text += c >= ' ' && c < '\x7f' ? c : '?';
  return text + '\'';
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

/// The talk with inih, which is C: nothing may be thrown through it, so the first error is kept
/// until it has returned.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  Config read(const std::string& path) {
    const int result = ini_parse_stream(next_line, this, take_pair, this);
    if (result > 0 && (trouble_.empty() || static_cast<unsigned>(result) < line_))
      throw Error(Exit::configuration, path + ':' + std::to_string(result),
                  "neither a [section], KEY = VALUE nor a comment");
    if (!trouble_.empty())
      throw Error(Exit::configuration, path + ':' + std::to_string(line_), trouble_);
    if (result < 0) throw Error(Exit::system, path, "out of memory");
    return config_;
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
    const auto line = rest_.substr(0, rest_.find('\n'));
    rest_.remove_prefix(std::min(rest_.size(), line.size() + 1));
    // With a line end and a NUL behind it.
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
    else if (!line.empty() && is_blank(line.front()) &&
             line.find_first_not_of(" \t\r") != std::string_view::npos)
      trouble_ = "begins with a blank; there are no continuation lines here";
    else if (line.starts_with('['))
      look_at_section(line);
  }

  void look_at_section(std::string_view line) {
    const auto end = line.find(']');
    if (end == std::string_view::npos ||
        line.find_first_not_of(" \t\r", end + 1) != std::string_view::npos)
      trouble_ = "a section is [NAME] and nothing else on its line";
    else if (!is_section(line.substr(1, end - 1)))
      trouble_ = "unknown section " + quoted(line.substr(1, end - 1));
  }

  bool take(std::string_view section, std::string_view name, std::string_view value) {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (keys[i].section != section || keys[i].name != name) continue;
      if (given_[i] != 0)
        trouble_ =
            std::string(name) + " is given twice; first on line " + std::to_string(given_[i]);
      else if (!keys[i].take(config_, value))
        trouble_ = std::string(name) + " is " + quoted(value) + "; it takes " + keys[i].wanted;
      given_[i] = line_;
      return trouble_.empty();
    }
    if (section.empty())
      trouble_ = quoted(name) + " stands before any [section]";
    else
      trouble_ = "unknown key " + quoted(name) + "; [" + std::string(section) + "] has " +
                 keys_of(section);
    return false;
  }

  Config config_;
  std::string_view rest_;
  unsigned line_ = 0;
  std::string trouble_;                        // what is wrong with line_; reading ends there
  std::array<unsigned, keys.size()> given_{};  // on which line each key was given
};

/// Nothing if there is no such file.
std::optional<std::string> read_file(const std::string& path) {
  struct Close {
    // Only read from: there is nothing that closing it could lose.
    void operator()(FILE* file) const { static_cast<void>(fclose(file)); }
  };
  const std::unique_ptr<FILE, Close> file(fopen(path.c_str(), "re"));
  if (!file && errno == ENOENT) return std::nullopt;
  if (!file) throw system_error(path, errno);
  std::string text(most_file + 1, '\0');
  text.resize(fread(text.data(), 1, text.size(), file.get()));
  if (ferror(file.get()) != 0) throw system_error(path, errno);
  if (text.size() > most_file) throw Error(Exit::configuration, path, "longer than 64 KiB");
  return text;
}

}  // namespace

Config Config::read(const std::string& path, Missing missing) {
  const auto text = read_file(path);
  if (text) return Reader(*text).read(path);
  if (missing == Missing::is_an_error) throw Error(Exit::configuration, path, meaning_of(ENOENT));
  return {};
}

}  // namespace situp
