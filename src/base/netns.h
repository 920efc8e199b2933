// SPDX-License-Identifier: GPL-2.0-or-later
// Network namespaces (network_namespaces(7)). They can share a /run.
#pragma once
#include <string>

namespace situp {

/// This process's, as /proc names it: "net:[4026531840]". Empty if /proc does not tell.
std::string own_netns();
/// The name that `ip netns` knows it by; empty if it has none, or has gone.
std::string name_of_netns(const std::string& netns, const std::string& directory = "/run/netns");

}  // namespace situp
