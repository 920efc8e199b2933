// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/broker.h"

#include "net/record_xml.h"

namespace situp {
namespace {

/// Nothing for a whole answer.
std::optional<FailureAnswer> failure_of(const Reply& reply) {
  switch (reply.kind) {
    case Reply::Kind::no_connection:
      return FailureAnswer{Failure::unreachable, reply.number};
    case Reply::Kind::no_such_host:
      return FailureAnswer{Failure::name_unknown};
    case Reply::Kind::connect_timeout:
      return FailureAnswer{Failure::connect_timeout};
    case Reply::Kind::timeout:
      return FailureAnswer{Failure::value_timeout};
    case Reply::Kind::too_large:
      return FailureAnswer{Failure::too_large};
    case Reply::Kind::untrusted:
      return FailureAnswer{Failure::untrusted};
    case Reply::Kind::no_ca_file:
      return FailureAnswer{Failure::no_ca_file};
    case Reply::Kind::not_http:
      return FailureAnswer{Failure::protocol};
    case Reply::Kind::status:
      break;
  }
  return std::nullopt;
}

}  // namespace

BrokerAnswer broker_answer(const Reply& reply, std::string_view body) {
  if (const auto failure = failure_of(reply)) return *failure;
  return read_broker_body(reply.number, body);
}

BrokerAnswer tell_broker(const Update& update, const Login& login, Deadline deadline) {
  HttpClient client(update.url, update.https, login, deadline.left());
  std::string query = "?hostname=" + update.tunnel.str();
  if (update.address) query += "&myip=" + update.address->str();
  const auto reply = client.request(HttpClient::Method::get, query, {}, deadline);
  return broker_answer(reply, client.body());
}

RecordAnswer ask_for_record(const RecordQuery& query, const Login& login, Deadline deadline) {
  HttpClient client(query.url, query.https, login, deadline.left());
  const auto reply =
      client.request(HttpClient::Method::get, "?tid=" + query.tunnel.str(), {}, deadline);
  if (const auto failure = failure_of(reply)) return *failure;
  if (reply.number != 200) return FailureAnswer{Failure::bad_status, reply.number};
  return read_record_xml(client.body(), query.tunnel);
}

}  // namespace situp
