// SPDX-License-Identifier: GPL-2.0-or-later
// The stanza that makes a recipe's tunnel with situp. Pure.
#pragma once
#include <string>
#include <vector>

#include "model/check/recipe.h"
#include "model/host.h"
#include "model/stanza/stanza.h"

namespace situp {

struct RecipeStanza {
  Stanza stanza;
  std::vector<std::string> differences;  // between the two, a sentence each
  /// The reason why there is no stanza; empty: it is right by all rules of check.
  std::string blocker;
};

/// For a host with this `ifup`. keepalive: seconds; 0: none.
RecipeStanza recipe_stanza(const Stanza& old, const RecipeReader& reader, const HostProgram& host,
                           unsigned keepalive);

/// The stanza's tunnel has no remote end, by its method or its option.
bool is_six_to_four(const Stanza& stanza);
extern const char* const why_not_six_to_four;
/// The same as a stanza of situp's, as text.
std::string six_to_four_stanza(const Stanza& old, bool automatic);

}  // namespace situp
