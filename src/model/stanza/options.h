// SPDX-License-Identifier: GPL-2.0-or-later
// The options of a stanza, a row each: situp's own, and the stock ones that concern it. Pure.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "model/kind.h"
#include "model/stanza/stanza.h"
#include "model/tunnel/sit.h"

namespace situp {

struct TunnelSpec;

/// How an option is carried out.
enum class Carrier {
  situp,        // it is situp's own
  both,         // a stock one that ifup's methods and situp carry out alike
  method,       // a stock one of ifup's methods, which situp has to refuse where no ifup runs it
  plugin,       // one of ifupdown's other methods and plug-ins, which is nothing to a tunnel
  command_line  // up, down and the like
};

struct OptionRow {
  std::string_view name;  // as interfaces(5) spells it; situp's own without the family: "ttl"
  Carrier carrier;
  std::vector<Kind> kinds = {};  // of situp's own: those that have it
  /// Takes the value into the outer header. A Complaint for a bad one.
  void (*read)(const Option&, const KindRow&, Sit&) = nullptr;
  /// Whether two tunnels have the same meaning of it; nullptr where another row says so.
  bool (*same)(const TunnelSpec&, const TunnelSpec&) = nullptr;
  /// A change takes no request to the kernel: situpd carries it out.
  bool is_situpd_s = false;
  /// Of the stock method v4tunnel alone, which takes the value into a command of its own.
  bool is_of_v4tunnel = false;
  /// The same method takes one value; ifup would run what stands in a second line.
  bool is_once = false;
  /// Where ifup's method carries it out, the value may be a shell's.
  bool may_be_shell = false;
};

const std::vector<OptionRow>& option_rows();

/// The row of an option by its whole name: "v4tunnel-ttl", "gateway". nullptr where there is none.
const OptionRow* find_option(std::string_view name);
/// The whole name in the family of `kind`; a stock option's is its name.
std::string name_of(const OptionRow& row, const KindRow& kind);
bool has_option(const KindRow& kind, std::string_view rest);
bool is_carried_out(std::string_view name, Carrier carrier);

/// The option of ours that a misspelt one may stand for; empty where none is near.
std::string nearest_option(std::string_view name);

/// Whether an option is one of situp's, or would be if there were such a one.
bool is_our_option(std::string_view name);

/// The one name of an option that hooks see: ifup gives them IF_NAME, in capitals, with `_` for `-`
/// and without all that is no letter and no digit. V4TUNNEL_LOCAL → v4tunnel-local
std::string name_in_hooks(std::string_view name);

/// ifupdown takes its own options in one spelling only, and hooks can't see which one the file has;
/// of two spellings of one name, hooks see one. A Complaint about an option of a stanza's file for
/// either.
void refuse_spelling(const Stanza& stanza, const Option& option);

}  // namespace situp
