// SPDX-License-Identifier: GPL-2.0-or-later
// /etc/situp/situp.conf; situp.conf(5).
#pragma once
#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "base/error.h"
#include "model/address.h"
#include "model/ask/service_url.h"
#include "model/ask/services.h"
#include "model/broker/answer_texts.h"
#include "model/broker/broker.h"
#include "model/broker/protocols.h"
#include "model/tunnel/next_hop.h"

namespace situp {

/// A broker's URL: to tell it a new address, or to ask for its tunnel info.
struct BrokerService {
  const BrokerProtocol* protocol = nullptr;
  UpdateUrl url;
  std::string ca_file;     // empty: the system's CA certificates
  AnswerTexts texts = {};  // if the protocol has a template
  bool operator==(const BrokerService&) const = default;
  /// Whether a call can't be made without the public address.
  bool needs_address() const { return protocol->has_template() && url.has("{address}"); }
};

/// The administrator's settings for the whole host.
struct Config {
  // [metadata]
  std::optional<ServiceUrl> service_url;  // endpoint = http://…; empty: the service's own
  Imds imds = Imds::automatic;            // imds = auto | v2
  std::chrono::seconds timeout{
      3};  // timeout = 0…300: how long a command by hand waits for a source
  std::chrono::seconds boot_wait{
      30};  // boot-wait = 0…300: the same under `ifup -a`, spent once a boot
  ServiceUrl url_of(const Service& service) const;

  /// [broker NAME]; `he` needs no section.
  struct BrokerKeys {
    std::optional<UpdateUrl> url;              // url = https://…, plain or a template
    bool url_is_plain = false;                 // dyndns2 can take it
    AnswerTexts texts;                         // done, refused, later = TEXT, TEXT…
    std::optional<UpdateUrl> tunnel_info_url;  // record = https://…
    std::string ca_file;                       // ca-file = /…
  };
  std::map<BrokerName, BrokerKeys> brokers;
  /// Throws an Error (Exit::configuration) for an unknown broker.
  BrokerService broker(const BrokerName& name) const;
  /// The same for the URL of its tunnel info.
  BrokerService tunnel_info_service(const BrokerName& name) const;
  /// Whether it has such a URL.
  bool has_tunnel_info(const BrokerName& name) const;

  // [tunnel]
  NextHopSettings next_hop;  // next-hop, next-hop-mark, next-hop-table, next-hop-preference

  // [doctor]
  /// The host of the IPv6 Internet that doctor pings (beyond = ADDRESS): a public name server of
  /// Hurricane Electric (ordns.he.net).
  Ipv6 beyond = *Ipv6::parse("2001:470:20::2");

  enum class Missing { is_fine, is_an_error };
  static constexpr const char* default_path = SITUP_SYSCONFDIR "/situp/situp.conf";

  /// Reads the file. An unknown section or key, a key given twice, a bad value or a line that is
  /// neither is an Error (Exit::configuration) with the subject "FILE:LINE". A missing file gives
  /// the defaults, or an Error if the user named it; an unreadable file is always an Error.
  static Config read(const std::string& path, Missing missing);
  /// The file that --config names; if it is empty, default_path, which may be missing.
  static Config read_named(const std::string& path);
};

}  // namespace situp
