// SPDX-License-Identifier: GPL-2.0-or-later
// The options of a stanza, a row each: situp's own, and the stock ones that concern it. Pure.
#pragma once
#include <algorithm>
#include <span>
#include <string>
#include <string_view>

#include "model/kind.h"
#include "model/stanza/stanza.h"
#include "model/tunnel/sit.h"

namespace situp {

struct TunnelSpec;

/// How an option is carried out.
enum class Carrier {
  situp,        // it is situp's own
  both,         // a stock one that ifup's methods and situp carry out alike
  method,       // a stock one of ifup's methods, which situp has to refuse if no ifup runs it
  plugin,       // one of ifupdown's other methods and plug-ins, without effect on a tunnel
  command_line  // up, down and the like
};

struct OptionRow {
  std::string_view name;  // as interfaces(5) spells it; situp's own without the family: "ttl"
  Carrier carrier;
  std::span<const Kind> kinds = {};  // of situp's own: those that have it
  /// Takes the value into the outer header. A Complaint for a bad one.
  void (*read)(const Option&, const KindRow&, Sit&) = nullptr;
  /// True if two tunnels have the same meaning of it; nullptr if another row compares it.
  bool (*same)(const TunnelSpec&, const TunnelSpec&) = nullptr;
  /// A change takes no request to the kernel: situpd carries it out.
  bool is_situpd_s = false;
  /// Only of the stock method v4tunnel, which puts the value into a command of its own.
  bool is_of_v4tunnel = false;
  /// That method takes one value; ifup would run a second line as a command.
  bool is_once = false;

  bool is_of(Kind kind) const { return std::find(kinds.begin(), kinds.end(), kind) != kinds.end(); }
  /// If ifup's method carries it out, a shell may be what makes the value that `same` compares.
  bool may_be_shell() const { return carrier == Carrier::both && same != nullptr; }
};

std::span<const OptionRow> option_rows();

/// The row of an option by its whole name: "v4tunnel-ttl", "gateway". nullptr if there is none.
const OptionRow* find_option(std::string_view name);
/// The whole name in the family of `kind`; a stock option's is its name.
std::string name_of(const OptionRow& row, const KindRow& kind);
bool has_option(const KindRow& kind, std::string_view rest);
bool is_carried_out(std::string_view name, Carrier carrier);

/// The option of situp's that is nearest to a misspelt one; empty if none is near.
std::string nearest_option(std::string_view name);

/// True for the names of situp's families, also of unknown options.
bool is_our_option(std::string_view name);

/// The one name of an option that hooks see: ifup gives them IF_NAME, in capitals, with `_` for `-`
/// and only letters and digits otherwise. V4TUNNEL_LOCAL → v4tunnel-local
std::string name_in_hooks(std::string_view name);

/// ifupdown takes its own options in one spelling only, and hooks can't see the file's spelling; of
/// two spellings of one name, hooks see one. Throws a Complaint about an option of a stanza's file
/// for either.
void refuse_spelling(const Stanza& stanza, const Option& option);

}  // namespace situp
