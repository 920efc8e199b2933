// SPDX-License-Identifier: GPL-2.0-or-later
// What tells the daemon that something has changed: descriptors for the loop, and what they mean.
#pragma once
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "kernel/netlink.h"
#include "model/address.h"

namespace situp {

/// IPv4 addresses of this host that come and go, and devices that go.
class HostWatch {
 public:
  HostWatch();
  int descriptor() const { return socket_.descriptor(); }

  struct Change {
    bool addresses = false;       // there is one more, or one less
    std::vector<int> gone_links;  // ifindex of each
    bool unknown = false;         // too much at once: anything may have changed
  };
  /// What has happened since the last call. A lease that is merely renewed is no change.
  Change read();

 private:
  void look_at_all();
  Subscription socket_;
  std::set<std::pair<int, Ipv4>> addresses_;
};

/// The records in /run/situp.
class RecordWatch {
 public:
  RecordWatch();
  int descriptor() const { return inotify_.get(); }

  struct Change {
    std::vector<InterfaceName> names;  // whose record was written or removed
    bool unknown = false;              // look at all of them
  };
  Change read();

 private:
  void begin();
  Fd inotify_;
};

/// The real clock being set, as it is when the host wakes from a suspension or goes on from a
/// snapshot.
class ClockWatch {
 public:
  ClockWatch();
  int descriptor() const { return timer_.get(); }
  /// Whether it was.
  bool read();

 private:
  void arm();
  Fd timer_;
};

}  // namespace situp
