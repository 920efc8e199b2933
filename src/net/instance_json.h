// SPDX-License-Identifier: GPL-2.0-or-later
// The addresses of an instance in a metadata service's JSON. Over jansson. The text is untrusted.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/address.h"
#include "model/ask/answer.h"
#include "model/ask/question.h"
#include "model/ask/services.h"

namespace situp {

struct InstanceAddress {
  std::optional<Mac> mac;  // of its interface
  bool primary = false;    // on the interface that `primary` of the row describes
  Ipv4 address;
  std::vector<Ipv4> publics;  // that NAT leads to it
  bool operator==(const InstanceAddress&) const = default;
};

/// Reads the document that the row describes. Fields that are absent, null or an empty text are no
/// address. Failure::no_such_key: an empty body; bad_body: no JSON of at most 8 levels, a name
/// twice in an object, a field of another type, an address that none can be, or more than 64
/// addresses.
std::variant<std::vector<InstanceAddress>, FailureAnswer> read_instance_json(
    std::string_view body, const ServiceJson& row);

/// The text of this field of a JSON object, within the same limits; empty if it is not that.
std::string text_in_json(std::string_view body, std::string_view field);

/// The answer that these addresses give.
Answer answer_from(const std::vector<InstanceAddress>& all, const MetadataQuestion& question);

}  // namespace situp
