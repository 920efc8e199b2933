// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconcile/next_hop_wanted.h"

#include <doctest/doctest.h>

#include "unit/world.h"

using namespace situp;

TEST_CASE("a next hop is made on a cloud, or where situp.conf says so") {
  const auto wants = [](const char* source, const Dmi& dmi = {},
                        NextHopPolicy policy = NextHopPolicy::automatic, Kind kind = Kind::isatap) {
    World world;
    world.kernel.dmi = dmi;
    world.config.next_hop.policy = policy;
    TunnelSpec spec;
    spec.sit.kind = kind;
    Resolved resolved;
    resolved.local_source = source;
    return wants_next_hop(world.config, spec, resolved, world.kernel);
  };
  const Dmi amazon{"Amazon EC2", "m7g.medium", ""};
  CHECK(wants("ec2"));
  CHECK_FALSE(wants("interface:eth0"));
  CHECK_FALSE(wants("172.31.14.146"));
  // A record of an earlier version names no source.
  CHECK_FALSE(wants(""));
  CHECK(wants("interface:eth0", amazon));
  CHECK(wants("", amazon));
  CHECK(wants("interface:eth0", {}, NextHopPolicy::gateway));
  CHECK_FALSE(wants("ec2", amazon, NextHopPolicy::kernel));
  for (const NextHopPolicy policy : {NextHopPolicy::automatic, NextHopPolicy::gateway})
    CHECK_FALSE(wants("ec2", amazon, policy, Kind::sixin4));
}
