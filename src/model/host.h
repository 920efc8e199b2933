// SPDX-License-Identifier: GPL-2.0-or-later
// The programs that bring interfaces up on a host, and run or read situp's part: a row each. Pure.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

#include "model/tunnel/route.h"

namespace situp {

/// Treatment of comments and of a backslash before the line's end (hosts/interfaces_lines.h).
enum class LineRule : std::uint8_t { ifupdown, ifupdown_ng, ifupdown2 };

struct HostProgram {
  std::string_view name;
  std::string_view command_up = "ifup";  // its argument is the interface's name
  std::string_view at_boot = {};         // the same now and at each boot, where `auto` does not

  // How it is told from the others.
  std::string_view links = {};       // names in the path that the link `ifup` leads to
  std::string_view file = {};        // that this version has, and an older one has not
  std::string_view hook_sets = {};   // variables of its hooks, NAME or NAME=VALUE
  std::string_view hook_lacks = {};  // variables that they never have

  /// The method by which hooks do the work that the program leaves to situp. Empty: METHOD names
  /// it.
  std::string_view method_in_hooks = {};
  std::string_view verbose = {};  // the variable for -v in its hooks, NAME or NAME=VALUE

  // The work that it does itself.
  bool runs_methods = true;    // and the stock options
  bool reads_method = true;    // if not, it chooses the metric of a default route by itself, too
  bool runs_shell = true;      // values of stock options may be shell words
  bool repeats_hooks = false;  // also while the interface is up
  std::uint32_t default_metric = DefaultRoute{}.metric;  // of a gateway's route
  unsigned default_mtu = 0;                              // 0: it sets none

  // How it reads /etc/network/interfaces.
  /// The lines that end a stanza.
  std::string_view keywords =
      "iface auto allow-* source source-dir* mapping no-auto-down no-scripts rename";
  bool needs_method = true;   // and the family, in an iface line
  bool refuses_files = true;  // for a line that it can't read; if not, it passes over the line
  LineRule lines = LineRule::ifupdown;
  bool takes_empty_options = false;
  bool ignores_stray_options = false;
  bool needs_letters = false;  // at the beginning of an option
  bool inherits = true;
  bool source_patterns = true;
  bool source_takes_one = false;  // file or pattern a line
  bool source_ends_stanza = true;
  std::string_view source_letters = {};  // characters without a meaning in a source line
  bool auto_opens_one = false;    // takes one name a line; the options below are that interface's
  bool auto_comes_first = false;  // counts, as allow-* does, for the stanzas below it
  bool needs_names = false;       // of iface, source, allow-*; or else reads no file
  bool links_are_files = true;    // for source-directory, which then takes ifupdown's names only

  // The words that it can't take.
  std::string_view missing_methods = {};  // of the family inet6
  std::string_view other_words = {};      // options that mean tunnels of its own
  std::string_view repeats = {};    // its treatment of an option given twice, unless it joins both
  bool needs_our_spelling = false;  // situp is run by options in the manual's spelling only
  bool passes_over_failures = false;  // but not over that of an `up` line

  std::string_view new_method;  // of stanzas that situp writes

  bool operator==(const HostProgram&) const = default;
};

namespace hosts {

inline constexpr HostProgram ifupdown_ng{
    .name = "ifupdown-ng",
    .links = "ifupdown ifup-ng ifupdown-ng",
    .file = "/usr/libexec/ifupdown-ng/wireguard-quick",
    .hook_sets = "METHOD=none INTERFACES_FILE",
    .method_in_hooks = "static",
    .verbose = "VERBOSE",
    .reads_method = false,
    .runs_shell = false,
    .default_metric = 1,  // its executor `static`
    .keywords = "iface interface template auto source source-directory",
    .needs_method = false,
    .refuses_files = false,
    .lines = LineRule::ifupdown_ng,
    .takes_empty_options = true,
    .ignores_stray_options = true,
    .needs_letters = true,
    .source_takes_one = true,
    .source_ends_stanza = false,
    .auto_opens_one = true,
    .links_are_files = false,
    .other_words = "endpoint key local mode ttl tunnel-*",
    .repeats = "keeps the last line only",
    .needs_our_spelling = true,
    .passes_over_failures = true,
    .new_method = "static"};

/// Debian 12's.
inline constexpr HostProgram ifupdown_ng_0_11 = [] {
  HostProgram row = ifupdown_ng;
  row.file = {};
  row.source_patterns = false;
  return row;
}();

inline constexpr HostProgram ifupdown{.name = "ifupdown",
                                      .hook_sets = "VERBOSITY",
                                      .verbose = "VERBOSITY=1",
                                      .new_method = "v4tunnel"};

/// As others than Debian build it. Debian builds it without any address family.
inline constexpr HostProgram busybox{.name = "busybox",
                                     .links = "busybox",
                                     .hook_sets = "METHOD ADDRFAM",
                                     .hook_lacks = "LOGICAL",
                                     .missing_methods = "auto",
                                     .repeats = "refuses the file for it",
                                     .new_method = "v4tunnel"};

inline constexpr HostProgram ifupdown2{.name = "ifupdown2",
                                       .links = "ifupdown2",
                                       .hook_sets = "IFACE",
                                       // METHOD, if it is set, may be another interface's.
                                       .method_in_hooks = "manual",
                                       .reads_method = false,
                                       .runs_shell = false,
                                       .repeats_hooks = true,
                                       .default_mtu = 1500,
                                       .keywords = "iface vlan auto allow-* source",
                                       .needs_method = false,
                                       .refuses_files = false,
                                       .lines = LineRule::ifupdown2,
                                       .inherits = false,
                                       .source_takes_one = true,
                                       .source_letters = "\"'$~",
                                       .auto_comes_first = true,
                                       .needs_names = true,
                                       .missing_methods = "v4tunnel auto",
                                       .repeats = "hands over the first line only",
                                       .new_method = "static"};

/// Red Hat's: its scripts for tunnels only run situp.
inline constexpr HostProgram network_scripts{
    .name = "network-scripts", .runs_methods = false, .runs_shell = false, .new_method = "manual"};

/// `situp up`, and the systemd unit that runs it.
inline constexpr HostProgram situp_up{.name = "situp",
                                      .command_up = "situp up",
                                      .at_boot = "systemctl enable --now situp@",
                                      .runs_methods = false,
                                      .runs_shell = false,
                                      .new_method = "manual"};

/// The programs that run hooks. The first row applies that has its variables, or its link and file,
/// on this host.
inline constexpr std::array run_hooks{&ifupdown_ng, &ifupdown_ng_0_11, &ifupdown, &busybox,
                                      &ifupdown2};

}  // namespace hosts
}  // namespace situp
