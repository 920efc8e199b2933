// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconcile/broker_call.h"

#include "reconcile/resolve.h"

namespace situp {
std::optional<Ipv4> known_public_address(std::optional<Ipv4> local) {
  return local && !local->is_private() ? local : std::nullopt;
}

const Service* service_for_public_address(const TunnelSpec& spec, std::optional<Ipv4> local,
                                          const Dmi& dmi) {
  if (!local || !local->is_private()) return nullptr;
  for (const Source& source : spec.local)
    if (const Service* service = service_of(source, dmi))
      return service->says_public_of_private() ? service : nullptr;
  return nullptr;
}

MetadataQuestion public_address_question(const Config& config, const Service& service, Ipv4 local) {
  return {&service, config.url_of(service), config.imds, PublicAddress{local}};
}

std::optional<Answer> public_address_in(const Outcome& outcome) {
  return outcome.ended_by_itself() ? read_answer(outcome.output) : std::nullopt;
}

std::optional<Answer> ask_public_address(const Config& config, const Service& service, Ipv4 local) {
  const auto wait = std::chrono::milliseconds(config.timeout);
  return public_address_in(
      run_unprivileged(command_for(public_address_question(config, service, local), wait),
                       Deadline::in(wait + grace)));
}

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
                             subject.public_address},
              login);
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
  const Credentials credentials = read_credentials(broker);
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
  return service.url.str() + ' ' + credentials.version +
         (service.ca_file.empty() ? "" : ' ' + service.ca_file);
}

}  // namespace situp
