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
  /// `from` 0.0.0.0: the kernel chooses. An Error (Exit::not_permitted) without CAP_NET_RAW, or
  /// where this host doesn't hold `from`.
  Echo4(Ipv4 from, Ipv4 to);

  int descriptor() const { return socket_.get(); }
  /// 0, or errno: no way to it, or a filter of this host's forbids it.
  int ask(std::uint16_t sequence) const;
  /// How many answers have come since it was last asked.
  unsigned answers() const;

 private:
  Fd socket_;
  Ipv4 to_;
  std::uint16_t identifier_;
};

}  // namespace situp
