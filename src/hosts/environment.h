// SPDX-License-Identifier: GPL-2.0-or-later
// The environment that ifupdown and its kin give their hooks (interfaces(5), HOOK SCRIPTS;
// ifupdown-executor(7)).
#pragma once
#include <string>

#include "model/host.h"
#include "model/stanza/stanza.h"

namespace situp {

struct HookEnvironment {
  /// The program that runs the hook. The installed programs don't tell: there may be several.
  const HostProgram* host = nullptr;
  Stanza stanza;  // iface, logical, family, method, and the IF_* variables under their
                  // interfaces(5) names. The other programs don't tell the method: it is the one by
                  // which they leave the tunnel to situp.
  bool verbose = false;
  bool automatic = false;  // under `ifup -a`
};

/// Reads the variables of a hook, "NAME=VALUE" each, the last one null. An Error (Exit::usage)
/// where IFACE is missing: only those programs should call this.
HookEnvironment read_hook_environment(const char* const* variables);

/// Whether a program that ifupdown runs is run on behalf of `ifup -a`.
bool is_automatic(const char* const* variables);

}  // namespace situp
