// SPDX-License-Identifier: GPL-2.0-or-later
// Turns a refusal by the kernel or by nft into a message for the user: the reason and the remedy.
#pragma once
#include <string>

#include "kernel/kernel.h"
#include "model/tunnel/plan.h"

namespace situp {

constexpr const char* no_sit_text =
    "this kernel has no sit tunnels: load or install its module sit (modprobe sit; Debian: "
    "linux-image, not a container's kernel)";

/// True if this errno of creating a tunnel means that the kernel has no sit.
bool means_no_sit(int error);

std::string refusal_text(const Operation& operation, const Refusal& refusal);

/// The refusal of an nft that exited with another status than 0 and wrote `output`.
Refusal refusal_of_nft(const std::string& output);

}  // namespace situp
