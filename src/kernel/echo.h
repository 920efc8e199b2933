// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <optional>

#include "base/error.h"
#include "base/fd.h"
#include "model/address.h"

namespace situp {

/// ICMPv6 echo (RFC 4443 §4) through given devices, for all tunnels over one pair of sockets. The
/// kernel delivers only answers to these sockets' requests.
class Echo {
 public:
  /// Throws an Error (Exit::not_permitted) without CAP_NET_RAW.
  Echo();

  int descriptor() const { return socket_.get(); }
  /// By which the requests of this object are told from other programs'.
  std::uint16_t identifier() const { return identifier_; }
  /// Packets larger than the path MTU are lost from now on, not fragmented.
  void never_fragment() const;
  /// Sends a request to `target` out of the device. Returns 0 or errno: there is no such device, or
  /// no route. `source`: the address at which an earlier answer arrived. Without it, or if the host
  /// no longer holds it, the kernel searches all of the host's addresses. With a thousand tunnels
  /// that search is most of a request's cost. `size` is the size of the IPv6 packet with its
  /// header; 0: the smallest.
  int ask(int ifindex, const Ipv6& target, std::uint16_t sequence,
          const std::optional<Ipv6>& source = std::nullopt, unsigned size = 0) const;

  struct Answer {
    int ifindex = 0;
    Ipv6 from, to;
    std::uint16_t sequence = 0;
  };
  /// The next answer; empty if there is none.
  std::optional<Answer> next_answer() const;

 private:
  Fd socket_;  // bound to no device; receives answers
  Fd sender_;  // bound to the device of the last request
  std::uint16_t identifier_;
  std::uint64_t secret_;  // in each request: a host that has not seen one can't forge an answer
};

}  // namespace situp
