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

/// How many seconds DNS lets these addresses of the name be cached: the least TTL of the records
/// that led to them. Empty if they are not from DNS (but from the hosts file), or if no record has
/// a TTL.
std::optional<std::uint32_t> time_to_live(const HostName& name, const Answer& addresses);

}  // namespace situp
