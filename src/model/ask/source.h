// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "model/address.h"
#include "model/ask/services.h"

namespace situp {

/// The words of SOURCE in situp-interfaces(5), one type each.
struct FromService {  // the instance's primary private IPv4 …
  const Service* service = nullptr;
  /// … or that of the network interface with this device's MAC, or the private IPv4 behind this
  /// public one.
  std::variant<std::monostate, InterfaceName, Ipv4> of{};
  auto operator<=>(const FromService&) const = default;
};
struct FromCloud {  // the same of the service of the cloud that this machine's firmware names
  decltype(FromService::of) of{};
  auto operator<=>(const FromCloud&) const = default;
};
struct FromInterface {  // the interface's first global IPv4
  InterfaceName interface;
  auto operator<=>(const FromInterface&) const = default;
};
struct FromRoute {  // the address that the kernel would send from towards the endpoint
  auto operator<=>(const FromRoute&) const = default;
};
struct AnyLocal {
  auto operator<=>(const AnyLocal&) const = default;
};

using Source = std::variant<FromService, FromCloud, FromInterface, FromRoute, Ipv4, AnyLocal>;

/// One word; empty if it is none of the above.
std::optional<Source> parse_source(std::string_view word);
/// The word again.
std::string str(const Source& source);
/// The source of a stanza that names none: `ec2`.
Source default_source();
/// The metadata service of this source, on a machine with these names; a null pointer for other
/// sources.
const Service* service_of(const Source& source, const Dmi& dmi = {});
/// The interface that the source names; a null pointer if it names none.
const InterfaceName* interface_of(const Source& source);

/// Whether a service has the answer for this part of a source.
bool says(const Service& service, const decltype(FromService::of)& of);
/// Why it has none, and the remedy.
std::string why_not_said(const Service& service, const decltype(FromService::of)& of);
/// The reason for a word that is not a source, to follow the word, and the remedy.
std::string why_no_source(std::string_view word);
/// The names of the services.
std::string service_names();

}  // namespace situp
