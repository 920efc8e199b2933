// SPDX-License-Identifier: GPL-2.0-or-later
// Words as a host hands them over, and where they stood. Nothing here has been understood yet.
#pragma once
#include <string>
#include <vector>

namespace situp {

/// Where a word stands. An empty file: it came from a hook's environment, which doesn't say. Line
/// 0: from a file whose host doesn't say where in it.
struct Place {
  std::string file;
  unsigned line = 0;
};

/// One option; a repeated option is several of these, in the file's order.
struct Option {
  std::string name;   // as interfaces(5) spells it: "v4tunnel-local"
  std::string value;  // inner blanks kept, outer ones gone
  Place place;
  std::string key = {};  // the host's own word for it where that is another: "V4TUNNEL_LOCAL"

  /// What the user has written.
  const std::string& written() const { return key.empty() ? name : key; }
};

/// One `iface` stanza, or what a hook's environment says of one.
struct Stanza {
  std::string iface;  // the interface that is brought up
  std::string
      logical;  // the stanza's name; differs from iface after `ifup IFACE=LOGICAL` and mappings
  std::string family;  // "inet6"
  std::string method;  // "v4tunnel"
  std::vector<Option> options;
  Place place;
};

}  // namespace situp
