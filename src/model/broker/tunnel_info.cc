// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/broker/tunnel_info.h"

#include <array>

#include <algorithm>

#include "model/broker/answer.h"

namespace situp {
namespace {

/// In the order of the line.
constexpr std::array<std::string_view, 6> names{"serverv4", "clientv4", "serverv6",
                                                "clientv6", "routed64", "routed48"};
constexpr std::string_view none = "-";

/// Brokers give global unicast addresses: 2000::/3 (RFC 4291 §2.4).
bool is_global(const Ipv6& address) {
  return address.bytes[0] >> 5 == 1;
}

std::optional<Ipv4> server(std::string_view value) {
  const auto address = Ipv4::parse(value);
  if (!address || address->is_unusable_as_endpoint()) return std::nullopt;
  return address;
}

std::optional<Ipv6Net> inside(std::string_view value) {
  auto net = Ipv6Net::parse(value);
  if (!net)
    if (const auto bare = Ipv6::parse(value)) net = Ipv6Net{*bare, 64};
  if (!net || !is_global(net->address) || net->length < 64 || net->length > 127)
    return std::nullopt;
  return net;
}

template <std::uint8_t Length>
std::optional<Ipv6Net> routed(std::string_view value) {
  const auto net = Ipv6Net::parse(value);
  if (!net || !is_global(net->address) || net->length != Length || net->has_host_bits())
    return std::nullopt;
  return net;
}

/// False where there is one already.
template <typename Value>
bool set_once(std::optional<Value>& field, std::optional<Value> value) {
  if (field || !value) return false;
  field = value;
  return true;
}

std::string in_credentials(const Broker& broker) {
  return "[" + broker.name.str() + "] in " SITUP_SYSCONFDIR "/situp/credentials";
}

constexpr const char* if_it_stays = ": try again later; if it stays so, see record in situp.conf";

}  // namespace

bool TunnelInfoFields::knows(std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool TunnelInfoFields::take(std::string_view name, std::string_view value) {
  if (name == "serverv4") return set_once(server_, server(value));
  if (name == "clientv4") return set_once(client_, Ipv4::parse(value));
  if (name == "serverv6") return set_once(server_inside_, inside(value));
  if (name == "clientv6") return set_once(client_inside_, inside(value));
  if (name == "routed64") return set_once(routed64_, routed<64>(value));
  if (name == "routed48") return set_once(routed48_, routed<48>(value));
  return false;
}

std::optional<TunnelInfo> TunnelInfoFields::info() const {
  if (!server_ || !client_ || !server_inside_ || !client_inside_ || !routed64_) return std::nullopt;
  const bool two_ends = server_inside_->length == client_inside_->length &&
                        server_inside_->address != client_inside_->address &&
                        client_inside_->contains(server_inside_->address);
  // The tunnel's own prefix is at least as long, and so it's either all in there or not at all.
  if (!two_ends || routed64_->contains(client_inside_->address)) return std::nullopt;
  return TunnelInfo{*server_, *client_, *server_inside_, *client_inside_, *routed64_, routed48_};
}

std::string write_tunnel_info_answer(const TunnelInfoAnswer& answer) {
  if (const auto* failure = std::get_if<FailureAnswer>(&answer)) return write_answer(*failure);
  if (const auto* sentence = std::get_if<BrokerSentence>(&answer)) return write_sentence(*sentence);
  const auto& info = std::get<TunnelInfo>(answer);
  return "record " + info.server.str() + ' ' + info.client.str() + ' ' + info.server_inside.str() +
         ' ' + info.client_inside.str() + ' ' + info.routed64.str() + ' ' +
         (info.routed48 ? info.routed48->str() : std::string(none)) + '\n';
}

std::optional<TunnelInfoAnswer> read_tunnel_info_answer(std::string_view line) {
  constexpr std::string_view kind = "record ";
  if (const auto sentence = read_sentence(line); sentence && !sentence->meaning) return *sentence;
  if (!line.starts_with(kind)) return read_failure(line);
  TunnelInfoFields fields;
  auto rest = line.substr(kind.size());
  for (const auto name : names) {
    const auto end = rest.find_first_of(" \n");
    if (end == std::string_view::npos) return std::nullopt;
    const auto word = rest.substr(0, end);
    if (!(name == "routed48" && word == none) && !fields.take(name, word)) return std::nullopt;
    rest.remove_prefix(end + 1);
  }
  const auto info = fields.info();
  // Accepts only one of two possible spellings.
  if (!info || write_tunnel_info_answer(*info) != line) return std::nullopt;
  return *info;
}

namespace {

std::string see_whether_it_is_yours(const Broker& broker) {
  return "see whether tunnel " + broker.tunnel.str() + " is yours, and user and key in " +
         in_credentials(broker) + " are right";
}

}  // namespace

Error tunnel_info_error(const BrokerSentence& sentence, const Broker& broker) {
  return {Exit::no_answer, "broker " + broker.name.str(),
          "the broker answered in words and not with a record (\"" + sentence.text +
              "\"): " + see_whether_it_is_yours(broker)};
}

Error tunnel_info_error(const FailureAnswer& failure, const Broker& broker) {
  const std::string what = "broker " + broker.name.str();
  const std::string tunnel = "tunnel " + broker.tunnel.str();
  const auto wrong = [&](const std::string& why) { return Error(Exit::configuration, what, why); };
  const auto no_answer = [&](const std::string& why) { return Error(Exit::no_answer, what, why); };
  switch (failure.failure) {
    case Failure::bad_status:
      if (failure.number == 401 || failure.number == 403)
        return wrong("the broker refuses user or update key (HTTP status " +
                     std::to_string(failure.number) + "): correct " + in_credentials(broker));
      return no_answer("the broker answered with HTTP status " + std::to_string(failure.number) +
                       if_it_stays);
    case Failure::no_such_key:
      return wrong("the broker has no " + tunnel + " of this user: correct the number");
    case Failure::no_tunnel_info:
      return no_answer("the broker answered in words and not with a record: " +
                       see_whether_it_is_yours(broker));
    case Failure::several:
      return no_answer("the broker answered with " + std::to_string(failure.number) +
                       " tunnels where " + tunnel + " was asked for" + if_it_stays);
    case Failure::bad_body:
      return no_answer("the broker's answer is no valid record of " + tunnel +
                       ", so situp ignores it" + if_it_stays);
    case Failure::untrusted:
      return no_answer(
          "the broker's certificate is not good, so nothing was asked: see this host's clock and "
          "its CA certificates, and whether something stands between");
    case Failure::protocol:
      return no_answer("the broker does not speak HTTPS: see record in situp.conf");
    default:
      return no_answer(broker_answer_text(failure, broker, std::nullopt));
  }
}

}  // namespace situp
