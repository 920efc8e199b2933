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
  CHECK(*hook.host == hosts::ifupdown);
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

TEST_CASE("by `ifup IFACE` and by hotplug nobody is automatic") {
  const char* const by_name[] = {"IFACE=x", "METHOD=manual", "VERBOSITY=0", nullptr};
  CHECK_FALSE(read_hook_environment(by_name).automatic);
  CHECK(read_hook_environment(by_name).stanza.logical == "x");
  const char* const hotplug[] = {"IFACE=x", "METHOD=manual", "VERBOSITY=0", "CLASS=hotplug",
                                 nullptr};
  CHECK_FALSE(read_hook_environment(hotplug).automatic);
  CHECK_FALSE(is_automatic(hotplug));
}

TEST_CASE("ifupdown-ng says nothing of the method, and makes addresses itself") {
  const char* const variables[] = {"IFACE=he-ipv6",
                                   "METHOD=none",
                                   "MODE=start",
                                   "PHASE=create",
                                   "INTERFACES_FILE=/etc/network/interfaces",
                                   "VERBOSE=1",
                                   "IF_ADDRESSES=2001:db8::2/64",
                                   "IF_ADDRESS=2001:db8::2/64",
                                   "IF_V4TUNNEL_LAN=eth0 2001:db8:1::1/64 eth1 2001:db8:2::1/64",
                                   nullptr};
  const auto hook = read_hook_environment(variables);
  CHECK(*hook.host == hosts::ifupdown_ng);
  CHECK(hook.stanza.logical == "he-ipv6");
  CHECK(hook.stanza.family == "inet6");
  CHECK(hook.stanza.method == "static");
  CHECK(hook.verbose);
  CHECK(hook.stanza.options.back().value == "eth0 2001:db8:1::1/64 eth1 2001:db8:2::1/64");
}

TEST_CASE("what ifupdown2 says of family, method and name is not believed") {
  // It has the environment of whoever called it, and of the interface before this one.
  const char* const variables[] = {
      "IFACE=he-ipv6",      "LOGICAL=eth0", "ADDRFAM=inet",
      "METHOD=dhcp",        "MODE=start",   "PHASE=pre-up",
      "VERBOSE=1",          "CLASS=auto",   "IF_ADDRESS=2001:db8::2/64",
      "IF_V4TUNNEL_TTL=64", nullptr};
  const auto hook = read_hook_environment(variables);
  CHECK(*hook.host == hosts::ifupdown2);
  CHECK(hook.stanza.logical == "he-ipv6");
  CHECK(hook.stanza.family == "inet6");
  CHECK(hook.stanza.method == "manual");
  CHECK_FALSE(hook.verbose);
  CHECK_FALSE(hook.automatic);
  CHECK(hook.stanza.options.size() == 2);

  const char* const first[] = {"IFACE=he-ipv6", "PHASE=pre-up", nullptr};
  CHECK(*read_hook_environment(first).host == hosts::ifupdown2);
  const char* const none[] = {"IFACE=he-ipv6", "METHOD=none", "PHASE=pre-up", nullptr};
  CHECK(*read_hook_environment(none).host == hosts::ifupdown2);
}

TEST_CASE("busybox tells family and method, and no name of a stanza") {
  const char* const variables[] = {
      "IF_V4TUNNEL_LOCAL=ec2", "IFACE=he-ipv6", "ADDRFAM=inet6", "METHOD=v4tunnel", "MODE=start",
      "PHASE=pre-up",          "PATH=/bin",     nullptr};
  const auto hook = read_hook_environment(variables);
  CHECK(*hook.host == hosts::busybox);
  CHECK(hook.stanza.logical == "he-ipv6");
  CHECK(hook.stanza.method == "v4tunnel");
  CHECK_FALSE(hook.verbose);
}

TEST_CASE("without the variables of a hook it is none") {
  const char* const nothing[] = {"PATH=/bin", nullptr};
  CHECK_THROWS_AS(read_hook_environment(nothing), Error);
  const char* const no_method[] = {"IFACE=x", "VERBOSITY=0", nullptr};
  CHECK_THROWS_AS(read_hook_environment(no_method), Error);
  const char* const a_prefix[] = {"IFACES=x", "METHOD=manual", nullptr};
  CHECK_THROWS_AS(read_hook_environment(a_prefix), Error);
}
