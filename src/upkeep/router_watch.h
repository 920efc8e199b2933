// SPDX-License-Identifier: GPL-2.0-or-later
// Carries out the steps for the routers of all links that have some (routers.h): solicits them,
// receives their advertisements, and deletes a dead one's default route.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kernel/echo.h"
#include "kernel/netlink.h"
#include "kernel/rs_socket.h"
#include "kernel/send_watch.h"
#include "model/address.h"
#include "upkeep/loop.h"
#include "upkeep/routers.h"

namespace situp {

class RouterWatch {
 public:
  /// A router of the link answers, doesn't any more (`alive` false), or has lost its route.
  using News = std::function<void(const InterfaceName& iface, bool alive, const std::string& line)>;
  RouterWatch(Loop& loop, const Echo& echo, News news)
      : loop_(loop), echo_(echo), news_(std::move(news)) {}
  RouterWatch(const RouterWatch&) = delete;
  RouterWatch& operator=(const RouterWatch&) = delete;

  /// A link as it is now: a new one, or one with a changed address or list.
  void keep(const InterfaceName& iface, int ifindex, Ipv4 local, const std::vector<Router>& routers,
            const Withdrawal& withdrawal);
  void forget(const InterfaceName& iface);
  /// The kernel may have lost its state from advertisements.
  void restart(const InterfaceName& iface);
  void restart_all();
  /// The kernel has deleted a default route that an advertisement had made.
  void lost_default(const InterfaceName& iface, const Ipv6& gateway);
  /// An answer to some ping of `echo`.
  void answered(const InterfaceName& iface, const Echo::Answer& answer);

  bool is_empty() const { return links_.empty(); }
  /// Empty for a link without routers.
  std::vector<std::pair<Ipv4, Health>> health(const InterfaceName& iface) const;
  bool is_withdrawn(const InterfaceName& iface, Ipv4 router) const;

 private:
  struct Link {
    int ifindex;
    Ipv4 local;
    Routers routers;
    Loop::Timer timer;
    std::optional<SendWatch> use;
  };
  void open();
  void hear();
  void act(const InterfaceName& iface, Link& link, const Routers::Step& step);
  void plan(const InterfaceName& iface, Link& link);
  void watch_use(const InterfaceName& iface, Link& link);
  void ignore_use(Link& link);
  static bool demote(const Link& link, Ipv4 router);

  Loop& loop_;
  const Echo& echo_;
  News news_;
  // Hosts without such links need not receive the advertisements on their other links.
  std::optional<RsSocket> socket_;
  std::map<InterfaceName, Link> links_;
};

}  // namespace situp
