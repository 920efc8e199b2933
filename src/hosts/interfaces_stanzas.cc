// SPDX-License-Identifier: GPL-2.0-or-later
// The stanzas of interfaces(5): their first lines, inheritance and options.
#include <algorithm>
#include <set>
#include <utility>

#include "hosts/interfaces_reader.h"
#include "model/kind.h"
#include "model/nearest.h"

namespace situp {

/// The options of the interface that an `auto` line names.
void InterfacesReader::open(Position& at) {
  if (in_.stanzas.back().name != at.opened || in_.stanzas.size() == 1)
    in_.add({at.opened, "inet6", host_.new_method, in_.options.size(), 0, at.file, at.line, 0});
  loopback_ = loopback_ || at.opened == "lo";
  at.iface = at.opened;
  at.within = Within::stanza;
}

void InterfacesReader::unknown_method(const InterfacesFamily& family, std::string_view method,
                                      const Position& at) {
  const KindRow* kind = kind_of_family(method);
  if (kind != nullptr && kind->stock_method == nullptr)
    return mistake(at,
                   "ifupdown has no method " + quoted(method) +
                       ", and refuses the whole file for it: write \"manual\", and " +
                       kind->option("…") + " options",
                   method);
  // For example `iface he-ipv6 inet v4tunnel`.
  const InterfacesFamily* other = find_family(family.name == "inet" ? "inet6" : "inet");
  if (!find_method(*other, method).empty())
    return refuse(at,
                  shown(method) + " is a method of " + std::string(other->name) + ", not of " +
                      std::string(family.name) + ": write \"" + std::string(other->name) + "\"",
                  method);
  Nearest nearest(method);
  std::string_view rest = family.methods;
  while (!rest.empty()) {
    const std::string_view known = rest.substr(0, rest.find(','));
    nearest.look_at(known);
    rest.remove_prefix(std::min(rest.size(), known.size() + 2));
  }
  refuse(at,
         shown(method) + " is no method of " + std::string(family.name) + ": ifupdown has " +
             std::string(family.methods) + nearest.question(),
         method);
}

void InterfacesReader::iface(std::string_view rest, Position& at) {
  at.end_stanza();
  if (rest.empty()) refuse(at, "iface without a name, a family and a method");
  WrittenStanza stanza{word(rest, at), {}, {}, in_.options.size(), 0, at.file, at.line, 0};
  at.iface = stanza.name;
  const bool loopback =
      host_.needs_method ? family_and_method(rest, stanza, at) : words_of_iface(rest, stanza, at);
  in_.add(stanza);
  for (auto [late, end] = late_.equal_range(stanza.name); late != end; ++late)
    late->second->add(stanza.name);
  // ifupdown does not count an inherited loopback method.
  loopback_ = loopback_ || loopback;
  at.within = Within::stanza;
}

/// ifupdown's rule. Whether the method is loopback.
bool InterfacesReader::family_and_method(std::string_view rest, WrittenStanza& stanza,
                                         const Position& at) {
  if (rest.empty()) refuse(at, "the family and the method are missing, as in \"inet6 v4tunnel\"");

  bool inherits = false, loopback = false;
  const std::string_view family_word = word(rest, at);
  if (const InterfacesFamily* family = find_family(family_word)) {
    stanza.family = family->name;
    if (rest.empty()) {
      refuse(at, "the method is missing: one of " + std::string(family->methods));
    }
    const std::string_view method_word = word(rest, at);
    stanza.method = find_method(*family, method_word);
    loopback = method_word == "loopback";
    inherits = stanza.method.empty() && method_word == "inherits";
    if (stanza.method.empty() && !inherits) {
      unknown_method(*family, method_word, at);
      // read_all() goes on: the options below are for a tunnel of method manual.
      stanza.method = find_method(*family, "manual");
    }
  } else if (family_word == "inherits") {
    inherits = true;
  } else {
    refuse(at, shown(family_word) + " is no address family: inet and inet6 are, also ipx and can",
           family_word);
  }

  if (!inherits && !rest.empty()) {
    const std::string_view extra = word(rest, at);
    inherits = extra == "inherits";
    if (!inherits) remark(at, "ifupdown ignores what follows the method: " + shown(extra), extra);
  }
  if (inherits) {
    if (rest.empty()) refuse(at, "inherits without the name of the stanza to inherit from");
    inherit(stanza, word(rest, at), at);
  }
  return loopback;
}

/// For hosts that allow both words to be missing. A word that the host does not know means its own
/// default.
bool InterfacesReader::words_of_iface(std::string_view rest, WrittenStanza& stanza,
                                      const Position& at) {
  stanza.family = "inet6";
  stanza.method = host_.new_method;
  const InterfacesFamily* family = nullptr;
  bool is_method = false;
  while (!rest.empty()) {
    const std::string_view next = word(rest, at);
    if (next == "inherits" && host_.inherits && !rest.empty()) {
      inherit_each_once(stanza, word(rest, at), at);
    } else if (is_method) {
      is_method = false;
      const std::string_view known = find_method(*family, next);
      if (!known.empty())
        stanza.method = known;
      else if (!host_.missing_methods.empty())
        mistake(at, "this host's " + host_name_ + " has no method " + shown(next), next);
    } else if (family == nullptr && (family = find_family(next)) != nullptr) {
      stanza.family = family->name;
      is_method = true;
    }
  }
  return stanza.method == "loopback" || stanza.name == "lo";
}

/// Takes over the options of the first stanza of that name (and of that family, if one was given),
/// and the family and method unless they were given.
void InterfacesReader::inherit(WrittenStanza& stanza, std::string_view from, const Position& at) {
  const WrittenStanza* source = in_.first_of(from, stanza.family);
  if (source == nullptr) {
    refuse(at,
           "no stanza to inherit from: none above is named " + shown(from) +
               (stanza.family.empty() ? "" : " and of family " + std::string(stanza.family)),
           from);
  }
  if (source == in_.stanzas_named(from)) in_.inherited_from.insert(source->name);
  if (stanza.family.empty()) stanza.family = source->family;
  if (stanza.method.empty()) stanza.method = source->method;
  const std::size_t first = source->first_option;
  const std::size_t count = source->option_count;
  if (in_.options.size() + count > most_options) refuse_all(at, "more than a million options");
  in_.options.resize(in_.options.size() + count);
  std::copy_n(in_.options.begin() + static_cast<std::ptrdiff_t>(first), count,
              in_.options.end() - static_cast<std::ptrdiff_t>(count));
  stanza.option_count += count;
}

/// ifupdown-ng's rule: takes over the options of all stanzas of that name, whatever their family,
/// except those that the interface has with the same value.
void InterfacesReader::inherit_each_once(WrittenStanza& stanza, std::string_view from,
                                         const Position& at) {
  make_template(from, at);
  const WrittenStanza* source = in_.stanzas_named(from);
  if (source == nullptr)
    return remark(at, "no stanza to inherit from: none above is named " + shown(from), from);
  if (from == stanza.name) return;
  std::set<std::pair<std::string_view, std::string_view>> known;
  const auto each_option = [&](const WrittenStanza& of, auto use) {
    for (std::size_t i = 0; i < of.option_count; ++i) use(in_.options[of.first_option + i]);
  };
  const auto know = [&](const auto& option) { known.emplace(option.name, option.value); };
  each_option(stanza, know);
  for (const auto* own = in_.stanzas_named(stanza.name); own != nullptr; own = in_.next(*own))
    each_option(*own, know);
  for (; source != nullptr; source = in_.next(*source))
    each_option(*source, [&](const auto option) {
      if (!known.emplace(option.name, option.value).second) return;
      if (in_.options.size() == most_options) refuse_all(at, "more than a million options");
      in_.options.push_back(option);
      ++stanza.option_count;
    });
}

void InterfacesReader::option(std::string_view name, std::string_view value, const Position& at) {
  if (name.empty() || name == "?")
    refuse(at, "a line that begins with blanks after a lone backslash: an option without a name");
  if (name == "inherit" && host_.inherits && !host_.needs_method)
    return inherit_each_once(in_.stanzas.back(), first_word(value, at), at);
  if (value.empty() && host_.takes_empty_options) return;  // hooks see none, either
  if (value.empty())
    refuse(at, "option " + shown(name) + " has no value: " + host_name_ + " needs one", name);
  if (in_.options.size() == most_options) refuse_all(at, "more than a million options");

  if (name == "post-up") name = "up";
  if (name == "pre-down") name = "down";
  if (!host_.refuses_files) return add_option(name, value, at);
  // "NAME? VALUE" sets the value only if none was given (or inherited) before.
  if (name.back() == '?') {
    name.remove_suffix(1);
    if (name.back() == '?') refuse(at, "two question marks end the option's name");
    if (names_.of_last(in_).count(name) != 0) return;
  }
  add_option(name, value, at);
}

void InterfacesReader::add_option(std::string_view name, std::string_view value,
                                  const Position& at) {
  in_.options.push_back({name, value, at.file, at.line});
  ++in_.stanzas.back().option_count;
}

void InterfacesReader::mapping_option(std::string_view name, Position& at) {
  if (name == "map") return;
  if (name != "script")
    refuse(at, shown(name) + R"( stands in a mapping, which has "script" and "map" lines only)");
  if (std::exchange(at.mapping_script, true)) refuse(at, "a second script in a mapping");
}

/// Passes each name of the line to `add`. Without a name it means the open stanza, which goes on.

}  // namespace situp
