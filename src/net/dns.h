// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>

#include "base/deadline.h"
#include "model/address.h"
#include "model/ask/answer.h"

namespace situp {

/// The IPv4 addresses of a name, by the host's own resolver (hosts file, DNS): sorted, each once,
/// at most 64. A temporary failure is tried again until the deadline unless `only_once`.
/// getaddrinfo() itself knows no deadline: the caller has to have an alarm for that.
Answer resolve(const HostName& name, Deadline deadline, bool only_once);

/// For how many seconds DNS lets these addresses of the name be kept: the least that any record
/// says that led to them. Nothing if they are not DNS's (but the hosts file's), or nobody says.
std::optional<std::uint32_t> time_to_live(const HostName& name, const Answer& addresses);

}  // namespace situp
