// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/stanza/words.h"

namespace situp {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n';
}

}  // namespace

Complaint bad(const Option& option, std::string why) {
  return {option.place, option.written(), std::move(why)};
}

Complaint bad(const Option& option, std::string_view word, const std::string& rest) {
  return {option.place, option.written(), quoted(word) + rest, std::string(word)};
}

Complaint bad(const Stanza& stanza, std::string_view what, std::string why) {
  return {stanza.place, std::string(what), std::move(why)};
}

std::string quoted(std::string_view word) {
  std::string text = "\"";
  for (const char c : word.substr(0, 60)) text += c >= ' ' && c <= '~' ? c : '?';
  if (word.size() > 60) text += "…";
  return text + "\"";
}

std::vector<std::string_view> words_of(std::string_view value) {
  std::vector<std::string_view> words;
  std::size_t i = 0;
  while (i < value.size()) {
    while (i < value.size() && is_blank(value[i])) ++i;
    const std::size_t start = i;
    while (i < value.size() && !is_blank(value[i])) ++i;
    if (i > start) words.push_back(value.substr(start, i - start));
  }
  return words;
}

bool is_shell(std::string_view value) {
  return value.find_first_of("$`") != std::string_view::npos;
}

std::string_view one_word(const Option& option) {
  const auto words = words_of(option.value);
  if (words.size() == 1) return words[0];
  throw bad(option, words.empty() ? "has no value"
                                  : "takes one value, not " + std::to_string(words.size()));
}

InterfaceName interface_of(const Option& option, std::string_view word) {
  const auto name = InterfaceName::parse(word);
  if (!name) throw bad(option, word, " is not an interface's name");
  return *name;
}

Host host_of(const Option& option, std::string_view word) {
  if (const auto address = Ipv4::parse(word)) {
    if (address->is_unusable_as_endpoint())
      throw Complaint(option.place, option.written(),
                      address->str() + " can't be the other end of a tunnel", std::string(word));
    return *address;
  }
  if (const auto name = HostName::parse(word)) return *name;
  if (Ipv6::parse(word))
    throw bad(option, word, " is an IPv6 address: outside, a tunnel's packets are IPv4 ones");
  throw bad(option, word, " is neither an IPv4 address nor a host name");
}

const Option* Options::find(std::string_view name) const {
  const Option* found = nullptr;
  for (const Option& option : options_) {
    if (option.name != name) continue;
    if (found != nullptr) throw bad(option, "given twice: once is enough");
    found = &option;
  }
  return found;
}

std::vector<const Option*> Options::all(std::string_view name) const {
  std::vector<const Option*> found;
  for (const Option& option : options_)
    if (option.name == name) found.push_back(&option);
  return found;
}

const Option* Options::either(std::string_view ours, std::string_view stock) const {
  const Option* a = find(ours);
  const Option* b = find(stock);
  if (a != nullptr && b != nullptr)
    throw bad(*a, "says the same as " + b->written() + ": remove one of the two");
  return a != nullptr ? a : b;
}

}  // namespace situp
