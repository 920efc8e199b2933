// SPDX-License-Identifier: GPL-2.0-or-later
// /etc/network/interfaces as the host's program reads it. ifupdown 0.8: interfaces(5), and config.c
// of 0.8.36 to 0.8.44 where the page is silent; the others: their rows in model/host.h.
// tests/interfaces/compare holds our reading against theirs.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "model/host.h"
#include "model/stanza/complaint.h"
#include "model/stanza/stanza.h"

namespace situp {

/// A mistake that ifupdown refuses, warns of or skips.
struct InterfacesMistake {
  Complaint complaint;
  bool refused = false;  // the host stops reading: all files, or the sourced one
};

class Interfaces {
 public:
  /// Reads `file` and all files that it names by source and source-directory. A mistake that the
  /// host would refuse is an Error (Exit::configuration) with the subject "FILE:LINE"; so are a few
  /// lines that ifupdown reads wrongly or never ends reading (listed in interfaces_reader.cc). An
  /// unreadable file is an Error with the file as subject.
  static Interfaces read(const std::string& file, const HostProgram& host = hosts::ifupdown);
  /// The same, but reads on after a mistake: mistakes() has every line at which the host would
  /// stop, and options without a readable stanza are skipped. Throws an Error only if a file is
  /// unreadable or too large.
  static Interfaces read_all(const std::string& file, const HostProgram& host = hosts::ifupdown);

  /// The stanzas named `logical`, in the order in which ifup runs them, with inherited options
  /// before their own. `iface` and `logical` are both the name. Options are as in the file, except
  /// that post-up and pre-down become up and down, as in ifupdown, and situp's own options have the
  /// names that hooks see (model/stanza/options.h). "lo" has a stanza even if the file has none
  /// (its place is empty). Throws the Error that cut the stanza off, if there is one (see
  /// remarks()).
  std::vector<Stanza> stanzas_of(std::string_view logical) const;
  /// The names of all stanzas, each once, in the file's order.
  std::vector<std::string> names() const;

  /// The words of `auto` lines (allow-auto is the same), each once, in the file's order; "lo" comes
  /// first, as for ifup. A word may be IFACE=LOGICAL, or a pattern with a slash ("/eth*=lan") that
  /// ifup would match against existing devices.
  const std::vector<std::string>& automatic() const { return allowed("auto"); }
  /// The same for the `allow-CLASS` lines.
  const std::vector<std::string>& allowed(std::string_view allow_class) const;
  bool no_auto_down(std::string_view iface) const;
  /// True if ifup leaves out the hooks in /etc/network/if-*.d for stanzas of this name.
  bool no_scripts(std::string_view logical) const;
  /// True if a mapping stanza is for this name: ifup would ask its script for another name.
  bool mapped(std::string_view name) const;

  /// The mistakes that ifupdown warns of, or silently skips, before it goes on: a sourced file that
  /// is unreadable or wrong from some line on (the lines before it count), a source line that names
  /// no usable file, words after an iface line's method.
  const std::vector<Error>& remarks() const;
  /// True if no mistake in a sourced file, or in a source line, has kept stanzas from being read.
  bool is_whole() const;
  /// After read_all(): the same, and the mistakes that ifupdown refuses, in the order found.
  const std::vector<InterfacesMistake>& mistakes() const;

  /// The files that were read, by the names that places have, and their texts.
  std::vector<std::pair<std::string_view, std::string_view>> texts() const;
  /// True if another stanza inherits from the first one of this name.
  bool is_inherited_from(std::string_view logical) const;

 private:
  struct Contents;
  friend class OptionNames;
  explicit Interfaces(std::shared_ptr<const Contents> contents) : contents_(std::move(contents)) {}
  friend class InterfacesReader;
  std::shared_ptr<const Contents> contents_;
};

}  // namespace situp
