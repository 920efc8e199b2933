// SPDX-License-Identifier: GPL-2.0-or-later
// The option for the pings of an old recipe, in the stanza in its place.
#include <doctest/doctest.h>

#include <string>

#include "model/check/recipe_stanza.h"
#include "unit/world.h"

using namespace situp;

TEST_CASE("a tunnel is kept alive by pings of its router, and only where it has one") {
  const auto keepalive = [](unsigned seconds, const Words& more) {
    Words words{{"v4tunnel-endpoint", "192.0.2.1"}, {"v4tunnel-local", "any"}};
    words.insert(words.end(), more.begin(), more.end());
    const Stanza old = written("manual", words, "t0");
    const RecipeReader reader(old, "t0");
    const RecipeStanza instead = recipe_stanza(old, reader, hosts::ifupdown, seconds);
    CHECK(instead.blocker.empty());
    std::string values;
    for (const Option& option : instead.stanza.options)
      if (option.name == "v4tunnel-keepalive") values += option.value + ";";
    return values;
  };
  const Words routed{{"address", "2001:db8::2/64"}, {"gateway", "2001:db8::1"}};
  CHECK(keepalive(60, routed) == "60;");
  CHECK(keepalive(1, routed) == "1;");
  CHECK(keepalive(0, routed) == "");
  CHECK(keepalive(60, {}) == "");
  CHECK(keepalive(60, {{"gateway", "::"}}) == "");
  CHECK(keepalive(60, {routed[0], routed[1], {"v4tunnel-keepalive", "30"}}) == "30;");
}
