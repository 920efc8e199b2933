// SPDX-License-Identifier: GPL-2.0-or-later
// situpd's knowledge of a tunnel: /run/situp/live/IFACE. situpd writes it, situp status reads it.
#pragma once
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/address.h"

namespace situp {

/// The times are seconds of the real clock (since 1970).
struct Vitals {
  /// An event: "dead: 2001:db8::1 does not answer".
  struct Event {
    std::int64_t when = 0;
    std::string line;
    bool operator==(const Event&) const = default;
  };
  static constexpr std::size_t most_events = 16;

  /// The keepalive: "unknown", "alive" or "dead"; empty if the stanza has none.
  std::string health;
  std::int64_t health_since = 0;
  std::optional<Ipv6> target;
  std::uint64_t sent = 0, lost = 0;                   // since situpd maintains the tunnel
  std::vector<std::optional<std::uint32_t>> samples;  // microseconds, oldest first; empty = lost

  struct RouterHealth {
    Ipv4 router;
    std::string health;      // as above
    bool withdrawn = false;  // situpd has withdrawn its default route (option -dead)
    bool operator==(const RouterHealth&) const = default;
  };
  /// The router list of a link that has one.
  std::vector<RouterHealth> routers;

  std::uint64_t changes = 0;  // of the tunnel, by this situpd
  /// The last time that situpd found or made all right.
  std::int64_t right_at = 0;
  /// The reason why it isn't right now, or empty.
  std::string trouble;
  std::deque<Event> events;  // oldest first

  void note(std::int64_t when, std::string line);
  /// The real clock was set by so many seconds: all times move with it.
  void move_times(std::int64_t seconds);
  bool operator==(const Vitals&) const = default;
};

/// Writes and reads such a file. Reading returns empty for text that write_vitals did not make.
std::string write_vitals(const Vitals& vitals);
std::optional<Vitals> read_vitals(std::string_view text);
/// Keeps only the history: situpd has not probed since.
void forget_present(Vitals& vitals);

}  // namespace situp
