// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <optional>

#include "base/error.h"
#include "base/fd.h"
#include "model/address.h"
#include "model/router_advertisement.h"

namespace situp {

/// Router solicitations and advertisements of all links that have routers, over one socket.
class RsSocket {
 public:
  /// Throws an Error (Exit::not_permitted) without CAP_NET_RAW.
  RsSocket();

  int descriptor() const { return socket_.get(); }
  /// Solicits a router from our link-local address that is formed from `local`. Returns 0 or errno:
  /// the device has no such address, or there is no route from it.
  int solicit(int ifindex, Ipv4 local, Ipv4 router) const;

  struct Heard {
    int ifindex = 0;
    Ipv4 router;
    RouterAdvertisement advertisement;
  };
  /// The next advertisement from a link-local address that holds the router's IPv4 address, on the
  /// link itself (RFC 4861 §6.1.2, RFC 5214 §8.3.3); empty if there is none. The caller checks that
  /// the router is on the list of that link.
  std::optional<Heard> next() const;

 private:
  Fd socket_;
};

}  // namespace situp
