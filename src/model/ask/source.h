// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "model/address.h"

namespace situp {

/// The words of SOURCE in situp-interfaces(5), one type each.
struct FromEc2 {  // the instance's primary private IPv4
  auto operator<=>(const FromEc2&) const = default;
};
struct FromEc2Interface {  // the primary private IPv4 of the network interface with that device's
                           // MAC
  InterfaceName interface;
  auto operator<=>(const FromEc2Interface&) const = default;
};
struct FromEc2Public {  // the private IPv4 behind that Elastic IP
  Ipv4 address;
  auto operator<=>(const FromEc2Public&) const = default;
};
struct FromInterface {  // the interface's first global IPv4
  InterfaceName interface;
  auto operator<=>(const FromInterface&) const = default;
};
struct FromRoute {  // what the kernel would send from towards the endpoint
  auto operator<=>(const FromRoute&) const = default;
};
struct AnyLocal {
  auto operator<=>(const AnyLocal&) const = default;
};

using Source = std::variant<FromEc2, FromEc2Interface, FromEc2Public, FromInterface, FromRoute,
                            Ipv4, AnyLocal>;

/// One word; nothing if it is none of the above.
std::optional<Source> parse_source(std::string_view word);
/// The word again.
std::string str(const Source& source);
/// Whether the metadata service is asked for it.
bool is_metadata(const Source& source);
/// What a message lists when a word is not a source.
extern const char* const source_words;

}  // namespace situp
