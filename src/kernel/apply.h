// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>
#include <unordered_map>
#include <vector>

#include "kernel/netlink.h"
#include "model/plan.h"

namespace situp {

/// Has the kernel load its module sit, and makes nothing. An Error (Exit::system) where there is
/// none. For a device that somebody else is going to make; `name` is that device's.
void need_sit(Netlink& netlink, const std::string& name);

/// Carries out operations, one kernel request each, and can take back what it did.
class Applier {
 public:
  Applier(Netlink& netlink, const Live& before) : netlink_(netlink), before_(before) {}

  /// All of the plan, or none of it: when the kernel refuses one, what was done is undone, and the
  /// Error (Exit::system or not_permitted) says which operation, the kernel's reason, and what
  /// could not be put back.
  void apply(const std::vector<Operation>& operations);
  /// Takes back all that apply() did; what can't be put back, as `ip` commands. For a caller that
  /// fails afterwards.
  std::vector<std::string> undo();
  /// Whether something could not be put back, be it by undo() or when apply() failed.
  bool lost_something() const { return lost_something_; }

 private:
  Refusal execute(const Operation& operation);
  /// `wanted_index` 0 leaves the choice to the kernel.
  Refusal set_sit(const std::string& name, const SitSettings& sit, bool create, int wanted_index);
  Refusal address(const std::string& dev, const TunnelAddress& address, std::uint16_t type,
                  std::uint16_t flags, bool nodad);
  Refusal route(const std::string& dev, const DefaultRoute& route, std::uint16_t type,
                std::uint16_t flags);
  int index(const std::string& name);
  Refusal load(const LoadFirewall& operation);
  Refusal remove(const RemoveFirewall& operation);
  /// Notes what is to be put back by undo().
  Refusal keep_firewall(const std::string& name);
  Error refused(const Operation& operation, const Refusal& refusal);
  Error in_the_way(const std::string& name, const SitSettings& sit);
  /// Undoes all, and says in words what could not be put back.
  std::string taken_back();

  Netlink& netlink_;
  const Live& before_;
  std::unordered_map<std::string, int> made_;  // devices of this run, which `before_` doesn't know
  std::vector<Operation> done_;
  std::unordered_map<std::string, std::string> firewalls_;  // as they were
  bool lost_something_ = false;
};

}  // namespace situp
