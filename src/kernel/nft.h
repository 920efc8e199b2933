// SPDX-License-Identifier: GPL-2.0-or-later
// Runs nft(8), because only nft can encode rules.
#pragma once
#include <string>

#include "kernel/kernel.h"

namespace situp {

/// True if nft is installed. `root` is the prefix of its path.
bool has_nft(const std::string& root);

/// Runs nft, which executes all commands or none. nft has CAP_NET_ADMIN and no other privilege. The
/// Refusal's message is complete.
Refusal run_nft(const std::string& commands);
/// A table of family ip6, in nft's own syntax.
Refusal list_table(const std::string& table, std::string& listing);

}  // namespace situp
