// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconcile/broker_call.h"

#include "reconcile/asker.h"

namespace situp {

namespace {

Command call(const Question& question, const Login& login) {
  Command command = command_for(question, call_time);
  command.input = login.lines();
  return command;
}

}  // namespace

Command broker_command(const BrokerService& service, const BrokerSubject& subject,
                       const Login& login) {
  return call(UpdateQuestion{{service.protocol, service.url, service.ca_file, subject.local,
                              subject.broker.tunnel},
                             subject.public_address,
                             service.texts},
              login);
}

std::optional<Error> missing_address(const BrokerService& service, const BrokerSubject& subject) {
  if (!service.needs_address() || subject.public_address) return std::nullopt;
  return Error(Exit::no_answer, "broker " + subject.broker.name.str(),
               std::string(names_address) +
                   "the local address has to be public, or v4tunnel-local has to name a cloud that "
                   "says the public one");
}

Command tunnel_info_command(const BrokerService& service, const TunnelId& tunnel,
                            const Login& login, std::optional<Ipv4> local) {
  return call(TunnelInfoQuestion{{service.protocol, service.url, service.ca_file, local, tunnel}},
              login);
}

TunnelInfoAnswer tunnel_info_in(const Outcome& outcome) {
  const auto answer = read_tunnel_info_answer(outcome.output);
  if (answer && outcome.ended_by_itself()) return *answer;
  return without_answer(outcome);
}

BrokerAnswer broker_answer_in(const Outcome& outcome) {
  const auto answer = read_broker_answer(outcome.output);
  if (answer && outcome.ended_by_itself()) return *answer;
  return without_answer(outcome);
}

TunnelInfo ask_for_tunnel_info(const Config& config, const Broker& broker) {
  const BrokerService service = config.tunnel_info_service(broker.name);
  const Credentials credentials = read_credentials(broker, service.url);
  const TunnelInfoAnswer answer = tunnel_info_in(
      run_unprivileged(tunnel_info_command(service, broker.tunnel, credentials.login),
                       Deadline::in(call_time + grace)));
  if (const auto* failure = std::get_if<FailureAnswer>(&answer))
    throw tunnel_info_error(*failure, broker);
  if (const auto* sentence = std::get_if<BrokerSentence>(&answer))
    throw tunnel_info_error(*sentence, broker);
  return std::get<TunnelInfo>(answer);
}

std::string version_of(const BrokerService& service, const Credentials& credentials) {
  std::string version = service.url.str() + ' ' + credentials.version;
  if (!service.ca_file.empty()) version += ' ' + service.ca_file;
  for (const auto* texts : {&service.texts.done, &service.texts.refused, &service.texts.later})
    if (service.protocol->has_template()) version += " [" + texts->str() + ']';
  return version;
}

}  // namespace situp
