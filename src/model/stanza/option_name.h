// SPDX-License-Identifier: GPL-2.0-or-later
// How an option's name may be spelled. Pure.
#pragma once
#include <string>
#include <string_view>

#include "model/stanza/stanza.h"

namespace situp {

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
