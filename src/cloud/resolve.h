// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <chrono>

#include "base/deadline.h"
#include "model/address.h"
#include "model/answer.h"

namespace situp {

/// The IPv4 addresses of a name, by the host's own resolver (hosts file, DNS): sorted, each once,
/// at most 64. A temporary failure is tried again until the deadline unless `only_once`.
/// getaddrinfo() itself knows no deadline: the caller has to have an alarm for that.
Answer resolve(const HostName& name, Deadline deadline, bool only_once);

}  // namespace situp
