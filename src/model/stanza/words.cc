// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/stanza/words.h"

#include <algorithm>

namespace situp {

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

void refuse_decoration(const Option& option) {
  const std::string_view value = option.value;
  for (const auto word : words_of(value))
    if (word.front() == '#')
      throw bad(option, word,
                " is no comment here: ifup takes comments on lines of their own only");
  const auto may_be_one = [](char c) { return c == '"' || c == '\'' || (c & 0x80) != 0; };
  if (std::none_of(value.begin(), value.end(), may_be_one)) return;
  // U+00A0, U+2000 to U+200B, U+202F, U+3000, U+FEFF
  for (const char* blank :
       {"\xc2\xa0", "\xe2\x80\x80", "\xe2\x80\x81", "\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84",
        "\xe2\x80\x85", "\xe2\x80\x86", "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89",
        "\xe2\x80\x8a", "\xe2\x80\x8b", "\xe2\x80\xaf", "\xe3\x80\x80", "\xef\xbb\xbf"})
    if (value.find(blank) != std::string_view::npos)
      throw bad(option,
                "has a blank that is none to ifup, such as a no-break space from a web "
                "page: type a space in its place");
  // U+2018 to U+201F, U+00AB, U+00BB
  for (const char* quote :
       {"\"", "'", "\xe2\x80\x98", "\xe2\x80\x99", "\xe2\x80\x9a", "\xe2\x80\x9b", "\xe2\x80\x9c",
        "\xe2\x80\x9d", "\xe2\x80\x9e", "\xe2\x80\x9f", "\xc2\xab", "\xc2\xbb"})
    if (value.find(quote) != std::string_view::npos)
      throw bad(option, "has quotes, and they would be a part of the value: remove them");
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

const Option* first_option(const Stanza& stanza, std::string_view name) {
  const auto found = std::find_if(stanza.options.begin(), stanza.options.end(),
                                  [name](const Option& option) { return option.name == name; });
  return found == stanza.options.end() ? nullptr : &*found;
}

bool Options::is_left_out(const Option& option) const {
  return std::find(left_out_.begin(), left_out_.end(), &option) != left_out_.end();
}

bool Options::leaves_out(std::string_view name) const {
  return std::any_of(left_out_.begin(), left_out_.end(),
                     [name](const Option* option) { return option->name == name; }) ||
         std::find(meant_.begin(), meant_.end(), name) != meant_.end();
}

const Option* Options::find(std::string_view name) const {
  const Option* found = nullptr;
  for (const Option& option : options_) {
    if (option.name != name || is_left_out(option)) continue;
    if (found != nullptr) throw bad(option, "given twice: once is enough");
    found = &option;
  }
  return found;
}

std::vector<const Option*> Options::all(std::string_view name) const {
  std::vector<const Option*> found;
  for (const Option& option : options_)
    if (option.name == name && !is_left_out(option)) found.push_back(&option);
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
