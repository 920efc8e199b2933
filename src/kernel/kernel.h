// SPDX-License-Identifier: GPL-2.0-or-later
// What situp asks of the kernel, in values of model/ alone.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>

#include "base/deadline.h"
#include "model/tunnel/live.h"
#include "model/tunnel/plan.h"

namespace situp {

/// What a snapshot reads besides links, addresses and the main table: only what a tunnel needs, as
/// most tunnels need none of it and it takes time.
struct Extent {
  std::set<std::uint32_t> tables;   // of routes
  std::set<std::string> firewalls;  // by interface
  bool next_hops = false;           // IPv4 routes and rules (model/tunnel/next_hop.h)
};

/// What the kernel said no to.
struct Refusal {
  int error = 0;        // errno, 0 = it said yes
  std::string message;  // the kernel's own words where it gave any, printable
};

/// The source address that the kernel would use towards a host, and the interface.
struct RouteTo {
  Ipv4 source;
  int dev = 0;
  Ipv4 gateway{};  // 0.0.0.0 = on the link
};

/// The same of IPv6. `source` ::, where the kernel has no address for it.
struct RouteTo6 {
  Ipv6 source;
  int dev = 0;
  std::uint32_t metric = 0;
};

/// The ifindex behind each name of a plan: as it was in the snapshot that the plan was made from,
/// until an operation makes or deletes the device. A device that somebody else puts there under the
/// same name is never taken for it.
class Devices {
 public:
  explicit Devices(const Live& before) : before_(before) {}
  /// 0: there is none.
  int index(const std::string& name) const {
    const auto found = made_.find(name);
    if (found != made_.end()) return found->second;
    const LiveLink* link = before_.link(name);
    return link == nullptr ? 0 : link->index;
  }
  void made(const std::string& name, int index) { made_[name] = index; }
  void deleted(const std::string& name) { made_[name] = 0; }

 private:
  const Live& before_;
  std::unordered_map<std::string, int> made_;
};

/// Tells of changes of links, IPv4 addresses and IPv4 routes, for those who wait for one.
class Changes {
 public:
  Changes() = default;
  Changes(const Changes&) = delete;
  Changes& operator=(const Changes&) = delete;
  virtual ~Changes() = default;
  /// Waits until something has changed since the last call, at most until the deadline. False:
  /// nothing did.
  virtual bool wait(Deadline deadline) = 0;
};

/// Abstract so that tests have one in memory. Errors other than refusals are Errors (Exit::system).
class Kernel {
 public:
  Kernel() = default;
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;
  virtual ~Kernel() = default;

  /// Reads links, addresses, default routes, the router lists of ISATAP devices, and what `extent`
  /// asks for.
  virtual Live snapshot(const Extent& extent) = 0;
  /// Carries out one operation, and tells `devices` of a device that it has made or deleted.
  virtual Refusal execute(const Operation& operation, Devices& devices) = 0;
  /// The filter of an interface's tunnel as nft lists it.
  virtual Refusal list_firewall(const std::string& iface, std::string& listing) = 0;
  /// Has the kernel load its module sit, and makes nothing. False: this kernel has no sit tunnels.
  /// For a device that somebody else is going to make; `name` is that device's.
  virtual bool load_sit(const std::string& name) = 0;
  /// Which way packets to `to` would take, out of interface `dev` if that isn't 0; nothing without
  /// a route.
  virtual std::optional<RouteTo> route_to(Ipv4 to, int dev) = 0;
  /// The same of IPv6, whatever the interface.
  virtual std::optional<RouteTo6> route_to(const Ipv6& to) = 0;
  /// Changes from now on.
  virtual std::unique_ptr<Changes> changes() = 0;
};

}  // namespace situp
