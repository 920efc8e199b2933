// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/broker.h"

#include "base/text.h"
#include "net/tunnel_info_xml.h"

namespace situp {
namespace {

HttpClient client_of(const BrokerQuestion& question, const Login& login, Deadline deadline) {
  return {question.url.str(), {question.ca_file, question.local}, &login, deadline.left()};
}

BrokerAnswer tell_by_template(const UpdateQuestion& question, const Login& login,
                              Deadline deadline) {
  const BrokerQuestion& broker = question.broker;
  // The key goes out once.
  HttpClient client(broker.url.filled(broker.tunnel, question.address, login),
                    {broker.ca_file, broker.local}, broker.url.has("{key}") ? nullptr : &login,
                    deadline.left());
  const auto reply = client.request(HttpClient::Method::get, "", {}, deadline);
  if (const auto* failure = std::get_if<FailureAnswer>(&reply)) return *failure;
  return read_broker_text(question.texts, std::get<HttpStatus>(reply).number, client.body(),
                          login.key());
}

}  // namespace

BrokerAnswer tell_broker(const UpdateQuestion& question, const Login& login, Deadline deadline) {
  if (question.broker.protocol->has_template()) return tell_by_template(question, login, deadline);
  HttpClient client = client_of(question.broker, login, deadline);
  const BrokerProtocol& protocol = *question.broker.protocol;
  std::string query = replaced(protocol.update_query, "{tunnel}", question.broker.tunnel.str());
  if (question.address)
    query += replaced(protocol.address_query, "{address}", question.address->str());
  const auto reply = client.request(HttpClient::Method::get, query, {}, deadline);
  if (const auto* failure = std::get_if<FailureAnswer>(&reply)) return *failure;
  return read_broker_body(protocol, std::get<HttpStatus>(reply).number, client.body(), login.key());
}

TunnelInfoAnswer ask_for_tunnel_info(const TunnelInfoQuestion& question, const Login& login,
                                     Deadline deadline) {
  HttpClient client = client_of(question.broker, login, deadline);
  const auto query = replaced(question.broker.protocol->tunnel_info_query, "{tunnel}",
                              question.broker.tunnel.str());
  const auto reply = client.request(HttpClient::Method::get, query, {}, deadline);
  if (const auto* failure = std::get_if<FailureAnswer>(&reply)) return *failure;
  const unsigned status = std::get<HttpStatus>(reply).number;
  if (status != 200) return FailureAnswer{Failure::bad_status, status};
  const TunnelInfoAnswer answer = read_tunnel_info_xml(client.body(), question.broker.tunnel);
  const auto* failure = std::get_if<FailureAnswer>(&answer);
  if (failure != nullptr && failure->failure == Failure::no_tunnel_info)
    if (const auto sentence = sentence_in(status, client.body(), login.key())) return *sentence;
  return answer;
}

}  // namespace situp
