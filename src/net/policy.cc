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
Action retry(Failure failure, unsigned number = 0) {
  return {Next::retry, {failure, number}};
}

/// What means the same at both steps.
Action after_either(const Reply& reply, Failure timeout) {
  switch (reply.kind) {
    case Reply::Kind::no_connection:
      return retry(Failure::unreachable, reply.number);
    case Reply::Kind::no_such_host:
      return retry(Failure::name_unknown);
    case Reply::Kind::connect_timeout:
      return retry(Failure::connect_timeout);
    case Reply::Kind::timeout:
      return fail(timeout);
    case Reply::Kind::too_large:
      return fail(Failure::too_large);
    case Reply::Kind::untrusted:
    case Reply::Kind::no_ca_file:
    case Reply::Kind::not_http:
      return fail(Failure::protocol);
    case Reply::Kind::status:
      break;
  }
  switch (reply.number) {
    case 200:
      return {Next::accept};
    case 403:
      return fail(Failure::service_off, reply.number);
    case 503:
      return retry(Failure::unavailable, reply.number);
    default:
      return fail(Failure::bad_status, reply.number);
  }
}

bool is_status(const Reply& reply, unsigned number) {
  return reply.kind == Reply::Kind::status && reply.number == number;
}

}  // namespace

Action after_token(const Talk& talk, const Reply& reply) {
  // The only two answers that mean "there are no tokens here". Anything else that let us go on
  // without one would let whoever can disturb the service choose its weaker version.
  if (is_status(reply, 404) || is_status(reply, 405)) {
    if (talk.imds == Imds::v2) return fail(Failure::v1_refused, reply.number);
    // A service that gave a token a moment ago does have them.
    if (talk.renewed) return fail(Failure::token_refused, reply.number);
    return {Next::use_v1};
  }
  return after_either(reply, Failure::token_timeout);
}

Action after_value(const Talk& talk, const Reply& reply) {
  if (is_status(reply, 404)) return fail(Failure::no_such_key, reply.number);
  if (is_status(reply, 401) && talk.has_token) {
    if (talk.renewed) return fail(Failure::token_refused, reply.number);
    return {Next::renew_token};
  }
  return after_either(reply, Failure::value_timeout);
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

Answer read_address_body(std::string_view body) {
  if (body.empty() || body == "\n" || body == "None" || body == "None\n")
    return FailureAnswer{Failure::no_such_key};
  std::vector<Ipv4> addresses;
  while (!body.empty()) {
    const auto address = Ipv4::parse(take_until(body, '\n'));
    if (!address || address->is_unusable_as_endpoint()) return FailureAnswer{Failure::bad_body};
    addresses.push_back(*address);
  }
  return addresses;
}

Answer read_one_address_body(std::string_view body) {
  auto answer = read_address_body(body);
  if (const auto* addresses = std::get_if<std::vector<Ipv4>>(&answer);
      addresses != nullptr && addresses->size() > 1)
    return FailureAnswer{Failure::several, static_cast<unsigned>(addresses->size())};
  return answer;
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
