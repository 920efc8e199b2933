// SPDX-License-Identifier: GPL-2.0-or-later
// The options of one stanza by name, and the words of their values; for code that makes or
// understands a stanza.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "model/stanza/complaint.h"
#include "model/stanza/spec.h"
#include "model/stanza/stanza.h"

namespace situp {

/// About one option: "FILE:LINE: OPTION: why", or "OPTION: why" if the file isn't known.
Complaint bad(const Option& option, std::string why);
/// About one word of its value: the why is the word in quotes, and `rest`.
Complaint bad(const Option& option, std::string_view word, const std::string& rest);
/// About the stanza as a whole.
Complaint bad(const Stanza& stanza, std::string_view what, std::string why);

/// A word as a message shows it: short, printable and in quotes.
std::string quoted(std::string_view word);
/// The one word of an option that takes one.
std::string_view one_word(const Option& option);
/// True if only a shell would understand the value.
bool is_shell(std::string_view value);
/// A Complaint about a comment, an odd blank or quotes in a value: programs that paste text add
/// them, and no option takes them.
void refuse_decoration(const Option& option);

InterfaceName interface_of(const Option& option, std::string_view word);
Host host_of(const Option& option, std::string_view word);

/// The first option of that name; nullptr if there is none.
const Option* first_option(const Stanza& stanza, std::string_view name);

class Options {
 public:
  explicit Options(const Stanza& stanza) : options_(stanza.options) {}
  /// Throws an Error if it is given twice.
  const Option* find(std::string_view name) const;
  std::vector<const Option*> all(std::string_view name) const;
  /// situp's option or the stock option of the same meaning; throws an Error if both are given.
  const Option* either(std::string_view ours, std::string_view stock) const;
  /// The option is given, but its value has a mistake that is reported already: no rule reads it.
  void leave_out(const Option& option) { left_out_.push_back(&option); }
  /// The same of an option that a misspelt one stands for.
  void leave_out(const std::string& name) { meant_.push_back(name); }
  bool leaves_out(std::string_view name) const;

 private:
  bool is_left_out(const Option& option) const;
  const std::vector<Option>& options_;
  std::vector<const Option*> left_out_;
  std::vector<std::string> meant_;
};

/// Understands the options for the inside of the tunnel: addresses, gateway, prefixes, routers,
/// LAN.
void understand_inner(const Options& options, const HostProgram& host, const Complaints& complaints,
                      TunnelSpec& spec);

/// The options of the kind sixrd alone. After the local sources.
void understand_domain(const Options& options, const Complaints& complaints, const Stanza& stanza,
                       TunnelSpec& spec);

/// For an option that nft carries out: true if the word is `on`, false if it is off.
bool is_on(const Option& option, const char* on, const TunnelSpec& spec);
/// The options firewall and mss of each kind.
Firewall understand_firewall(const Options& options, const TunnelSpec& spec);
Mss understand_mss(const Options& options, const TunnelSpec& spec);

/// The routes of v4tunnel-route, as written. After metric and gateway.
std::vector<DefaultRoute> understand_routes(const Options& options, const Complaints& complaints,
                                            const TunnelSpec& spec);

/// True if the option -dead is withdraw. After gateway, routers, -route and -keepalive.
bool understand_dead(const Options& options, const TunnelSpec& spec);

/// The prefixes of v4tunnel-routed. After addresses, gateway and keepalive.
std::vector<Ipv6Net> understand_routed(const Options& options, const Complaints& complaints,
                                       const TunnelSpec& spec);

}  // namespace situp
