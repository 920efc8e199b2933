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

/// How the program that brought a tunnel up reads stanzas.
struct Reading {
  Door door = Door::command;
  /// ifupdown-ng and ifupdown2 ignore the word for the method, and choose the metric of a default
  /// route that has none in the stanza.
  bool ignores_method = false;
};

/// The options, or "method", that have another meaning in `now` than in `before`. Throws an Error
/// (Exit::configuration) that names the option of the two stanzas that situp does not understand.
std::vector<std::string> edits(const Stanza& before, const Stanza& now, const Reading& reading);

}  // namespace situp
