// SPDX-License-Identifier: GPL-2.0-or-later
// Runs nft(8), because only nft can encode rules.
#pragma once
#include <string>
#include <vector>

#include "kernel/kernel.h"

namespace situp {

/// True if nft is installed. `root` is the prefix of its path.
bool has_nft(const std::string& root);

/// Loads all of these parts or none. nft has CAP_NET_ADMIN and no other privilege. The Refusal's
/// message is complete.
Refusal load_firewalls(std::vector<LoadFirewall> parts);
/// Kernel::list_firewall().
Refusal list_firewall(LoadFirewall& kept);

}  // namespace situp
