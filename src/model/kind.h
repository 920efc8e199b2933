// SPDX-License-Identifier: GPL-2.0-or-later
// The kinds of tunnel, a row each: all differences between kinds that are not a step of their own.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "model/address.h"

namespace situp {

enum class Kind { sixin4, isatap, sixrd };

struct KindRow {
  Kind kind;
  const char* family;   // of options, without the dash; also DEVICETYPE in ifcfg files: "v4tunnel"
  const char* word;     // in status --json: "6in4"
  const char* title;    // in texts: "6in4"
  const char* a_title;  // with its article: "an ISATAP"
  const char* noun;     // behind that: "link"
  const char* device;   // in the kernel, with its article: "a sit device"
  const char* stock_method = nullptr;  // of ifupdown; nullptr: it has none
  std::uint8_t ttl;                    // of outer packets, by default
  /// There is one remote end. Without, the remote of the device is 0.0.0.0, and the kernel finds
  /// the remote of each packet.
  bool has_endpoint = false;
  /// The kernel keeps a list of routers (RFC 5214 §8.3), and situpd solicits them.
  bool has_routers = false;
  /// All addresses of the device hold LOCAL, so that they change with it, and a next hop holds its
  /// router's IPv4 address.
  bool holds_local = false;

  /// Without a remote end: the host that leads elsewhere ("a router"), and the option that names
  /// it, without the family.
  const char* leader = nullptr;
  const char* leader_option = nullptr;
  /// Its hosts have a prefix each, formed of their IPv4 address, and a relay leads to others.
  bool has_domain = false;

  /// The link-local address that the kernel forms of LOCAL; nullptr: it forms none.
  Ipv6 (*link_local)(Ipv4 local) = nullptr;
  /// The IPv4 address inside an address that the kernel forms of LOCAL, or inside a next hop; empty
  /// if the address is another one.
  std::optional<Ipv4> (*embedded)(const Ipv6& address);

  /// The meaning of the device's counters rx_errors and tx_errors (net/ipv6/sit.c).
  const char* receive_errors;
  const char* transmit_errors;
  /// The same for the doctor, with the remedy; nullptr: ip -s link show says more.
  const char* refused_sender;
  const char* refused_sender_remedy = nullptr;
  const char* not_sent;
  const char* not_sent_remedy = nullptr;
  /// The remedy if the other end answers, and hosts behind it do not.
  const char* beyond_remedy;

  /// An option's name in the kind's family. "ttl" → "v4tunnel-ttl"
  std::string option(std::string_view rest) const {
    return std::string(family) + "-" + std::string(rest);
  }
};

std::span<const KindRow> kind_rows();
const KindRow& row_of(Kind kind);

/// The kind of a family: "v4tunnel". nullptr if there is none.
const KindRow* kind_of_family(std::string_view family);
/// The kind of an option's name: "v4tunnel-…". nullptr if the option is not situp's.
const KindRow* kind_of_option(std::string_view name);
/// The families with their options' dash and an ellipsis: "v4tunnel-… or isatap-…"
std::string option_families();

}  // namespace situp
