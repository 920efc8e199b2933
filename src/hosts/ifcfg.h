// SPDX-License-Identifier: GPL-2.0-or-later
// The ifcfg files of Red Hat's network-scripts, as ifup-v4tunnel and its kin hand them over;
// situp-ifcfg(5). The stock keys have the meaning of ifup-sit and network-functions-ipv6 of
// initscripts 9.49 and 10.00.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "model/address.h"
#include "model/kind.h"
#include "model/stanza/stanza.h"

namespace situp {

constexpr const char* ifcfg_directory = SITUP_SYSCONFDIR "/sysconfig/network-scripts";

struct Ifcfg {
  InterfaceName device;
  Kind kind = Kind::sixin4;  // of the script that was called
  std::string type;          // the key TYPE
  std::string file;          // for messages
  std::map<std::string, std::string> keys;
  bool automatic = false;  // the network service starts it

  /// Whether a key tells anything of the tunnel. If not, the stanza of that name in
  /// /etc/network/interfaces does.
  bool says_something() const;
};

using IfcfgVariables = std::map<std::string, std::string>;

/// From the file's variables, with CONFIG, the file's name. An Error (Exit::usage) if only a person
/// can have called it.
Ifcfg read_ifcfg(const IfcfgVariables& variables);
/// The same from the variables that the script has exported, "NAME=VALUE" each, the last one null.
Ifcfg read_ifcfg(const char* const* variables);

/// The kind of a key: "V4TUNNEL_TTL". nullptr if the key is none of situp's.
const KindRow* kind_of_key(std::string_view key);

/// One file as text.
struct IfcfgFile {
  std::string file;    // its path, printable
  std::string device;  // as it names it
  bool on_boot = false;
  /// Empty if situp is not run for it, or if a shell would read its words otherwise.
  std::optional<Ifcfg> ifcfg;
  /// Why it can't be read, or why situp is not run although a key of its own, or a kind, says so.
  std::optional<Error> error;
};

/// The files that concern situp, by the names of the files. `root` stands before the directory.
std::vector<IfcfgFile> read_ifcfg_files(const std::string& root);
/// Null where none is for that device.
const IfcfgFile* ifcfg_for(const std::vector<IfcfgFile>& files, std::string_view device);

struct IfcfgStanza {
  Stanza stanza;  // method "manual": the scripts themselves make no tunnel
  /// A line for each key that the file has and situp ignores.
  std::vector<std::string> remarks;
};

/// The same as a stanza; its options know their keys. An Error (Exit::configuration) names file and
/// key.
IfcfgStanza as_stanza(const Ifcfg& ifcfg);

/// "v4tunnel-ttl" → "V4TUNNEL_TTL"
std::string key_of(std::string_view option);
/// An Error about the stanza in the words of the ifcfg file.
Error in_ifcfg_words(const Error& error);

}  // namespace situp
