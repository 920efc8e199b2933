// SPDX-License-Identifier: GPL-2.0-or-later
// The interface to the kernel, in values of model/ alone.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/deadline.h"
#include "model/platform.h"
#include "model/tunnel/live.h"
#include "model/tunnel/plan.h"

namespace situp {

/// The extent of a snapshot: links, addresses and the main table, of all interfaces or of some, and
/// optional parts. Most tunnels need none of these, and reading them takes time.
struct Extent {
  /// The interfaces that are read, with their IPv6 addresses and routes, besides those that hold
  /// IPv4 addresses; the routes of no interface are left out, too. Empty = all.
  std::set<std::string> only;
  std::set<std::uint32_t> tables;  // of routes
  bool firewalls = false;          // situp's table of filters (model/tunnel/firewall.h)
  bool next_hops = false;          // IPv4 routes and rules (model/tunnel/next_hop.h)
  bool rules6 = false;             // IPv6 rules (model/tunnel/on_link.h)
  bool fou_ports = false;          // model/tunnel/encap.h
  bool counters = false;           // of links
};

/// The kernel's refusal of a request.
struct Refusal {
  int error = 0;        // errno, 0 = not refused
  std::string message;  // the kernel's own message if it gave one, printable
};

/// Packets whose route is asked for.
struct Way {
  Ipv4 to;
  int dev = 0;  // out of this interface; 0 = any
  Ipv4 from{};  // an address of this host; 0.0.0.0 = the kernel chooses one
  std::uint32_t mark = 0;
};

/// The source address and the interface that the kernel would use towards a host.
struct RouteTo {
  Ipv4 source;
  int dev = 0;
  Ipv4 gateway{};  // 0.0.0.0 = on the link
};

/// The same for IPv6. `source` is :: if the kernel has no address for the route.
struct RouteTo6 {
  Ipv6 source;
  int dev = 0;
  std::uint32_t metric = 0;
};

/// The ifindex of each name in a plan: the one of the plan's snapshot, until an operation creates
/// or deletes the device. situp never uses a device that another program creates under the same
/// name.
class Devices {
 public:
  explicit Devices(const Live& before) : before_(before) {}
  /// 0: no such device.
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

/// Waits for changes of links, IPv4 addresses and IPv4 routes.
class Changes {
 public:
  Changes() = default;
  Changes(const Changes&) = delete;
  Changes& operator=(const Changes&) = delete;
  virtual ~Changes() = default;
  /// Waits for a change since the last call, at most until the deadline. False: no change.
  virtual bool wait(Deadline deadline) = 0;
};

/// Abstract so that tests have one in memory. Failures other than refusals are Errors
/// (Exit::system).
class Kernel {
 public:
  Kernel() = default;
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;
  virtual ~Kernel() = default;

  /// Reads links, addresses, default routes, the devices' router lists, and the parts that
  /// `extent` names.
  virtual Live snapshot(const Extent& extent) = 0;
  /// Executes one operation, and notes in `devices` a device that it has created or deleted.
  virtual Refusal execute(const Operation& operation, Devices& devices) = 0;
  /// Deletes several devices, by their ifindex, in one request: all or none. The kernel waits for
  /// its readers once, and not for each.
  virtual Refusal delete_links(const std::vector<int>& indexes) = 0;
  /// Loads the filters of several tunnels, all or none.
  virtual Refusal load_firewalls(const std::vector<LoadFirewall>& parts) = 0;
  /// Writes the part of `kept.name` in the table of filters, as it is, into `kept`.
  virtual Refusal list_firewall(LoadFirewall& kept) = 0;
  /// Makes the kernel load its module sit; creates no device. False: this kernel has no sit
  /// tunnels. `name` is the device that another program will create.
  virtual bool load_sit(const std::string& name) = 0;
  /// Empty if there is no route.
  virtual std::optional<RouteTo> route_to(const Way& way) = 0;
  /// The same for IPv6, out of any interface.
  virtual std::optional<RouteTo6> route_to(const Ipv6& to) = 0;
  /// The firmware's names of this machine.
  virtual const Dmi& firmware() = 0;
  /// Reports changes from now on.
  virtual std::unique_ptr<Changes> changes() = 0;
};

}  // namespace situp
