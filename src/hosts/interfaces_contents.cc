// SPDX-License-Identifier: GPL-2.0-or-later
#include "hosts/interfaces_contents.h"

#include <fnmatch.h>

#include <algorithm>

namespace situp {

void NamePatterns::add(std::string_view pattern) {
  if (pattern.find_first_of("*?[\\") == std::string_view::npos)
    plain_.emplace(pattern);
  else
    wild_.emplace_back(pattern);
}

bool NamePatterns::match(std::string_view name) const {
  const std::string text(name);
  return plain_.count(text) != 0 ||
         std::any_of(wild_.begin(), wild_.end(), [&](const std::string& pattern) {
           return fnmatch(pattern.c_str(), text.c_str(), 0) == 0;
         });
}

void Interfaces::Contents::AllowClass::add(std::string_view word) {
  if (seen.insert(word).second) words.emplace_back(word);
}

Interfaces::Contents::AllowClass& Interfaces::Contents::allow(std::string_view allow_class) {
  auto found = allowed.find(allow_class);
  if (found == allowed.end()) found = allowed.emplace(std::string(allow_class), AllowClass{}).first;
  return found->second;
}

void Interfaces::Contents::add(const WrittenStanza& stanza) {
  const std::size_t index = stanzas.size();
  const auto [found, is_first] = by_name.try_emplace(stanza.name, SameName{index, index});
  if (!is_first) {
    stanzas[found->second.last].next = index;
    found->second.last = index;
  }
  stanzas.push_back(stanza);
}

const Interfaces::Contents::WrittenStanza* Interfaces::Contents::stanzas_named(
    std::string_view name) const {
  const auto found = by_name.find(name);
  return found == by_name.end() ? nullptr : &stanzas[found->second.first];
}

const Interfaces::Contents::WrittenStanza* Interfaces::Contents::first_of(std::string_view name,
                                                                          std::string_view family) {
  const WrittenStanza* stanza = stanzas_named(name);
  if (stanza == nullptr || family.empty() || stanza->family == family) return stanza;
  const auto known = first_by_family.find({name, family});
  if (known != first_by_family.end()) return &stanzas[known->second];
  while (stanza != nullptr && stanza->family != family) stanza = next(*stanza);
  if (stanza != nullptr) first_by_family.emplace(std::pair(name, family), stanza - stanzas.data());
  return stanza;
}

const std::unordered_set<std::string_view>& OptionNames::of_last(
    const Interfaces::Contents& contents) {
  if (stanza_ != contents.stanzas.size()) {
    stanza_ = contents.stanzas.size();
    known_ = 0;
    names_.clear();
  }
  const auto& stanza = contents.stanzas.back();
  while (known_ < stanza.option_count)
    names_.insert(contents.options[stanza.first_option + known_++].name);
  return names_;
}

}  // namespace situp
