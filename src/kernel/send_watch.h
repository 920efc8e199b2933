// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>

#include "base/error.h"
#include "base/fd.h"

namespace situp {

/// Tells that the host has sent a packet through a device. It does not count router solicitations,
/// which only situpd sends there, and echo requests with one identifier, situpd's own.
class SendWatch {
 public:
  /// Throws an Error: no such device, or (Exit::not_permitted) no CAP_NET_RAW.
  SendWatch(int ifindex, std::uint16_t echo_identifier);

  /// Becomes readable at the first such packet, or when the device goes down.
  int descriptor() const { return socket_.get(); }

 private:
  Fd socket_;
};

}  // namespace situp
