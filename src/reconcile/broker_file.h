// SPDX-License-Identifier: GPL-2.0-or-later
// /var/lib/situp/broker-IFACE, or broker-BROKER:TUNNEL-ID: the state that outlives a boot, so that
// situp does not call a broker more often than its rules allow.
#pragma once
#include <optional>

#include "model/broker/state.h"

namespace situp {

class BrokerFile {
 public:
  static constexpr const char* default_directory = "/var/lib/situp";

  /// `root` stands before the directory.
  explicit BrokerFile(const InterfaceName& iface, const std::string& root = {});
  /// Of a tunnel that another machine has.
  explicit BrokerFile(const Broker& broker, const std::string& root = {});

  /// A fresh state where there is no file, one that can't be understood, or one of another tunnel
  /// at a broker.
  BrokerState read(const Broker& broker) const;
  /// Of any tunnel.
  std::optional<BrokerState> read() const;
  /// An Error if it can't be kept: then the broker must not be called.
  void write(const BrokerState& state) const;

 private:
  BrokerFile(const std::string& root, const std::string& name);

  std::string directory_, path_;
};

}  // namespace situp
