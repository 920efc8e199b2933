// SPDX-License-Identifier: GPL-2.0-or-later
// What the kernel, or nft, said no to, in the words of whoever reads it: why, and what to do.
#pragma once
#include <string>

#include "kernel/kernel.h"
#include "model/tunnel/plan.h"

namespace situp {

constexpr const char* no_sit_text =
    "this kernel has no sit tunnels: load or install its module sit (modprobe sit; Debian: "
    "linux-image, not a container's kernel)";

/// Whether this errno, of creating a tunnel, means that the kernel has none.
bool means_no_sit(int error);

std::string refusal_text(const Operation& operation, const Refusal& refusal);

/// Of a nft that ended with another status than 0, and wrote `output`.
Refusal refusal_of_nft(const std::string& output);

}  // namespace situp
