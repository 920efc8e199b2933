// SPDX-License-Identifier: GPL-2.0-or-later
// A recipe in the tunnel's own stanza, and what the reader makes of its last line.
#pragma once
#include <string>

#include "model/check/recipe.h"
#include "unit/world.h"

namespace situp {

/// The stanza of t0, whose first line makes the tunnel.
inline Stanza own(const Words& more) {
  Words words{{"up", "ip tunnel add t0 mode sit remote 192.0.2.1 local 172.31.0.5"}};
  words.insert(words.end(), more.begin(), more.end());
  return written("manual", words, "t0");
}

/// The part of the last line that the recipe does not have; "-": the line stays as it is.
inline std::string left_of(const Stanza& stanza, const RecipeReader& reader) {
  for (const RecipeLine& line : reader.lines())
    if (line.option == &stanza.options.back()) return line.stays + line.moves;
  return "-";
}
inline std::string left(const Words& more) {
  const Stanza stanza = own(more);
  return left_of(stanza, RecipeReader(stanza, "t0"));
}

inline Recipe recipe(const Words& more) {
  const Stanza stanza = own(more);
  return RecipeReader(stanza, "t0").recipe();
}

inline std::string blocker(const Words& more) {
  const Stanza stanza = own(more);
  return RecipeReader(stanza, "t0").blocker();
}

}  // namespace situp
