// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/fd.h"
#include "hosts/config.h"
#include "kernel/echo.h"
#include "reconcile/reconciler.h"
#include "reconcile/record.h"
#include "upkeep/broker_updater.h"
#include "upkeep/helpers.h"
#include "upkeep/keeper.h"
#include "upkeep/loop.h"
#include "upkeep/retry.h"
#include "upkeep/router_watch.h"
#include "upkeep/watches.h"

namespace situp {

/// Keeps every tunnel whose record asks for it, until a signal, or until there is none.
class Daemon {
 public:
  /// `config_path`: empty for the default one, which may be missing. `stay`: also where there is no
  /// tunnel to look after.
  Daemon(std::string config_path, bool stay);
  void run();

 private:
  void read_config();
  bool wait_for_config();
  void hear_signals();
  void begin();
  void failed(const Error& error);
  void recover();
  void inspect_all();
  void inspect_each(const std::vector<InterfaceName>& ifaces);
  void inspect(const InterfaceName& iface);
  void begin_to_keep(const InterfaceName& iface, const Record& record);
  void forget(const InterfaceName& iface);
  void catch_up(const InterfaceName& iface, Keeper& keeper, bool lacks_lan);
  void config_may_have_changed();
  void restart_all();
  void follow_routes();
  void all_may_have_changed();
  void inspect_soon(Keeper& keeper);
  void host_changed();
  void may_have_changed(bool (Keeper::*concerned)() const);
  void records_changed();

  void plan_inspection(const Keeper& keeper);
  void inspect_due();
  void repair(const std::vector<InterfaceName>& ifaces, bool renew = true);
  void repair_failed(const Error& error, const std::vector<InterfaceName>& ifaces,
                     std::uint32_t random);
  void repaired(Keeper& keeper, const InterfaceName& iface, const Repaired& result,
                std::uint32_t random);
  std::chrono::seconds name_refresh() const;
  Answer answer_to(const Question& question) const;
  void ask(const Question& question);

  void plan_probe(const InterfaceName& iface);
  void probe(const InterfaceName& iface);
  void take_answers();
  void became(const InterfaceName& iface, Keeper& keeper, Health health);
  void turn_routes_soon(const InterfaceName& iface);

  void begin_telling(const InterfaceName& iface, const TunnelSpec& spec, Ipv4 local);
  void brokers_may_want_to_know();
  void keep_routers(const InterfaceName& iface, const Keeper& keeper);
  void router_became(const InterfaceName& iface, bool alive, const std::string& line);

  void save(const InterfaceName& iface, Keeper& keeper);
  void save_samples(const InterfaceName& iface, Keeper& keeper);
  void end_if_idle();
  void forget_stale_requests() const;

  std::string config_path_;
  bool stay_;
  Fd lock_, presence_, signals_;
  Config config_;
  Loop loop_;
  Records records_;
  RecordWatch record_watch_;
  HostWatch host_watch_;
  ClockWatch clock_watch_;
  Echo echo_;
  Helpers helpers_;
  RouterWatch routers_;
  std::map<InterfaceName, Keeper> keepers_;
  std::set<InterfaceName> had_keeper_;  // of an earlier situpd
  std::map<int, InterfaceName> by_ifindex_;
  std::size_t with_routes_ = 0;  // of these, the keepers with IPv6 routes
  BrokerUpdater::Calls broker_calls_;
  std::map<InterfaceName, BrokerUpdater> updaters_;
  std::map<InterfaceName, Loop::Timer> probes_;
  Loop::Timer next_inspection_, end_;
  std::set<InterfaceName> turned_;  // whose default routes are to go or to come back
  Loop::Timer turning_;
  Retry again_;  // after an event that could not be handled
  Loop::Timer recovery_;
  Retry save_again_;  // after vitals that could not be written
  Loop::Timer saving_;
  std::optional<Error> unwatched_;  // why the records can't be watched any more

  /// One round of repairs: the known answers, the questions still open, and the tunnels that wait
  /// for them.
  std::map<Question, Answer> answers_;
  std::set<Question> open_;
  std::optional<std::uint32_t> least_ttl_;
  std::set<InterfaceName> waiting_;
};

}  // namespace situp
