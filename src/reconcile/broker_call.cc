// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconcile/broker_call.h"

#include <algorithm>

namespace situp {
namespace {

constexpr const char* helper = SITUP_LIBEXECDIR "/situp-net";

std::string milliseconds(std::chrono::milliseconds time) {
  return std::to_string(time.count());
}

bool is_metadata(const Source& source) {
  return std::holds_alternative<FromEc2>(source) ||
         std::holds_alternative<FromEc2Interface>(source) ||
         std::holds_alternative<FromEc2Public>(source);
}

}  // namespace

std::optional<Ipv4> known_public_address(std::optional<Ipv4> local) {
  return local && !is_behind_nat(*local) ? local : std::nullopt;
}

bool metadata_knows_public_address(const TunnelSpec& spec, std::optional<Ipv4> local) {
  return local && is_behind_nat(*local) &&
         std::any_of(spec.local.begin(), spec.local.end(), is_metadata);
}

Command public_address_command(const Config& config, Ipv4 local, std::chrono::milliseconds wait) {
  return {helper,
          {"metadata", "--wait", milliseconds(wait), "--endpoint", config.endpoint.str(), "--imds",
           config.imds == Imds::v2 ? "v2" : "auto", "public-of", local.str()}};
}

Command broker_command(const BrokerService& service, const BrokerSubject& subject,
                       const Login& login) {
  Command command{helper,
                  {"broker", "--wait", milliseconds(call_time), "--url", service.url.str()}};
  const auto add = [&command](const char* option, const std::string& value) {
    command.arguments.emplace_back(option);
    command.arguments.push_back(value);
  };
  if (!service.ca_file.empty()) add("--ca-file", service.ca_file);
  if (subject.local) add("--local", subject.local->str());
  if (subject.public_address) add("--myip", subject.public_address->str());
  command.arguments.push_back(subject.broker.tunnel.str());
  command.input = login.lines();
  return command;
}

std::string version_of(const BrokerService& service, const Credentials& credentials) {
  return service.url.str() + ' ' + credentials.version +
         (service.ca_file.empty() ? "" : ' ' + service.ca_file);
}

}  // namespace situp
