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

using Source = std::variant<FromService, FromInterface, FromRoute, Ipv4, AnyLocal>;

/// One word; empty if it is none of the above.
std::optional<Source> parse_source(std::string_view word);
/// The word again.
std::string str(const Source& source);
/// The source of a stanza that names none: `ec2`.
Source default_source();
/// The metadata service of this source; a null pointer for other sources.
const Service* service_of(const Source& source);

/// The list in the message for a word that is not a source.
std::string source_words();
/// The sources that need no stanza, for the same.
std::string own_source_words();

}  // namespace situp
