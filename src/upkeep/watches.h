// SPDX-License-Identifier: GPL-2.0-or-later
// The daemon's sources of changes: descriptors for the loop, and their meaning.
#pragma once
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "kernel/netlink.h"
#include "model/address.h"
#include "model/tunnel/live.h"

namespace situp {

/// IPv4 addresses of this host that come and go, devices that come, go, up, or down, their MTU,
/// IPv6 forwarding by them, IPv6 addresses and rules that go, the routes and rules of next hops,
/// and IPv6 default routes and unreachable routes that go.
class HostWatch {
 public:
  HostWatch();
  int descriptor() const { return socket_.descriptor(); }

  struct Change {
    bool addresses = false;  // there is one more, or one less
    std::vector<int> links;  // ifindex of each that has gone, or that has another state, MTU or
                             // forwarding, or a default route less
    bool underlay = false;   // one of these is no tunnel, and has an IPv4 address
    bool unknown = false;    // too much at once: anything may have changed
    bool next_hops = false;  // a gateway, or a rule for a mark, has come or gone
    bool rules6 = false;     // the IPv6 rule of the table local or main has come or gone
    bool routed = false;     // an unreachable route of v4tunnel-routed has gone
    /// The interfaces that are new, or that have lost an IPv6 address, or a rule that names them.
    std::set<std::string> names;
    /// IPv6 default routes that advertisements had made, and that have gone.
    std::vector<LiveDefault> lost_defaults;
  };
  /// Routes and rules are heard of only while a tunnel's next hop follows them: some hosts change
  /// thousands of them.
  void follow_next_hops(bool wanted);
  /// IPv6 routes likewise, while a tunnel has some or has routers.
  void follow_routes6(bool wanted);
  /// The changes since the last call. A lease that is merely renewed is no change.
  Change read();
  /// Reads all of it from the kernel. A change that could not be read is then known, too.
  void read_all();
  /// An interface of this host holds the address, or it is 0.0.0.0.
  bool holds(Ipv4 address) const;

 private:
  /// The properties of a device that matter to a tunnel through it.
  struct Link {
    std::string name;
    bool up = false;
    unsigned mtu = 0;
    bool operator==(const Link&) const = default;
  };
  void read_link(const nlmsghdr* message, Change& change);
  void read_address(const nlmsghdr* message, Change& change);
  static void read_route(const nlmsghdr* message, Change& change);
  static void read_rule6(const nlmsghdr* message, Change& change);
  Subscription socket_;
  std::set<std::pair<int, Ipv4>> addresses_;
  std::map<int, Link> links_;  // by ifindex; empty for one that has just been made
  bool follows_next_hops_ = false, follows_routes6_ = false;
};

/// The records in /run/situp.
class RecordWatch {
 public:
  RecordWatch();
  int descriptor() const { return inotify_.get(); }

  /// Watches the directory, and makes it if there is none. A second call does no harm.
  void begin();

  struct Change {
    std::vector<InterfaceName> names;  // the interface of each record that was written or removed
    bool unknown = false;              // any of them may have changed
  };
  Change read();

 private:
  Fd inotify_;
};

/// The latest second since 1970 of a timer, which never comes: the kernel counts 64 bits of
/// nanoseconds. `Time`: the C library's time_t, which has 32 bits on some hosts.
template <typename Time>
constexpr Time latest_time() {
  constexpr std::int64_t latest = std::numeric_limits<std::int64_t>::max() / 1000000000;
  return static_cast<Time>(std::min<std::int64_t>(std::numeric_limits<Time>::max(), latest));
}

/// The real clock being set, as it is when the host wakes from a suspension or goes on from a
/// snapshot.
class ClockWatch {
 public:
  ClockWatch();
  int descriptor() const { return timer_.get(); }
  /// Whether it was.
  bool read();
  /// By how much it was set since the last call; a suspension is no part of it.
  std::chrono::seconds set_by();

 private:
  void arm();
  Fd timer_;
  std::chrono::nanoseconds offset_;  // of the real clock from that since the boot
};

}  // namespace situp
