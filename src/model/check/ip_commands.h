// SPDX-License-Identifier: GPL-2.0-or-later
// Commands of iproute2 and net-tools that change devices, addresses and routes, in one form. Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace situp {

/// As ip(8) is told it, with whole words: "tunnel" "change" {"t0", "ttl", "64"}.
struct IpCommand {
  std::string object, verb;
  std::vector<std::string> words;  // behind the verb
  bool inet6 = false;              // an option says IPv6
};

/// The changes that a command makes; none if the program is another one, or if it takes words that
/// are not understood. `ifconfig sit0 tunnel ::A.B.C.D` adds a tunnel of the name next_sit.
std::vector<IpCommand> ip_commands(const std::vector<std::string>& command);

constexpr const char* next_sit = "sit%d";

/// The name in "add NAME …", "add name NAME …"; empty: there is none.
std::string name_in(const IpCommand& command);

/// Whether a command about a route is about the IPv6 default route.
bool is_default6(const IpCommand& command);

/// A number as ip(8) takes it: decimal, or hexadecimal behind 0x.
std::optional<std::uint32_t> ip_number(std::string_view word);
/// As ip(8) takes tos: hexadecimal with 0x or without. 1 means inherit.
std::optional<std::uint8_t> ip_tos(std::string_view word);

}  // namespace situp
