// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/error.h"
#include "commands/stanzas.h"
#include "hosts/ifcfg.h"
#include "hosts/interfaces.h"
#include "reconcile/system.h"

namespace situp {

/// The files' stanza of a name.
struct Said {
  std::optional<Stanza> stanza;  // empty: only a shell could tell
  std::optional<Error> error;    // why `up` refuses it although it can be read
  bool automatic = false;
};

/// situp's stanzas in this host's files, for status. Without the files there are still the records.
class StanzaFiles {
 public:
  StanzaFiles(const std::string& path, const System& system);

  const std::vector<Error>& remarks() const { return remarks_; }
  /// False: there may be stanzas that situp could not read.
  bool is_whole() const { return is_whole_; }

  /// By the stanza's name, which differs from the interface's after `ifup IFACE=LOGICAL`.
  std::optional<Said> stanza(const Named& named) const;
  /// The place of a stanza of that name without situp's options; empty if there is none.
  std::string stanza_without_options(const Named& named) const;
  std::vector<Named> tunnels() const;
  std::string nearest(const std::string& name) const;

 private:
  std::optional<Said> from_ifcfg(const Named& named) const;

  std::vector<IfcfgFile> ifcfgs_;
  std::optional<Interfaces> interfaces_;
  std::unordered_set<std::string> automatic_;  // interfaces
  std::vector<Error> remarks_;
  bool is_whole_ = true;
};

}  // namespace situp
