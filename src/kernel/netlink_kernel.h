// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "kernel/kernel.h"
#include "kernel/netlink.h"

namespace situp {

/// The kernel that situp runs on: rtnetlink, the ioctls of router lists, /proc/sys and nft(8).
class NetlinkKernel : public Kernel {
 public:
  Live snapshot(const Extent& extent) override;
  Refusal execute(const Operation& operation, Devices& devices) override;
  Refusal delete_links(const std::vector<int>& indexes) override;
  Refusal load_firewalls(const std::vector<LoadFirewall>& parts) override;
  Refusal list_firewall(LoadFirewall& kept) override;
  bool load_sit(const std::string& name) override;
  std::optional<RouteTo> route_to(const Way& way) override;
  std::optional<RouteTo6> route_to(const Ipv6& to) override;
  const Dmi& firmware() override;
  std::unique_ptr<Changes> changes() override;

 private:
  /// Opened at the first use: many runs end before.
  Netlink& netlink();

  std::optional<Netlink> netlink_;
};

}  // namespace situp
