// SPDX-License-Identifier: GPL-2.0-or-later
// Reads the `ip` commands in `up` lines that make tunnels, back into a tunnel's settings.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace situp {

/// A line of shell as commands, each as words: quotes, backticks and $(…) keep together, and
/// redirections are left out.
std::vector<std::vector<std::string>> commands_of(std::string_view line);

/// Takes the options of `ip` itself off the words behind it. True if they say IPv6.
bool take_ip_options(std::vector<std::string>& words);

/// The settings of one tunnel in the lines of a stanza.
class TunnelCommands {
 public:
  /// `iface` is the value of $IFACE. `addressed`: the method has an address for the tunnel, and
  /// lines that add another one are left alone.
  TunnelCommands(std::string iface, std::string tunnel, bool addressed)
      : iface_(std::move(iface)), tunnel_(std::move(tunnel)), addressed_(addressed) {}

  /// The name of the tunnel that a command makes; empty: none.
  static std::string made_by(const std::vector<std::string>& command);

  /// Takes over the settings that the line makes or undoes. False, without a change, if any of its
  /// commands does something else.
  bool take(std::string_view line);
  bool said_something() const {
    return default_route || !(remote + mtu).empty() || !addresses.empty() || !lan.empty();
  }

  std::string local, remote, ttl, tos, mtu, gateway, metric;
  bool default_route = false;
  std::vector<std::string> addresses;  // on the tunnel
  std::vector<std::string> lan;        // "eth0 2001:db8::1/64"

 private:
  using Words = std::vector<std::string>;
  bool is_tunnel(const std::string& name) const;
  bool command(Words words);
  bool tunnel(Words words);
  bool settings(const Words& words, bool whole);
  bool link(Words words);
  bool address(const Words& words);
  bool route(const Words& words, bool inet6);
  bool old_route(Words rest);

  std::string iface_, tunnel_;
  bool addressed_;
  bool take_any_ = false;
};

}  // namespace situp
