// SPDX-License-Identifier: GPL-2.0-or-later
// /etc/network/interfaces as ifupdown 0.8 reads it: interfaces(5), and config.c of 0.8.36 to 0.8.44
// where the page is silent. tests/interfaces/compare holds the two side by side.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "model/stanza/complaint.h"
#include "model/stanza/stanza.h"

namespace situp {

/// Something that ifupdown refuses, warns of or passes over.
struct InterfacesMistake {
  Complaint complaint;
  bool refused = false;  // ifupdown reads the file no further: all of it, or of a sourced one
};

class Interfaces {
 public:
  /// Reads `file` and all that it names by source and source-directory. What ifupdown would refuse
  /// is an Error (Exit::configuration) whose subject is "FILE:LINE"; so are a few things that
  /// ifupdown reads wrongly or never ends reading (listed in interfaces_reader.cc). A file that
  /// cannot be read at all is an Error with the file as subject.
  static Interfaces read(const std::string& file);
  /// The same, but reads on behind what is wrong: every line that ifupdown would stop at is among
  /// mistakes(), and options without a stanza that could be read are passed over. An Error only
  /// where a file can't be read, or is beyond all measure.
  static Interfaces read_all(const std::string& file);

  /// The stanzas named `logical`, in the order in which ifup runs them, with what they inherit
  /// before their own options. `iface` and `logical` are both the name. Options stand as the file
  /// writes them, but post-up and pre-down are renamed to up and down, as ifupdown does, and the
  /// names of situp's own options are those that hooks see (model/stanza/options.h). "lo" has
  /// a stanza even where the file has none (its place is empty). Throws the Error that cut the
  /// stanza off, where that is what became of it (see remarks()).
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
  /// Whether ifup leaves out the hooks in /etc/network/if-*.d for stanzas of this name.
  bool no_scripts(std::string_view logical) const;
  /// Whether a mapping stanza is for this name: ifup would ask its script for another name.
  bool mapped(std::string_view name) const;

  /// What ifupdown warns of, or silently passes over, before it goes on: a sourced file that is
  /// unreadable or wrong from some line on (what stands before that line counts), a source
  /// line that names nothing sensible, words after an iface line's method.
  const std::vector<Error>& remarks() const;
  /// Whether no mistake in a sourced file, or in a source line, has kept stanzas from being read.
  bool is_whole() const;
  /// After read_all(): all of that, and what ifupdown refuses, in the order found.
  const std::vector<InterfacesMistake>& mistakes() const;

  /// The files that were read, by the names that places have, and their texts.
  std::vector<std::pair<std::string_view, std::string_view>> texts() const;
  /// Whether another stanza inherits from the first one of this name.
  bool is_inherited_from(std::string_view logical) const;

 private:
  struct Contents;
  friend class OptionNames;
  explicit Interfaces(std::shared_ptr<const Contents> contents) : contents_(std::move(contents)) {}
  friend class InterfacesReader;
  std::shared_ptr<const Contents> contents_;
};

}  // namespace situp
