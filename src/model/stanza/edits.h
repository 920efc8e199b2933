// SPDX-License-Identifier: GPL-2.0-or-later
// The differences between two stanzas of one tunnel: by meaning, not by words. Pure.
#pragma once
#include <string>
#include <vector>

#include "model/stanza/spec.h"

namespace situp {

/// The options in which two tunnels differ, by their names in situp-interfaces(5), each once; empty
/// if both mean the same. `stock` and `manual` are not compared: they say which parts ifup carries
/// out.
std::vector<std::string> differences(const TunnelSpec& a, const TunnelSpec& b);

/// The options, or "method", that have another meaning in `now` than in `before` for the program
/// that brought the tunnel up. Throws an Error (Exit::configuration) that names the option of the
/// two stanzas that situp does not understand.
std::vector<std::string> edits(const Stanza& before, const Stanza& now, const HostProgram& host);

}  // namespace situp
