// SPDX-License-Identifier: GPL-2.0-or-later
// Likely mistakes that understand() accepts. Pure: from the words alone.
#pragma once
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "model/check/finding.h"
#include "model/stanza/spec.h"
#include "model/stanza/stanza.h"

namespace situp {

/// Reports options that no program knows and that are near one of situp's or of ifupdown's, and
/// replaces them by those. After that only a wrong value is reported.
void correct_slips(Stanza& stanza, std::vector<Finding>& findings);

/// Checks one opted-in stanza; `spec` is the result of understand_all().
void advise(const Stanza& stanza, const TunnelSpec& spec, std::vector<Finding>& findings);

/// Stanzas that conflict with each other. Of two, the second one is reported.
class Together {
 public:
  explicit Together(const HostProgram& host) : host_(host) {}
  /// `automatic`: brought up with the others.
  void add(const Stanza& stanza, const TunnelSpec& spec, bool automatic,
           std::vector<Finding>& findings);

 private:
  struct Seen {
    std::string logical;
    Place place;
    bool automatic = false;
  };
  void ends(const Stanza& stanza, const TunnelSpec& spec, const Seen& now,
            std::vector<Finding>& findings);
  void default_route(const Stanza& stanza, const TunnelSpec& spec, const Seen& now,
                     std::vector<Finding>& findings);
  const HostProgram& host_;
  std::map<std::string, Seen> by_name_, by_ends_;
  std::map<std::uint32_t, Seen> by_metric_;
};

}  // namespace situp
