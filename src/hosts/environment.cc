// SPDX-License-Identifier: GPL-2.0-or-later
#include "hosts/environment.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "base/error.h"

namespace situp {
namespace {

/// IF_V4TUNNEL_LOCAL → v4tunnel-local. ifupdown turns both `-` and `_` of a name into `_`; ours
/// have none of the latter.
std::string option_name(std::string_view variable) {
  std::string name(variable);
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
    return c == '_' ? '-' : static_cast<char>(std::tolower(c));
  });
  return name;
}

/// A repeated option arrives as one value with a line for each.
void add_option(Stanza& stanza, std::string_view variable, std::string_view value) {
  while (!value.empty()) {
    const std::size_t newline = std::min(value.find('\n'), value.size());
    stanza.options.push_back({option_name(variable), std::string(value.substr(0, newline)), {}});
    value.remove_prefix(std::min(newline + 1, value.size()));
  }
}

}  // namespace

HookEnvironment read_hook_environment(const char* const* variables) {
  HookEnvironment hook;
  for (; *variables != nullptr; ++variables) {
    const std::string_view variable = *variables;
    const std::size_t equals = variable.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = variable.substr(0, equals);
    const std::string value(variable.substr(equals + 1));
    if (name == "IFACE")
      hook.stanza.iface = value;
    else if (name == "LOGICAL")
      hook.stanza.logical = value;
    else if (name == "ADDRFAM")
      hook.stanza.family = value;
    else if (name == "METHOD")
      hook.stanza.method = value;
    else if (name == "VERBOSITY")
      hook.verbose = value == "1";
    else if (name == "CLASS")
      hook.automatic = value == "auto";
    // ifupdown sets options of its methods that the stanza doesn't have, too: to nothing.
    else if (name.substr(0, 3) == "IF_" && !value.empty())
      add_option(hook.stanza, name.substr(3), value);
  }
  if (hook.stanza.iface.empty() || hook.stanza.method.empty())
    throw Error(
        Exit::usage, "hook",
        "is called by ifupdown, with IFACE and METHOD in the environment; by hand, use situp up");
  if (hook.stanza.logical.empty()) hook.stanza.logical = hook.stanza.iface;
  return hook;
}

bool is_automatic(const char* const* variables) {
  for (; *variables != nullptr; ++variables)
    if (std::string_view(*variables) == "CLASS=auto") return true;
  return false;
}

}  // namespace situp
