// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "hosts/config.h"
#include "hosts/credentials.h"
#include "model/stanza/spec.h"
#include "reconcile/broker_file.h"
#include "upkeep/broker_keeper.h"
#include "upkeep/helpers.h"
#include "upkeep/loop.h"

namespace situp {

/// Carries out for one tunnel the steps of its BrokerKeeper.
class BrokerUpdater {
 public:
  /// When each broker was called last: some tunnels of one host may be one user's.
  using Calls = std::map<BrokerName, std::int64_t>;
  struct World {
    Loop& loop;
    Helpers& helpers;
    const Config& config;
    const std::string& boot;
    Calls& calls;
    std::function<void(bool bad, const std::string& line)> tell;
  };
  /// `spec` has a broker. `local`: 0.0.0.0 = any.
  BrokerUpdater(World world, const TunnelSpec& spec, Ipv4 local);
  ~BrokerUpdater();
  BrokerUpdater(const BrokerUpdater&) = delete;
  BrokerUpdater& operator=(const BrokerUpdater&) = delete;

  /// Anything may have changed.
  void check();
  void local_changed(Ipv4 local);
  void died();
  void alive_again();

 private:
  template <typename Event>
  void happened(Event&& event);
  bool refresh();
  void carry_out(const BrokerKeeper::Step& step);
  void ask_metadata();
  void call();
  void answered(const BrokerAnswer& answer);
  void plan();
  void trouble(const Error& error);

  World world_;
  TunnelSpec spec_;
  BrokerFile file_;
  BrokerKeeper keeper_;
  std::optional<BrokerService> service_;
  std::optional<Credentials> credentials_;
  std::string trouble_;  // as it was told last
  bool told_missing_address_ = false;
  bool unsaved_ = false;  // the file lacks the answer to the call that it tells of
  Loop::Timer timer_;
  /// True until the destructor: the callback of a helper's end checks it.
  std::shared_ptr<bool> here_ = std::make_shared<bool>(true);
};

}  // namespace situp
