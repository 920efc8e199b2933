// SPDX-License-Identifier: GPL-2.0-or-later
// /etc/situp/situp.conf; situp.conf(5).
#pragma once
#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "base/error.h"
#include "model/address.h"
#include "model/ask/endpoint.h"
#include "model/broker/broker.h"
#include "model/tunnel/next_hop.h"

namespace situp {

/// Where a broker is told of a new address, or asked for what it has written down.
struct BrokerService {
  UpdateUrl url;
  std::string ca_file;  // empty: the system's CA certificates
  bool operator==(const BrokerService&) const = default;
};

/// What the administrator decided for the whole host.
struct Config {
  // [metadata]
  HttpEndpoint endpoint = HttpEndpoint::ec2();  // endpoint = http://169.254.169.254
  Imds imds = Imds::automatic;                  // imds = auto | v2
  std::chrono::seconds timeout{
      3};  // timeout = 0…300: how long a command by hand waits for a source
  std::chrono::seconds boot_wait{
      30};  // boot-wait = 0…300: the same under `ifup -a`, spent once a boot

  /// [broker NAME], and `he`, which needs none.
  struct BrokerKeys {
    std::optional<UpdateUrl> url;     // url = https://…
    std::optional<UpdateUrl> record;  // record = https://…
    std::string ca_file;              // ca-file = /…
  };
  std::map<BrokerName, BrokerKeys> brokers;
  /// An Error (Exit::configuration) for one that nobody knows.
  BrokerService broker(const BrokerName& name) const;
  /// The same of where its records of tunnels are.
  BrokerService broker_record(const BrokerName& name) const;

  // [tunnel]
  NextHopSettings next_hop;  // next-hop, next-hop-mark, next-hop-table, next-hop-preference

  // [doctor]
  /// A host of the IPv6 Internet that doctor asks (beyond = ADDRESS): one of Hurricane Electric's
  /// name servers, which is there for everybody (ordns.he.net).
  Ipv6 beyond = *Ipv6::parse("2001:470:20::2");

  enum class Missing { is_fine, is_an_error };
  static constexpr const char* default_path = SITUP_SYSCONFDIR "/situp/situp.conf";

  /// Reads the file. An unknown section or key, a key given twice, a bad value or a line that is
  /// neither: an Error (Exit::configuration) whose subject is "FILE:LINE". A missing file gives the
  /// defaults, or an Error if it was named by the user; one that can't be read is always an Error.
  static Config read(const std::string& path, Missing missing);
};

}  // namespace situp
