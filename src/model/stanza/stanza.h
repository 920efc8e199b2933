// SPDX-License-Identifier: GPL-2.0-or-later
// Words as a host passes them, and their places. situp has not understood them yet.
#pragma once
#include <string>
#include <vector>

namespace situp {

/// The place of a word. An empty file: it came from a hook's environment, which has no places. Line
/// 0: from a file, but the host gives no line.
struct Place {
  std::string file;
  unsigned line = 0;
};

/// One option; a repeated option is several of these, in the file's order.
struct Option {
  std::string name;   // as interfaces(5) spells it: "v4tunnel-local"
  std::string value;  // inner blanks kept, outer ones removed
  Place place;
  std::string key = {};  // the host's own name for it, if different: "V4TUNNEL_LOCAL"

  /// The name as the user has written it.
  const std::string& written() const { return key.empty() ? name : key; }
};

/// One `iface` stanza, or a hook's environment of one.
struct Stanza {
  std::string iface;  // the interface
  std::string
      logical;  // the stanza's name; differs from iface after `ifup IFACE=LOGICAL` and mappings
  std::string family;  // "inet6"
  std::string method;  // "v4tunnel"
  std::vector<Option> options;
  Place place;
};

}  // namespace situp
