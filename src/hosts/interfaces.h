// SPDX-License-Identifier: GPL-2.0-or-later
// /etc/network/interfaces as ifupdown 0.8 reads it (interfaces(5); ifupdown's config.c).
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "model/stanza.h"

namespace situp {

class Interfaces {
 public:
  /// Reads `file` and all that it names by source, source-directory and globs. What ifupdown would
  /// refuse is an Error (Exit::configuration) whose subject is "FILE:LINE". A missing file is an
  /// Error too.
  static Interfaces read(const std::string& file);

  /// The stanzas named `logical`, in the order in which ifup would run them, with what they
  /// inherit.
  std::vector<Stanza> stanzas_of(std::string_view logical) const;
  /// Interfaces of `auto` lines (allow-auto is the same), each once, in the file's order.
  const std::vector<std::string>& automatic() const { return automatic_; }
  bool no_auto_down(std::string_view iface) const;

 private:
  std::vector<std::string> automatic_;
};

}  // namespace situp
