// SPDX-License-Identifier: GPL-2.0-or-later
// The metadata services: a row each. A row says all that is particular to a service; a new source
// is a new row.
#pragma once
#include <array>
#include <span>
#include <string_view>

#include "model/ask/answer.h"
#include "model/ask/service_url.h"
#include "model/platform.h"

namespace situp {

/// How a body of addresses, one a line, is read.
enum class Form {
  one,    // two are Failure::several
  first,  // the first of a list
  all,
};

/// A value that a service has. Its path may name {mac}, the hardware address of a network interface
/// of the instance, {public} and {private}, addresses. An empty path: the service has no such
/// value.
struct ServiceValue {
  std::string_view path;
  Form form = Form::one;
};
/// The answer is the first one that the service knows.
using ServiceValues = std::array<ServiceValue, 2>;

/// A token that is fetched by PUT, and sent with each GET after that. Without a path, the service
/// has no tokens.
struct ServiceToken {
  std::string_view path;
  std::string_view request;  // the header of the PUT: how long the token is to be good
  std::string_view header;   // of the GETs, up to the token
  std::string_view body{};   // of the PUT
  std::string_view field{};  // of the JSON object that has the token; empty: the body is the token
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

/// A field of a JSON object that has to have this text.
struct JsonField {
  std::string_view name, text;
};

/// One JSON document with the addresses of all network interfaces of the instance. The patterns are
/// names of fields between slashes; `*` is each element of a list, or each value of an object. An
/// empty pattern is the place itself.
struct ServiceJson {
  std::string_view path;         // empty: the service has no such document
  std::string_view interfaces;   // from the top
  std::string_view mac{};        // from an interface, with or without colons
  std::string_view addresses{};  // from an interface
  JsonField only{};              // of an address: others are left out
  std::string_view unless{};     // of an address: it is left out if this field is true
  /// From an address: those of the first pattern that gives any.
  std::array<std::string_view, 2> private_address{};
  std::string_view public_address{};  // from an address: those that NAT leads to it
  bool has_length = false;            // A.B.C.D/32
  JsonField primary{};  // of the interface with the primary address; without one, the first
};

/// How far a cloud carries protocol 41, as its documents say it.
enum class Passes {
  not_documented,
  by_rule,  // if a rule of its filter lets it in
  never,    // no rule can
};
struct Protocol41 {
  Passes inside = Passes::not_documented;    // between instances
  Passes internet = Passes::not_documented;  // to the Internet
  /// How the cloud's own filter lets it in, as an imperative; {from} is the other end.
  std::string_view rule{};
};

struct Service {
  std::string_view name;                      // the source's word
  std::string_view title;                     // for messages
  std::string_view url;                       // unless situp.conf names another one
  bool is_dhcp_server = false;                // asked at its address where that name is unknown
  std::array<Recognition, 4> recognised{};    // its platform, by any of these
  std::array<std::string_view, 2> headers{};  // "NAME: VALUE", with each GET
  std::string_view answer_header{};           // "NAME: VALUE", in each answer of this service
  ServiceToken token{};
  std::span<const ServiceStatus> statuses{};

  ServiceJson json{};                 // for all questions without a value of their own
  ServiceValues primary{};            // NAME: the instance's primary private address
  ServiceValue of_interface{};        // NAME:INTERFACE: the primary private one of {mac}
  ServiceValue private_of_public{};   // NAME:ADDRESS: the private one behind {public}
  std::string_view public_address{};  // the service's own term for that ADDRESS; empty: not asked
  ServiceValues public_of_primary{};  // the public address of the primary private one
  ServiceValue public_of_private{};   // that of {private}, on {mac}
  ServiceValue public_addresses{};    // those of {mac}
  std::string_view interfaces{};      // the list of MACs that {mac} is looked for in

  Protocol41 protocol41{};

  bool says_of_interfaces() const { return !of_interface.path.empty() || !json.mac.empty(); }
  bool says_private_of_public() const { return !public_address.empty(); }
  bool says_public_of_private() const {
    return !public_of_primary[0].path.empty() || !json.public_address.empty();
  }
};

/// The first one is the default source of a stanza.
std::span<const Service> services();
/// A null pointer for an unknown name.
const Service* service_named(std::string_view name);

/// The service's own URL, which situp.conf may replace.
ServiceUrl url_of(const Service& service);
/// Whether the host's DHCP server is asked where the name in this URL does not resolve.
bool falls_back_on_dhcp(const Service& service, const ServiceUrl& url);

}  // namespace situp
