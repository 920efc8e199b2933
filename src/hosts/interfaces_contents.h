// SPDX-License-Identifier: GPL-2.0-or-later
// The result of reading: views into the files' text, so that reading costs no allocation per word.
// Interfaces makes Stanzas and Options of it on request.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/error.h"
#include "hosts/interfaces.h"

namespace situp {

/// Shell patterns (fnmatch(3)), of which nearly all are plain names.
class NamePatterns {
 public:
  void add(std::string_view pattern);
  bool match(std::string_view name) const;

 private:
  std::unordered_set<std::string> plain_;
  std::vector<std::string> wild_;
};

// All views point into texts, joined or static tables.
struct Interfaces::Contents {
  struct WrittenOption {
    std::string_view name, value;
    std::uint32_t file = 0, line = 0;
  };
  struct WrittenStanza {
    std::string_view name, family, method;
    std::size_t first_option = 0, option_count = 0;  // a range of options, below
    std::uint32_t file = 0, line = 0;
    std::size_t next = 0;  // the next stanza of that name; 0: none
  };
  struct SameName {
    std::size_t first, last;
  };
  /// Words, each once, in order.
  struct AllowClass {
    void add(std::string_view word);
    std::vector<std::string> words;
    std::unordered_set<std::string_view> seen;
  };

  void add(const WrittenStanza& stanza);
  /// The class; creates it at the first call.
  AllowClass& allow(std::string_view allow_class);
  /// The first stanza of that name, and of that family unless that is empty.
  const WrittenStanza* first_of(std::string_view name, std::string_view family);
  const WrittenStanza* stanzas_named(std::string_view name) const;
  const WrittenStanza* next(const WrittenStanza& stanza) const {
    return stanza.next == 0 ? nullptr : &stanzas[stanza.next];
  }

  std::deque<std::string> texts, joined;
  std::vector<std::string> files;
  std::vector<WrittenStanza> stanzas;
  std::vector<WrittenOption> options;
  std::unordered_map<std::string_view, SameName> by_name;
  std::map<std::string, AllowClass, std::less<>> allowed;
  NamePatterns no_auto_down, no_scripts, mapped;
  std::vector<Error> remarks;
  bool is_whole = true;
  std::vector<InterfacesMistake> mistakes;
  std::unordered_set<std::string_view> inherited_from;
  std::unordered_map<std::string_view, std::size_t> cut_off;  // a stanza's name to its remark
  // The results of first_of(): the first stanza stays the first.
  std::map<std::pair<std::string_view, std::string_view>, std::size_t> first_by_family;
};

/// The names of the last stanza's options, for many lookups.
class OptionNames {
 public:
  const std::unordered_set<std::string_view>& of_last(const Interfaces::Contents& contents);

 private:
  std::unordered_set<std::string_view> names_;
  std::size_t stanza_ = 0, known_ = 0;
};

}  // namespace situp
