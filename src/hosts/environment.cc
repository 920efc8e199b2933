// SPDX-License-Identifier: GPL-2.0-or-later
#include "hosts/environment.h"

#include <optional>
#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "model/stanza/options.h"
#include "model/stanza/words.h"

namespace situp {
namespace {

/// A repeated option arrives as one value with a line for each.
void add_option(Stanza& stanza, std::string_view variable, std::string_view value) {
  while (!value.empty())
    stanza.options.push_back({name_in_hooks(variable), std::string(take_until(value, '\n')), {}});
}

/// One variable's value, where it is set.
std::optional<std::string_view> value_of(const char* const* variables, std::string_view name) {
  for (; *variables != nullptr; ++variables) {
    const std::string_view variable = *variables;
    if (variable.substr(0, name.size()) == name && variable.substr(name.size(), 1) == "=")
      return variable.substr(name.size() + 1);
  }
  return std::nullopt;
}

/// NAME or NAME=VALUE
bool is_set(const char* const* variables, std::string_view word) {
  const std::string_view name = take_until(word, '=');
  const auto value = value_of(variables, name);
  return value && (word.empty() || *value == word);
}

/// Null where no program runs a hook so.
const HostProgram* host_of(const char* const* variables) {
  const auto runs = [variables](const HostProgram* host) {
    const auto is_there = [variables](std::string_view word) { return is_set(variables, word); };
    const auto sets = words_of(host->hook_sets), lacks = words_of(host->hook_lacks);
    return std::all_of(sets.begin(), sets.end(), is_there) &&
           std::none_of(lacks.begin(), lacks.end(), is_there);
  };
  const auto found = std::find_if(hosts::run_hooks.begin(), hosts::run_hooks.end(), runs);
  return found == hosts::run_hooks.end() ? nullptr : *found;
}

}  // namespace

HookEnvironment read_hook_environment(const char* const* variables) {
  const auto text = [variables](std::string_view name) {
    return std::string(value_of(variables, name).value_or(""));
  };
  HookEnvironment hook;
  Stanza& stanza = hook.stanza;
  hook.host = host_of(variables);
  stanza.iface = text("IFACE");
  if (hook.host != nullptr) {
    hook.verbose = !hook.host->verbose.empty() && is_set(variables, hook.host->verbose);
    stanza.method = hook.host->method_in_hooks;
    stanza.family = "inet6";
    if (stanza.method.empty()) {
      stanza.logical = text("LOGICAL");
      stanza.family = text("ADDRFAM");
      stanza.method = text("METHOD");
      hook.automatic = is_automatic(variables);
    }
  }
  if (stanza.iface.empty() || stanza.method.empty())
    throw Error(
        Exit::usage, "hook",
        "is called by ifup and ifdown, with IFACE in the environment; by hand, use situp up");
  if (stanza.logical.empty()) stanza.logical = stanza.iface;
  for (; *variables != nullptr; ++variables) {
    const std::string_view variable = *variables;
    const std::size_t equals = variable.find('=');
    // ifupdown also sets options of its methods that the stanza does not have: to the empty string.
    if (variable.substr(0, 3) == "IF_" && equals != std::string_view::npos)
      add_option(stanza, variable.substr(3, equals - 3), variable.substr(equals + 1));
  }
  return hook;
}

bool is_automatic(const char* const* variables) {
  return value_of(variables, "CLASS") == "auto";
}

}  // namespace situp
