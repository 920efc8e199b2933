// SPDX-License-Identifier: GPL-2.0-or-later
// The protocols of tunnel brokers: a row each.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "model/broker/broker.h"

namespace situp {

/// The answers of a broker to an update, in the words of dyndns2.
enum class BrokerWord {
  good,
  nochg,
  badauth,
  nohost,
  badip,
  notfqdn,
  not_donator,  // "!donator"
  abuse,
  dnserr,
  broken,  // "911"
};

/// A broker's own word for one of these.
struct ProtocolWord {
  std::string_view text;
  BrokerWord word = BrokerWord::broken;
};

/// When the broker may be called again, in seconds.
struct CallRules {
  std::int64_t between_calls = 300;       // in any case
  std::int64_t longest_pause = 6 * 3600;  // after many failures in a row
  std::int64_t shortest_pause = 10;       // between attempts that didn't get as far as a call
  /// Between two tunnels of this host. Hurricane Electric has answered three calls within a minute
  /// with `abuse`.
  std::int64_t between_tunnels = 30;
  /// Two hosts that take one tunnel from each other do so every five to ten minutes: so often
  /// within this time, and this one stops.
  unsigned most_retaken = 2;
  std::int64_t fight_memory = 3600;
};

struct BrokerProtocol {
  std::string_view name;
  std::string_view broker;                // that stanzas may name without a section in situp.conf
  std::string_view url;                   // of its updates; HTTPS with user and key in the header
  std::string_view tunnel_info_url{};     // of its tunnel info; empty: it has none
  std::string_view update_query{};        // behind the URL; names {tunnel}; empty: see has_template
  std::string_view address_query{};       // behind that, if the {address} is known
  std::string_view tunnel_info_query{};   // behind that URL; the answer is tunnel_info_xml.h's
  std::span<const ProtocolWord> words{};  // of its answers; none: those of dyndns2
  std::string_view done{};                // the TextList of its answers, if it has a template
  CallRules rules{};

  /// The URL is whole, with placeholders, and texts tell the meaning of an answer.
  bool has_template() const { return update_query.empty(); }
};

/// The first one is that of each [broker NAME] of situp.conf that isn't a row's `broker`.
std::span<const BrokerProtocol> protocols();
/// That of each section of situp.conf that has a template.
const BrokerProtocol& template_protocol();
/// A null pointer for an unknown name.
const BrokerProtocol* protocol_named(std::string_view name);
/// The row with this broker, or a null pointer.
const BrokerProtocol* protocol_with(const BrokerName& broker);
/// How this broker is talked to.
const BrokerProtocol& protocol_of(const BrokerName& broker);

}  // namespace situp
