// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>

#include "base/error.h"
#include "base/fd.h"
#include "model/address.h"

namespace situp {

/// ICMP echo (RFC 792) over IPv4, to one host from one of this host's addresses.
class Echo4 {
 public:
  /// `from` 0.0.0.0: the kernel chooses. Throws an Error (Exit::not_permitted) without CAP_NET_RAW,
  /// or if this host does not hold `from`.
  Echo4(Ipv4 from, Ipv4 to);

  int descriptor() const { return socket_.get(); }
  /// Sends a request. Returns 0 or errno: there is no route, or a filter of this host forbids it.
  int ask(std::uint16_t sequence) const;
  /// The number of answers since the last request.
  unsigned answers() const;

 private:
  Fd socket_;
  Ipv4 to_;
  std::uint16_t identifier_;
};

}  // namespace situp
