// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/ask/answer.h"

#include <array>
#include <limits>

#include "base/text.h"

namespace situp {
namespace {

constexpr std::size_t most_addresses = 64;

struct FailureWord {
  Failure failure;
  std::string_view word;
  bool passes_on;
};

constexpr std::array failure_words{
    FailureWord{Failure::unreachable, "unreachable", true},
    FailureWord{Failure::connect_timeout, "connect-timeout", true},
    FailureWord{Failure::token_timeout, "token-timeout", true},
    FailureWord{Failure::value_timeout, "value-timeout", true},
    FailureWord{Failure::unavailable, "unavailable", true},
    FailureWord{Failure::no_such_key, "no-such-key", true},
    FailureWord{Failure::name_unknown, "name-unknown", true},
    FailureWord{Failure::name_timeout, "name-timeout", true},
    FailureWord{Failure::service_off, "service-off", true},
    FailureWord{Failure::token_refused, "token-refused", false},
    FailureWord{Failure::v1_refused, "v1-refused", false},
    FailureWord{Failure::bad_token, "bad-token", false},
    FailureWord{Failure::bad_status, "bad-status", false},
    FailureWord{Failure::bad_body, "bad-body", false},
    FailureWord{Failure::several, "several", false},
    FailureWord{Failure::too_large, "too-large", false},
    FailureWord{Failure::bad_lease, "bad-lease", false},
    FailureWord{Failure::other_service, "other-service", false},
    FailureWord{Failure::untrusted, "untrusted", false},
    FailureWord{Failure::no_ca_file, "no-ca-file", false},
    FailureWord{Failure::no_tunnel_info, "no-record", false},
    FailureWord{Failure::killed, "killed", false},
    FailureWord{Failure::broken, "broken", false},
    FailureWord{Failure::protocol, "protocol", false},
};

const FailureWord& row_of(Failure failure) {
  for (const auto& row : failure_words)
    if (row.failure == failure) return row;
  return failure_words.back();
}

std::optional<Answer> read_addresses(std::string_view rest) {
  // A blank at the end would be eaten with the last word.
  if (rest.empty() || rest.back() == ' ') return std::nullopt;
  std::vector<Ipv4> addresses;
  while (!rest.empty()) {
    const auto address = Ipv4::parse(take_until(rest, ' '));
    if (!address || addresses.size() == most_addresses) return std::nullopt;
    addresses.push_back(*address);
  }
  return addresses;
}

}  // namespace

bool passes_on(Failure failure) {
  return row_of(failure).passes_on;
}

std::string write_answer(const Answer& answer) {
  std::string line;
  if (const auto* addresses = std::get_if<std::vector<Ipv4>>(&answer);
      addresses != nullptr && !addresses->empty()) {
    line = "addresses";
    std::size_t written = 0;
    for (const auto address : *addresses) {
      if (written++ == most_addresses) break;
      line += ' ';
      line += address.str();
    }
  } else {
    // An empty list of addresses means "no such key".
    const auto* failure = std::get_if<FailureAnswer>(&answer);
    const FailureAnswer said = failure != nullptr ? *failure : FailureAnswer{Failure::no_such_key};
    line = "failure ";
    line += row_of(said.failure).word;
    line += ' ';
    line += std::to_string(said.number);
  }
  line += '\n';
  return line;
}

std::optional<Answer> read_answer(std::string_view line) {
  if (auto failure = read_failure(line)) return failure;
  constexpr std::string_view kind = "addresses ";
  if (!line.starts_with(kind) || !line.ends_with('\n')) return std::nullopt;
  return read_addresses(line.substr(kind.size(), line.size() - kind.size() - 1));
}

std::optional<FailureAnswer> read_failure(std::string_view line) {
  if (!line.ends_with('\n') || take_until(line, ' ') != "failure") return std::nullopt;
  const auto word = take_until(line, ' ');
  const auto number =
      parse_number(line.substr(0, line.size() - 1), std::numeric_limits<std::uint32_t>::max());
  if (!number) return std::nullopt;
  for (const auto& row : failure_words)
    if (row.word == word) return FailureAnswer{row.failure, *number};
  return std::nullopt;
}

std::string write_timed_answer(const TimedAnswer& answer) {
  auto line = write_answer(answer.answer);
  if (answer.ttl && line.starts_with("addresses "))
    line.insert(line.size() - 1, " ttl " + std::to_string(*answer.ttl));
  return line;
}

std::optional<TimedAnswer> read_timed_answer(std::string_view line) {
  constexpr std::string_view word = " ttl ";
  const auto at = line.find(word);
  if (at == std::string_view::npos) {
    auto answer = read_answer(line);
    if (!answer) return std::nullopt;
    return TimedAnswer{std::move(*answer), std::nullopt};
  }
  if (!line.starts_with("addresses ") || !line.ends_with('\n')) return std::nullopt;
  const auto digits = line.substr(at + word.size(), line.size() - at - word.size() - 1);
  const auto ttl = parse_number(digits, std::numeric_limits<std::uint32_t>::max());
  auto answer = read_answer(std::string(line.substr(0, at)) + '\n');
  if (!ttl || !answer) return std::nullopt;
  return TimedAnswer{std::move(*answer), ttl};
}

}  // namespace situp
