// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/ask/lease.h"

#include <charconv>
#include <cstdint>

#include "base/text.h"

namespace situp {
namespace {

/// Takes `word` and the blank behind it off the beginning of `line`.
bool take(std::string_view& line, std::string_view word) {
  if (!line.starts_with(word)) return false;
  line.remove_prefix(word.size());
  return true;
}

/// The value in the first line KEY=VALUE; empty if there is none.
std::optional<std::string_view> assigned(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    std::string_view line = take_until(text, '\n');
    if (take_until(line, '=') == key) return line;
  }
  return std::nullopt;
}

/// Whether a lease with this "expire" statement, W YYYY/MM/DD HH:MM:SS, is over. "never" and the
/// local time, which dhclient writes on demand, are not earlier than any time.
bool is_over(std::string_view end, std::string_view now) {
  take_until(end, ' ');
  return end.size() == now.size() && end <= now;
}

/// dhclient.conf(5), "lease declarations": a statement a line. Text is in quotes, on one line.
std::optional<std::string_view> server_in_blocks(std::string_view text, std::string_view now) {
  std::optional<std::string_view> last;
  std::optional<std::string_view> server;
  bool inside = false;
  bool over = false;
  while (!text.empty()) {
    std::string_view line = take_until(text, '\n');
    trim_front(line);
    trim_back(line);
    if (line == "lease {") {
      inside = true;
      over = false;
      server.reset();
    } else if (line == "}") {
      if (inside && !over && server) last = server;
      inside = false;
    } else if (line.ends_with(';')) {
      line.remove_suffix(1);
      if (take(line, "option dhcp-server-identifier "))
        server = line;
      else if (take(line, "expire "))
        over = is_over(line, now);
    }
  }
  return last;
}

/// "0101010A" of /proc/net/route: the bytes in the order of the network, as this host's number.
std::optional<std::uint32_t> number_in(std::string_view digits) {
  std::uint32_t number = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

}  // namespace

Answer server_in_lease(std::string_view text, std::size_t place, std::string_view now) {
  const std::string_view key = lease_places[place].key;
  const auto value = key.empty() ? server_in_blocks(text, now) : assigned(text, key);
  if (!value) return std::vector<Ipv4>();
  const auto server = Ipv4::parse(*value);
  if (!server || server->is_unusable_as_endpoint())
    return FailureAnswer{Failure::bad_lease, static_cast<unsigned>(place)};
  return std::vector{*server};
}

std::optional<Ipv4> gateway_in(std::string_view routes) {
  while (!routes.empty()) {
    const auto columns = words_of(take_until(routes, '\n'));
    // Interface, destination, gateway, flags, three counts, mask.
    if (columns.size() < 8 || columns[1] != "00000000" || columns[7] != "00000000") continue;
    const auto number = number_in(columns[2]);
    if (!number) continue;
    const Ipv4 gateway = Ipv4::from_network(*number);
    if (!gateway.is_unusable_as_endpoint()) return gateway;
  }
  return std::nullopt;
}

}  // namespace situp
