// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/broker/protocols.h"

#include <algorithm>
#include <array>

namespace situp {
namespace {

constexpr std::array rows{
    // Hurricane Electric's, over IPv4, so that the broker sees the IPv4 address behind the tunnel.
    BrokerProtocol{.name = "dyndns2",
                   .broker = "he",
                   .url = "https://ipv4.tunnelbroker.net/nic/update",
                   .tunnel_info_url = "https://tunnelbroker.net/tunnelInfo.php",
                   .update_query = "?hostname={tunnel}",
                   .address_query = "&myip={address}",
                   .tunnel_info_query = "?tid={tunnel}"},
    // NetAssist's, as its web site (Dynamic IP) and inadyn's plugin have it: it names no tunnel.
    BrokerProtocol{.name = "template",
                   .broker = "netassist",
                   .url = "https://tb.netassist.ua/autochangeip.php?l={user}&p={key}&ip={address}",
                   .done = "OK!, already registered"},
};

const BrokerProtocol* row_where(std::string_view BrokerProtocol::*field, std::string_view text) {
  const auto* const found = std::find_if(
      rows.begin(), rows.end(), [&](const BrokerProtocol& row) { return row.*field == text; });
  return found == rows.end() ? nullptr : found;
}

}  // namespace

std::span<const BrokerProtocol> protocols() {
  return rows;
}

const BrokerProtocol& template_protocol() {
  return *std::find_if(rows.begin(), rows.end(),
                       [](const BrokerProtocol& row) { return row.has_template(); });
}

const BrokerProtocol* protocol_named(std::string_view name) {
  return row_where(&BrokerProtocol::name, name);
}

const BrokerProtocol* protocol_with(const BrokerName& broker) {
  return row_where(&BrokerProtocol::broker, broker.str());
}

const BrokerProtocol& protocol_of(const BrokerName& broker) {
  const BrokerProtocol* row = protocol_with(broker);
  return row == nullptr ? rows.front() : *row;
}

}  // namespace situp
