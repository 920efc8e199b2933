// SPDX-License-Identifier: GPL-2.0-or-later
// The metadata services: a row each. A row says all that is particular to a service; a new source
// is a new row.
#pragma once
#include <array>
#include <span>
#include <string_view>

#include "model/ask/answer.h"
#include "model/ask/service_url.h"

namespace situp {

/// How a body of addresses, one a line, is read.
enum class Form {
  one,    // two are Failure::several
  first,  // the first of a list
  all,
};

/// A value that a service has. Its path may name {mac}, the hardware address of a network interface
/// of the instance, and {public}, a public address. An empty path: the service has no such value.
struct ServiceValue {
  std::string_view path;
  Form form = Form::one;
};

/// A token that is fetched by PUT, and sent with each GET after that. Without a path, the service
/// has no tokens.
struct ServiceToken {
  std::string_view path;
  std::string_view request;  // the header of the PUT: how long the token is to be good
  std::string_view header;   // of the GETs, up to the token
  /// The statuses of a service that has no tokens yet. It is then asked without, unless situp.conf
  /// says `imds = v2`.
  std::array<unsigned, 2> without{};
  std::string_view advice;  // for a PUT without an answer
};

/// An HTTP status that means something for all paths of a service.
struct ServiceStatus {
  unsigned status = 0;
  Failure failure = Failure::bad_status;
  bool passes = false;  // asked again until the deadline
};

struct Service {
  std::string_view name;   // the source's word; platform_of() has the same for its platform
  std::string_view title;  // for messages
  std::string_view url;    // unless situp.conf names another one
  std::span<const std::string_view> headers{};  // "NAME: VALUE", with each request
  ServiceToken token{};
  std::span<const ServiceStatus> statuses{};

  ServiceValue primary;               // NAME: the instance's primary private address
  ServiceValue of_interface{};        // NAME:INTERFACE: the primary private one of {mac}
  ServiceValue private_of_public{};   // NAME:ADDRESS: the private one behind {public}
  std::string_view public_address{};  // the service's own term for that ADDRESS
  ServiceValue public_of_primary{};   // the public address of the primary private one
  ServiceValue public_addresses{};    // those of {mac}
  std::string_view interfaces{};      // the list of MACs that {mac} is looked for in
};

/// The first one is the default source of a stanza.
std::span<const Service> services();
/// A null pointer for an unknown name.
const Service* service_named(std::string_view name);

/// The service's own URL, which situp.conf may replace.
ServiceUrl url_of(const Service& service);

}  // namespace situp
