// SPDX-License-Identifier: GPL-2.0-or-later
#include "hosts/environment.h"

#include <doctest/doctest.h>

#include "base/error.h"

using namespace situp;

TEST_CASE("a hook's environment becomes a stanza") {
  const char* const variables[] = {"IFACE=he-ipv6",
                                   "LOGICAL=home",
                                   "ADDRFAM=inet6",
                                   "METHOD=v4tunnel",
                                   "MODE=start",
                                   "PHASE=pre-up",
                                   "VERBOSITY=1",
                                   "CLASS=auto",
                                   "PATH=/bin",
                                   "IF_ADDRESS=2001:db8::2",
                                   "IF_PREFERRED_LIFETIME=",
                                   "IF_V4TUNNEL_LOCAL=ec2\ninterface:eth0",
                                   "odd",
                                   nullptr};
  const auto hook = read_hook_environment(variables);
  CHECK(hook.stanza.iface == "he-ipv6");
  CHECK(hook.stanza.logical == "home");
  CHECK(hook.stanza.family == "inet6");
  CHECK(hook.stanza.method == "v4tunnel");
  CHECK(hook.verbose);
  CHECK(hook.automatic);
  // ifupdown sets options of its methods that the stanza lacks to nothing.
  REQUIRE(hook.stanza.options.size() == 3);
  CHECK(hook.stanza.options[1].name == "v4tunnel-local");
  CHECK(hook.stanza.options[1].value == "ec2");
  CHECK(hook.stanza.options[2].name == "v4tunnel-local");
  CHECK(hook.stanza.options[2].value == "interface:eth0");
}

TEST_CASE("by hand, by `ifup IFACE` and by hotplug nobody is automatic") {
  const char* const by_hand[] = {"IFACE=x", "METHOD=manual", nullptr};
  CHECK_FALSE(read_hook_environment(by_hand).automatic);
  CHECK(read_hook_environment(by_hand).stanza.logical == "x");
  const char* const hotplug[] = {"IFACE=x", "METHOD=manual", "CLASS=hotplug", nullptr};
  CHECK_FALSE(read_hook_environment(hotplug).automatic);
  CHECK_FALSE(is_automatic(hotplug));
}

TEST_CASE("without ifupdown's variables it is no hook") {
  const char* const nothing[] = {"PATH=/bin", nullptr};
  CHECK_THROWS_AS(read_hook_environment(nothing), Error);
}
