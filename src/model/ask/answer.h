// SPDX-License-Identifier: GPL-2.0-or-later
// The one line that situp-net prints and that situp believes: it carries addresses or the kind of a
// failure, never words.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/address.h"

namespace situp {

/// Why a source or DNS gave no address. The word on the wire is the enumerator with hyphens.
enum class Failure {
  // No service there, or not yet: situp may try the next source of the chain.
  unreachable,      // no connection: refused, no route (number: errno)
  connect_timeout,  // no connection in time
  token_timeout,  // connected, but the PUT for the token was not answered: the hop limit's symptom
  value_timeout,  // the token came, the value did not
  unavailable,    // 503 until the deadline
  no_such_key,    // 404 of the value, or an empty or "None" body
  name_unknown,   // DNS: the name does not exist, or has no IPv4 address
  name_timeout,   // DNS: no answer in time, or a temporary failure
  service_off,    // 403: the service is there, and has no answers
  // A bad answer: the chain ends.
  token_refused,   // 401 twice
  v1_refused,      // the service knows only v1 and the configuration says v2
  bad_token,       // not printable ASCII, empty, or longer than 1 KiB
  bad_status,      // any other HTTP status (number), redirects among them
  bad_body,        // not one canonical IPv4 address
  several,         // more than one address where one is asked for (number: how many)
  too_large,       // a body of more than 64 KiB
  bad_lease,       // not a lease of a DHCP client (number: its place in lease_places)
  other_service,   // without the header that each answer of this service has
  protocol,        // not HTTP
  untrusted,       // a certificate that is not good
  no_ca_file,      // the CA certificates can't be read
  no_tunnel_info,  // words or HTML where a broker's tunnel info should be
  // situp's own words for a situp-net that gave no answer.
  killed,  // a signal ended it (number)
  broken,  // it ended by itself
};

/// Whether the chain of sources goes on after this failure.
bool passes_on(Failure failure);

struct FailureAnswer {
  Failure failure = Failure::protocol;
  unsigned number = 0;
  bool operator==(const FailureAnswer&) const = default;
};

using Answer = std::variant<std::vector<Ipv4>, FailureAnswer>;

/// "addresses A.B.C.D [A.B.C.D]…\n" or "failure WORD NUMBER\n". At most 64 addresses are written.
std::string write_answer(const Answer& answer);
/// Reads exactly the text of write_answer; any other text is no answer.
std::optional<Answer> read_answer(std::string_view line);
/// The same for a line that says a failure.
std::optional<FailureAnswer> read_failure(std::string_view line);

/// An answer of DNS, and for how many seconds it is good where DNS has said so.
struct TimedAnswer {
  Answer answer;
  std::optional<std::uint32_t> ttl;
  bool operator==(const TimedAnswer&) const = default;
};

/// As write_answer() does, with " ttl SECONDS" at the end of a line of addresses where it is known.
std::string write_timed_answer(const TimedAnswer& answer);
std::optional<TimedAnswer> read_timed_answer(std::string_view line);

}  // namespace situp
