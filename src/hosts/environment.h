// SPDX-License-Identifier: GPL-2.0-or-later
// What ifupdown and its kin tell their hooks (interfaces(5), HOOK SCRIPTS; ifupdown-executor(7)).
#pragma once
#include <string>

#include "model/host.h"
#include "model/stanza/stanza.h"

namespace situp {

struct HookEnvironment {
  /// That runs the hook. What is installed doesn't tell: several may be.
  const HostProgram* host = nullptr;
  Stanza stanza;  // iface, logical, family, method, and the IF_* variables under their
                  // interfaces(5) names. The others don't tell the method: it is the one that
                  // says what they leave to situp.
  bool verbose = false;
  bool automatic = false;  // under `ifup -a`
};

/// Reads the variables of a hook, "NAME=VALUE" each, the last one null. An Error (Exit::usage)
/// where IFACE is missing: nobody but those programs should call this.
HookEnvironment read_hook_environment(const char* const* variables);

/// Whether a program that ifupdown runs is run on behalf of `ifup -a`.
bool is_automatic(const char* const* variables);

}  // namespace situp
