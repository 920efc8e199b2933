// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/policy.h"

#include <algorithm>

#include "base/text.h"

namespace situp {
namespace {

using Next = Action::Kind;

Action fail(Failure failure, unsigned number = 0) {
  return {Next::fail, {failure, number}};
}

/// The actions that are the same at both steps.
Action after_either(const Talk& talk, const Reply& reply) {
  if (const auto* none = std::get_if<FailureAnswer>(&reply)) {
    const bool again =
        none->failure == Failure::unreachable || none->failure == Failure::name_unknown ||
        none->failure == Failure::name_timeout || none->failure == Failure::connect_timeout;
    return {again ? Next::retry : Next::fail, *none};
  }
  const unsigned status = std::get<HttpStatus>(reply).number;
  if (status == 200) return {Next::accept};
  for (const ServiceStatus& row : talk.service->statuses)
    if (row.status == status) return {row.passes ? Next::retry : Next::fail, {row.failure, status}};
  return fail(Failure::bad_status, status);
}

/// 0 for a reply without one.
unsigned status_of(const Reply& reply) {
  const auto* status = std::get_if<HttpStatus>(&reply);
  return status == nullptr ? 0 : status->number;
}

}  // namespace

Action after_token(const Talk& talk, const Reply& reply) {
  // The only answers that mean "there are no tokens here". If others let situp-net go on without a
  // token, an attacker who disturbs the service could choose its weaker version.
  const auto& without = talk.service->token.without;
  const unsigned status = status_of(reply);
  if (status != 0 && std::find(without.begin(), without.end(), status) != without.end()) {
    if (talk.imds == Imds::v2) return fail(Failure::v1_refused, status);
    // A service that gave a token a moment ago does have them.
    if (talk.renewed) return fail(Failure::token_refused, status);
    return {Next::use_v1};
  }
  const Action action = after_either(talk, reply);
  return action.failure.failure == Failure::value_timeout ? fail(Failure::token_timeout) : action;
}

Action after_value(const Talk& talk, const Reply& reply) {
  if (status_of(reply) == 401 && talk.has_token) {
    if (talk.renewed) return fail(Failure::token_refused, 401);
    return {Next::renew_token};
  }
  return after_either(talk, reply);
}

std::chrono::milliseconds backoff(unsigned tries, std::uint32_t random) {
  constexpr std::uint32_t first = 100;
  constexpr std::uint32_t most = 3000;
  const std::uint32_t ceiling = std::min(most, first << std::min(tries - 1, 5U));
  return std::chrono::milliseconds(random % (ceiling + 1));
}

bool is_token(std::string_view body) {
  return !body.empty() && body.size() <= 1024 &&
         std::all_of(body.begin(), body.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

Answer read_address_body(std::string_view body, Form form) {
  if (body.empty() || body == "\n" || body == "None" || body == "None\n")
    return FailureAnswer{Failure::no_such_key};
  std::vector<Ipv4> addresses;
  while (!body.empty()) {
    const auto address = Ipv4::parse(take_until(body, '\n'));
    if (!address || address->is_unusable_as_endpoint()) return FailureAnswer{Failure::bad_body};
    addresses.push_back(*address);
  }
  if (form == Form::one && addresses.size() > 1)
    return FailureAnswer{Failure::several, static_cast<unsigned>(addresses.size())};
  if (form == Form::first) addresses.resize(1);
  return addresses;
}

std::optional<std::vector<Mac>> read_mac_list(std::string_view body) {
  // No instance has more; and each costs a request to a service that is throttled.
  constexpr std::size_t most_interfaces = 64;
  std::vector<Mac> macs;
  while (!body.empty()) {
    auto line = take_until(body, '\n');
    if (line.ends_with('/')) line.remove_suffix(1);
    const auto mac = Mac::parse(line);
    if (!mac || macs.size() == most_interfaces) return std::nullopt;
    macs.push_back(*mac);
  }
  return macs;
}

}  // namespace situp
