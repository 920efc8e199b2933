// SPDX-License-Identifier: GPL-2.0-or-later
// The tunnel that a stanza's options and command lines make, as a value. Pure.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "model/address.h"
#include "model/check/ip_commands.h"
#include "model/check/shell.h"
#include "model/kind.h"
#include "model/stanza/stanza.h"

namespace situp {

/// Values are the words of the stanza's options: ttl and tos as situp takes them. Empty: the recipe
/// does not set it.
struct Recipe {
  std::string name;
  Kind kind = Kind::sixin4;
  bool is_made = false;       // by a command
  bool carries_ipv4 = false;  // too: mode any, the default of `ip link`
  std::string remote, dev, ttl, tos, pmtu, mtu, metric;
  std::string local;                   // may be a shell command, or several sources
  std::string gateway;                 // ::, a default route without a router
  std::vector<std::string> addresses;  // of the commands: ADDRESS/LENGTH
  std::vector<std::string> lan;        // "eth0 2001:db8::1/64"
  std::vector<std::string> routers, routers_nodefault;
  bool operator==(const Recipe&) const = default;
};

/// A line of commands that has to change.
struct RecipeLine {
  const Option* option = nullptr;
  std::string stays;  // without the commands of the recipe
  std::string moves;  // those about the tunnel that the stanza has no option for
};

class RecipeReader {
 public:
  /// `tunnel` is the stanza's own interface, or another one that its lines make.
  RecipeReader(const Stanza& stanza, const std::string& tunnel);

  const Recipe& recipe() const { return recipe_; }
  /// Lines with a part in `recipe`, in the stanza's order. A line that is the recipe's as a whole
  /// has neither `stays` nor `moves`.
  const std::vector<RecipeLine>& lines() const { return lines_; }
  /// The reason why no stanza does the same; empty: none.
  const std::string& blocker() const { return blocker_; }
  /// As the stanza's commands have them.
  const Variables& variables() const { return variables_; }
  /// The first line that sets a value, or that has the reason; nullptr: none.
  const Option* first_line() const { return first_; }
  /// Differences between the recipe and the printed lines, a sentence each.
  const std::vector<std::string>& remarks() const { return remarks_; }

  /// The tunnels that the lines make, each name once.
  static std::vector<std::string> made_by(const Stanza& stanza);

 private:
  using Words = std::vector<std::string>;
  /// The effect of a command.
  enum class Effect {
    taken,    // the recipe has it
    idle,     // none beside the recipe
    tunnels,  // concerns the tunnel, and stays a command
    others,   // concerns something else
  };

  void options();
  void read(const Option& option, bool down);
  bool is_decided(const std::vector<ShellCommand>& commands,
                  const std::vector<Effect>& effects) const;
  void part(const Option& option, const std::vector<ShellCommand>& commands,
            const std::vector<Effect>& effects);
  Effect effect(const Words& words, bool down);
  Effect effect(const IpCommand& command, bool down);
  Effect make(const IpCommand& command);
  Effect change(const Words& words, bool down);
  Effect remove(bool down);
  Effect address(const IpCommand& command, bool down);
  Effect route(const IpCommand& command, bool down);
  static std::string no_route_via(const std::string& router);
  /// A command's text without the router of its route.
  static std::string without_router(std::string_view text, const std::string& router,
                                    const Variables& variables);
  Effect default_route(const std::string& verb, const std::string& via, const std::string& metric);
  Effect router_list(const Words& words, bool down);
  std::string set(const Words& words);
  bool names_tunnel(const Words& words) const;
  bool is_connected(std::string_view via) const;

  const Stanza& stanza_;
  bool own_, takes_one_address_;
  Recipe recipe_;
  std::vector<Ipv6Net> nets_;  // of the stanza's own addresses
  Variables variables_;
  unsigned sits_;  // the number of the last device that `ifconfig sit0 tunnel` has made
  bool is_down_ = false, said_something_ = false;
  const Option* first_ = nullptr;
  std::vector<RecipeLine> lines_;
  std::string dead_router_;  // of the command that is read
  std::vector<std::string> remarks_;
  std::string blocker_;
};

}  // namespace situp
