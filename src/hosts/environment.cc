// SPDX-License-Identifier: GPL-2.0-or-later
#include "hosts/environment.h"

#include <optional>
#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "model/stanza/options.h"

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

Caller caller_of(const char* const* variables) {
  if (value_of(variables, "METHOD") == "none" && value_of(variables, "INTERFACES_FILE"))
    return Caller::ifupdown_ng;
  return value_of(variables, "VERBOSITY") ? Caller::ifupdown : Caller::ifupdown2;
}

}  // namespace

HookEnvironment read_hook_environment(const char* const* variables) {
  const auto text = [variables](std::string_view name) {
    return std::string(value_of(variables, name).value_or(""));
  };
  HookEnvironment hook;
  Stanza& stanza = hook.stanza;
  hook.caller = caller_of(variables);
  stanza.iface = text("IFACE");
  if (hook.caller == Caller::ifupdown) {
    stanza.logical = text("LOGICAL");
    stanza.family = text("ADDRFAM");
    stanza.method = text("METHOD");
    hook.verbose = text("VERBOSITY") == "1";
    hook.automatic = is_automatic(variables);
  } else {
    stanza.family = "inet6";
    stanza.method = hook.caller == Caller::ifupdown_ng ? "static" : "manual";
    hook.verbose = hook.caller == Caller::ifupdown_ng && value_of(variables, "VERBOSE");
  }
  if (stanza.iface.empty() || stanza.method.empty())
    throw Error(
        Exit::usage, "hook",
        "is called by ifup and ifdown, with IFACE in the environment; by hand, use situp up");
  if (stanza.logical.empty()) stanza.logical = stanza.iface;
  for (; *variables != nullptr; ++variables) {
    const std::string_view variable = *variables;
    const std::size_t equals = variable.find('=');
    // ifupdown sets options of its methods that the stanza doesn't have, too: to nothing.
    if (variable.substr(0, 3) == "IF_" && equals != std::string_view::npos)
      add_option(stanza, variable.substr(3, equals - 3), variable.substr(equals + 1));
  }
  return hook;
}

bool is_automatic(const char* const* variables) {
  return value_of(variables, "CLASS") == "auto";
}

}  // namespace situp
