// SPDX-License-Identifier: GPL-2.0-or-later
// A broker's tunnel info (Hurricane Electric's tunnelInfo.php: serverv4, clientv4, …), and the one
// line in which situp-net hands it to situp.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.h"
#include "model/address.h"
#include "model/ask/answer.h"
#include "model/broker/answer.h"
#include "model/broker/broker.h"

namespace situp {

struct TunnelInfo {
  Ipv4 server, client;  // the tunnel's outer ends; `client` is where the broker believes us to be
  Ipv6Net server_inside, client_inside;  // its inner ends, in one prefix of 64 to 127 bits
  Ipv6Net routed64;                      // for the LAN, and none of the tunnel's own
  std::optional<Ipv6Net> routed48;       // only where one was asked for
  bool operator==(const TunnelInfo&) const = default;
};

/// A sentence: the broker answered in words and not with a record.
using TunnelInfoAnswer = std::variant<TunnelInfo, BrokerSentence, FailureAnswer>;

/// The fields of tunnel info, each under the broker's name for it, checked as they come.
class TunnelInfoFields {
 public:
  /// Whether tunnel info has such a field.
  static bool knows(std::string_view name);
  /// Longer than any value can be.
  static constexpr std::size_t most_value = 64;

  /// False for a value that isn't of the field's type, and for a field that is there twice.
  /// `serverv6` and `clientv6` may come without a length, and then lie in a /64.
  bool take(std::string_view name, std::string_view value);
  /// Empty if a field is missing, or if two of them contradict each other.
  std::optional<TunnelInfo> info() const;

 private:
  std::optional<Ipv4> server_, client_;
  std::optional<Ipv6Net> server_inside_, client_inside_, routed64_, routed48_;
};

/// "record SERVERV4 CLIENTV4 SERVERV6/LEN CLIENTV6/LEN ROUTED64 ROUTED48\n", with "-" for a
/// ROUTED48 that isn't there, "sentence STATUS TEXT\n", or "failure WORD NUMBER\n".
std::string write_tunnel_info_answer(const TunnelInfoAnswer& answer);
/// Reads exactly the text of write_tunnel_info_answer.
std::optional<TunnelInfoAnswer> read_tunnel_info_answer(std::string_view line);

/// One Error for the command that asked: the failure and the remedy.
Error tunnel_info_error(const FailureAnswer& failure, const Broker& broker);
Error tunnel_info_error(const BrokerSentence& sentence, const Broker& broker);

}  // namespace situp
