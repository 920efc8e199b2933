// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconcile/broker_call.h"

#include <algorithm>

#include "reconcile/resolve.h"

namespace situp {
namespace {

constexpr const char* helper = SITUP_LIBEXECDIR "/situp-net";

std::string milliseconds(std::chrono::milliseconds time) {
  return std::to_string(time.count());
}

}  // namespace

std::optional<Ipv4> known_public_address(std::optional<Ipv4> local) {
  return local && !local->is_private() ? local : std::nullopt;
}

bool metadata_knows_public_address(const TunnelSpec& spec, std::optional<Ipv4> local) {
  return local && local->is_private() &&
         std::any_of(spec.local.begin(), spec.local.end(), is_metadata);
}

Command public_address_command(const Config& config, Ipv4 local, std::chrono::milliseconds wait) {
  return {helper,
          {"metadata", "--wait", milliseconds(wait), "--endpoint", config.endpoint.str(), "--imds",
           config.imds == Imds::v2 ? "v2" : "auto", "public-of", local.str()}};
}

namespace {

/// What both calls to a broker have in common; the tunnel is still to come.
Command call(const char* verb, const BrokerService& service, const Login& login,
             std::optional<Ipv4> local) {
  Command command{helper, {verb, "--wait", milliseconds(call_time), "--url", service.url.str()}};
  if (!service.ca_file.empty())
    command.arguments.insert(command.arguments.end(), {"--ca-file", service.ca_file});
  if (local) command.arguments.insert(command.arguments.end(), {"--local", local->str()});
  command.input = login.lines();
  return command;
}

}  // namespace

std::optional<Answer> public_address_in(const Outcome& outcome) {
  return outcome.ended_by_itself() ? read_answer(outcome.output) : std::nullopt;
}

std::optional<Answer> ask_public_address(const Config& config, Ipv4 local) {
  const auto wait = std::chrono::milliseconds(config.timeout);
  return public_address_in(run_unprivileged(public_address_command(config, local, wait),
                                            Deadline::in(wait + std::chrono::seconds(5))));
}

Command broker_command(const BrokerService& service, const BrokerSubject& subject,
                       const Login& login) {
  Command command = call("broker", service, login, subject.local);
  if (subject.public_address)
    command.arguments.insert(command.arguments.end(), {"--myip", subject.public_address->str()});
  command.arguments.push_back(subject.broker.tunnel.str());
  return command;
}

Command record_command(const BrokerService& service, const TunnelId& tunnel, const Login& login,
                       std::optional<Ipv4> local) {
  Command command = call("record", service, login, local);
  command.arguments.push_back(tunnel.str());
  return command;
}

RecordAnswer record_answer_in(const Outcome& outcome) {
  const auto answer = read_record_answer(outcome.output);
  if (answer && outcome.ended_by_itself()) return *answer;
  return without_answer(outcome);
}

BrokerAnswer broker_answer_in(const Outcome& outcome) {
  const auto answer = read_broker_answer(outcome.output);
  if (answer && outcome.ended_by_itself()) return *answer;
  return without_answer(outcome);
}

BrokerRecord ask_for_record(const Config& config, const Broker& broker) {
  const BrokerService service = config.broker_record(broker.name);
  const Credentials credentials = read_credentials(broker);
  const RecordAnswer answer =
      record_answer_in(run_unprivileged(record_command(service, broker.tunnel, credentials.login),
                                        Deadline::in(call_time + std::chrono::seconds(5))));
  if (const auto* failure = std::get_if<FailureAnswer>(&answer))
    throw record_error(*failure, broker);
  return std::get<BrokerRecord>(answer);
}

std::string version_of(const BrokerService& service, const Credentials& credentials) {
  return service.url.str() + ' ' + credentials.version +
         (service.ca_file.empty() ? "" : ' ' + service.ca_file);
}

}  // namespace situp
