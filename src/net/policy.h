// SPDX-License-Identifier: GPL-2.0-or-later
// The action after each step of a talk with a metadata service. Pure: the clock and the network are
// the caller's.
#pragma once
#include <chrono>
#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "model/ask/answer.h"
#include "model/ask/service_url.h"
#include "model/ask/services.h"

namespace situp {

struct HttpStatus {
  unsigned number = 0;
  bool operator==(const HttpStatus&) const = default;
};

/// The end of one HTTP request: a status, or the reason for an answer that is not whole: one of
/// unreachable, name_unknown, name_timeout, connect_timeout, value_timeout, too_large, untrusted,
/// no_ca_file and protocol; bad_lease where a lease was to say the service's address.
using Reply = std::variant<HttpStatus, FailureAnswer>;

/// The state of the talk: all that a decision depends on besides the reply.
struct Talk {
  const Service* service = nullptr;
  Imds imds = Imds::automatic;
  bool has_token = false;  // false at a GET: version 1
  bool renewed = false;    // a second token has been asked for
};

struct Action {
  enum class Kind {
    accept,       // the body is the value
    use_v1,       // ask for the value without a token
    renew_token,  // ask for one more token, then for the value again
    retry,        // the same request after a pause; `failure` if there is no time left for that
    fail,         // `failure` is the end
  };
  Kind kind = Kind::fail;
  FailureAnswer failure{};
  bool operator==(const Action&) const = default;
};

/// After the PUT for a token.
Action after_token(const Talk& talk, const Reply& reply);
/// After the GET of a value.
Action after_value(const Talk& talk, const Reply& reply);

/// The pause before try number `tries` + 1 (tries ≥ 1): exponential with full jitter, 0 to 100 ms
/// doubled with each try up to 3 s. `random` is any 32 random bits.
std::chrono::milliseconds backoff(unsigned tries, std::uint32_t random);

/// A token is printable ASCII without blanks, 1 to 1,024 bytes: it goes back out in a header, where
/// CR or LF would begin another one.
bool is_token(std::string_view body);

/// The body of a value that holds addresses, one a line. FailureAnswer: no_such_key for an empty
/// body or "None", bad_body unless all are canonical IPv4 addresses that can be an endpoint, each
/// ended by LF (the last one may lack it), several for more than one with Form::one.
Answer read_address_body(std::string_view body, Form form = Form::all);

/// The list of a service's `interfaces`: "MAC/" a line, at most 64. Empty if it is not that.
std::optional<std::vector<Mac>> read_mac_list(std::string_view body);

}  // namespace situp
