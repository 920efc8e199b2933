// SPDX-License-Identifier: GPL-2.0-or-later
// The routers of one link (KindRow::has_routers): which of them is to be solicited when, and which
// can be relied on (RFC 5214 §8.3, §8.4; RFC 4861 §6.3.6, §6.3.7). Pure: clock and sockets are the
// caller's.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "model/router_advertisement.h"
#include "model/tunnel/tunnel.h"
#include "upkeep/moment.h"
#include "upkeep/prober.h"

namespace situp {

/// The default routes that are to go beside those of dead routers that another one replaces.
struct Withdrawal {
  /// The option -dead is withdraw: those of dead routers go also where no other router is alive.
  bool of_dead = false;
  /// The target of the keepalive, while it does not answer: that router's route goes, or if the
  /// target is no router of the list, all of them. An advertisement does not bring them back.
  std::optional<Ipv6> dead_target = {};
  bool operator==(const Withdrawal&) const = default;
};

class Solicitor {
 public:
  /// `random`: any 32 random bits, by which hosts that boot together don't ask together.
  explicit Solicitor(std::uint32_t random) : random_(random) {}

  /// The list as it is now. New ones are asked at once, of the others all that is known stays.
  void set_routers(const std::vector<Router>& routers, Moment now);
  /// The link has another address, or lay still: all are asked at once.
  void restart(Moment now);
  struct Demotion {
    Ipv4 router;
    bool has_other = true;  // another router takes over
    bool operator==(const Demotion&) const = default;
  };
  /// Programs send through the link, or have not for a while: advertisements are trusted for ten
  /// minutes, or for fifteen.
  void set_use(bool used, Moment now);
  /// The kernel has deleted the default route by a router. Unless the solicitor wanted that, or the
  /// route's time was over, the router is asked for it.
  void lost_default(Ipv4 router, Moment now);

  struct News {
    Ipv4 router;
    Health became = Health::unknown;
    bool operator==(const News&) const = default;
  };
  struct Step {
    std::vector<Ipv4> solicit;
    /// Their default routes are to go, if there are any. When one answers again, its advertisement
    /// brings the route back.
    std::vector<Demotion> demote;
    /// An advertisement has brought back the route, which was withdrawn.
    std::vector<Ipv4> promoted;
    std::vector<News> news;
  };
  Step withdraw(const Withdrawal& withdrawal, Moment now);
  /// There was no route by a router of Step::demote.
  void had_no_default(Ipv4 router);
  /// To be called at next(), or later.
  Step tick(Moment now);
  /// A valid advertisement (RFC 4861 §6.1.2); from who is not on the list, it is ignored.
  Step advertised(Ipv4 router, const RouterAdvertisement& advertisement, Moment now);
  /// Whether it answers pings. Silence tells something only of a router that has answered before.
  Step probed(Ipv4 router, bool answers, Moment now);

  /// Empty on an empty list.
  std::optional<Moment> next() const;
  /// In the order of the list.
  std::vector<std::pair<Ipv4, Health>> health() const;
  /// True if the router answers, as health() says.
  bool is_alive(Ipv4 router) const;
  /// True if programs can show that they need the link: the kernel has a default route by a router,
  /// or no router of the list may be default and the route is the stanza's.
  bool can_show_use(Moment now) const;
  /// Its default route has gone by a Withdrawal, and is not back.
  bool is_withdrawn(Ipv4 router) const;

 private:
  struct Known {
    Router router;
    Health health = Health::unknown;
    bool answers_pings = false;
    /// Until then the kernel has a default route by it.
    std::optional<Moment> default_until;
    bool leads(Moment now) const { return default_until && *default_until > now; }
    bool unheard = true;     // the kernel may have one by it that an earlier situpd has asked for
    bool withdrawn = false;  // see is_withdrawn()

    Moment next;                 // when something is to be done about it
    unsigned unanswered = 0;     // solicitations in a row
    bool quickly = true;         // they follow each other like the first ones
    bool judged = false;         // for missing answers
    std::chrono::seconds gap{};  // between two without an answer
    std::optional<Moment> last;  // the last solicitation
    std::optional<Moment> hurried;
    std::optional<Moment> lost;  // when the router was last to be asked for a lost route
  };

  Known* find(Ipv4 router);
  bool is_withheld(const Known& known) const;
  void ask_for_route(Known& known, Moment now);
  void hurry(Known& known, Moment when);
  void solicit(Known& known, Moment now);
  void judge(Known& known, Step& step);
  static void become(Known& known, Health health, Step& step);
  /// After a router's health changed.
  void choose(Moment now, Step& step);
  std::uint32_t random_below(std::uint32_t bound);

  std::uint32_t random_;
  bool used_ = true;
  std::vector<Known> routers_;
  Withdrawal withdrawal_;
};

}  // namespace situp
