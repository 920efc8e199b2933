// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <optional>

#include "base/error.h"
#include "base/fd.h"
#include "model/address.h"

namespace situp {

/// ICMPv6 echo (RFC 4443 §4) through given devices, for all tunnels over one pair of sockets. The
/// kernel hands over answers to these very sockets' requests only.
class Echo {
 public:
  /// An Error (Exit::not_permitted) without CAP_NET_RAW.
  Echo();

  int descriptor() const { return socket_.get(); }
  /// What is too large for the path is lost from now on, and not sent in parts.
  void never_fragment() const;
  /// Asks `target` out of the device. 0, or errno: there is no such device, or no way from it.
  /// `source`: the address that an earlier answer came to. Without it, or where the host has it no
  /// more, the kernel looks for one among all of the host's, which with a thousand tunnels is most
  /// of what asking costs. `size` is that of the IPv6 packet, header included, where it is not to
  /// be as small as can be.
  int ask(int ifindex, const Ipv6& target, std::uint16_t sequence,
          const std::optional<Ipv6>& source = std::nullopt, unsigned size = 0) const;

  struct Answer {
    int ifindex = 0;
    Ipv6 from, to;
    std::uint16_t sequence = 0;
  };
  /// The next answer that has come; nothing if there is none.
  std::optional<Answer> next_answer() const;

 private:
  Fd socket_;  // bound to no device; answers come here
  Fd sender_;  // bound to the device of the request that was sent last
  std::uint16_t identifier_;
  std::uint64_t secret_;  // in each request: who has not seen one can't forge an answer
};

/// 32 random bits.
std::uint32_t random_bits();

}  // namespace situp
