// SPDX-License-Identifier: GPL-2.0-or-later
// All that is done about the routers of one link: solicitations, and pings of those that
// have answered one, each minute while programs use the link, more and more rarely while they do
// not. Pure: clock and sockets are the caller's.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "upkeep/moment.h"
#include "upkeep/prober.h"
#include "upkeep/solicitor.h"

namespace situp {

class Routers {
 public:
  /// `random`: any 32 random bits.
  explicit Routers(std::uint32_t random) : random_(random), solicitor_(random) {}

  /// The list as it is now.
  void set(const std::vector<Router>& routers, Moment now);
  /// The link has another address, or lay still: all are asked at once.
  void restart(Moment now);
  /// The kernel has deleted the default route by a router.
  void lost_default(Ipv4 router, Moment now);

  struct Ping {
    Ipv4 router;
    std::uint16_t sequence = 0;
  };
  struct Step {
    std::vector<Ipv4> solicit;
    std::vector<Ping> ping;
    std::vector<Solicitor::Demotion> demote;
    std::vector<Ipv4> promoted;
    std::vector<Solicitor::News> news;
  };
  Step withdraw(const Withdrawal& withdrawal, Moment now);
  /// To be called at next(), or later.
  Step tick(Moment now);
  /// A valid advertisement, from anybody.
  Step advertised(Ipv4 router, const RouterAdvertisement& advertisement, Moment now);
  /// An answer to a ping, from anybody.
  Step answered(Ipv4 router, std::uint16_t sequence, Moment now);
  /// Programs send through the link. Until the next ping of each router, they need no more than
  /// that they did.
  void used(Moment now);
  /// used() is to be called when programs send.
  bool wants_use() const;

  /// Empty on an empty list.
  std::optional<Moment> next() const;
  std::vector<std::pair<Ipv4, Health>> health() const { return solicitor_.health(); }
  void had_no_default(Ipv4 router) { solicitor_.had_no_default(router); }
  bool is_withdrawn(Ipv4 router) const { return solicitor_.is_withdrawn(router); }

 private:
  /// The pings of one router. Each that finds the link unused doubles the time to the next one. An
  /// advertisement counts as an answer, unless the router has stopped answering pings.
  struct Probed {
    Prober prober;
    bool used = true;  // since the last ping
  };
  static void add(Step& all, Solicitor::Step&& more);
  bool is_used() const;
  void lengthen(Probed& probed, Moment now) const;

  std::uint32_t random_;
  Solicitor solicitor_;
  std::map<Ipv4, Probed> probed_;
};

}  // namespace situp
