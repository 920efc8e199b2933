// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/status/vitals.h"
#include "reconcile/reconciler.h"
#include "reconcile/record.h"
#include "upkeep/pacer.h"
#include "upkeep/prober.h"

namespace situp {

/// One tunnel that situpd keeps. Pure.
class Keeper {
 public:
  /// `random`: any 32 random bits, by which a thousand tunnels spread over their interval.
  Keeper(const Record& record, const TunnelSpec& spec, Moment now, std::uint32_t random);

  /// True if the record asks for exactly this keeper's work.
  bool is_for(const Record& record) const;

  int ifindex() const { return ifindex_; }
  /// The address that the keepalive pings; empty: there is none (keepalive_target()).
  const std::optional<Ipv6>& target() const { return vitals.target; }
  /// The target does not answer.
  bool is_dead() const { return target() && prober->health() == Health::dead; }
  /// IPv4 routes and rules matter to it (model/tunnel/next_hop.h), be it that it is to have one.
  bool has_next_hop() const { return !spec_.kind().has_endpoint; }
  /// IPv6 rules matter to it (model/tunnel/on_link.h).
  bool has_on_link_rules() const { return has_on_link_rules_; }
  /// It has IPv6 routes: default routes, or unreachable ones.
  bool has_routes() const;
  /// It has an address on one of these interfaces.
  bool has_lan_on(const std::set<std::string>& names) const;
  /// The option dead is withdraw.
  bool withdraws() const { return spec_.withdraws; }
  bool is_withdrawn() const { return withdrawn_; }
  /// The default routes are to be withdrawn.
  bool is_to_withdraw() const;
  /// Names have to be looked up now and then.
  bool has_names() const;
  const Resolved& resolved() const { return resolved_; }

  Pacer pacer;
  std::optional<Prober> prober;
  std::optional<Ipv6> answered_to;  // the address of ours that the last answer came to
  Vitals vitals;
  Moment saved_at{};  // when they were last written

  // `clock`: seconds of the real clock.
  /// Takes over the prober's samples.
  void note_probes();
  /// Whether the far end answers has changed.
  void became(Health health, std::int64_t clock);
  /// The tunnel is right, as far as situpd could check (Repaired::not_renewed and warnings: the
  /// part it could not); situpd made `changes`. Returns a line if that is news.
  std::optional<std::string> right(const Repaired& repaired, const std::string& changes,
                                   std::int64_t clock);
  /// It isn't, and why. A line if that is news.
  std::optional<std::string> wrong(const std::string& why, std::int64_t clock);

 private:
  void aim();

  int ifindex_;
  std::string stanza_;  // the record's, as text
  TunnelSpec spec_;
  bool has_on_link_rules_;
  bool withdrawn_;  // the default routes are
  Resolved resolved_;
};

}  // namespace situp
