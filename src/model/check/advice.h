// SPDX-License-Identifier: GPL-2.0-or-later
// What is likely to be a mistake although understand() takes it. Pure: of words alone.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "model/check/finding.h"
#include "model/stanza/spec.h"
#include "model/stanza/stanza.h"

namespace situp {

/// Tells of options that are nobody's, and near one of situp's or of ifupdown's, and puts what was
/// meant in their place: nothing more is to be said of it then but what is wrong with the value.
void correct_slips(Stanza& stanza, std::vector<Finding>& findings);

/// One opted-in stanza, and what understand_all() made of it.
void advise(const Stanza& stanza, const TunnelSpec& spec, std::vector<Finding>& findings);

/// Stanzas that are in each other's way. Of two, the second one is told of.
class Together {
 public:
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
  std::map<std::string, Seen> by_name_, by_ends_;
  std::map<std::uint32_t, Seen> by_metric_;
};

}  // namespace situp
