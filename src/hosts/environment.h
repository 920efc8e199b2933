// SPDX-License-Identifier: GPL-2.0-or-later
// What ifupdown tells its hooks (interfaces(5), HOOK SCRIPTS).
#pragma once
#include <string>

#include "model/stanza.h"

namespace situp {

struct HookEnvironment {
  Stanza stanza;  // iface, logical, family, method, and the IF_* variables under their
                  // interfaces(5) names
  bool verbose = false;
  bool automatic = false;  // under `ifup -a`
};

/// Reads the variables of a hook, "NAME=VALUE" each, the last one null. An Error (Exit::usage)
/// where IFACE or METHOD is missing: nobody but ifupdown should call this.
HookEnvironment read_hook_environment(const char* const* variables);

/// Whether a program that ifupdown runs is run on behalf of `ifup -a`.
bool is_automatic(const char* const* variables);

}  // namespace situp
