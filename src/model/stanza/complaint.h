// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "model/stanza/stanza.h"

namespace situp {

/// "FILE:LINE", or the file alone if the line is not known.
std::string str(const Place& place);

/// One mistake in a stanza, or in its file, and its place.
class Complaint : public Error {
 public:
  /// The second argument is the option (or the stanza) as the user has written it; empty: the whole
  /// line.
  Complaint(Place place, const std::string& what, std::string why, std::string word = {});

  const Place& place() const { return place_; }
  /// The option, or "iface NAME", without the place that subject() has before it.
  const std::string& about() const { return about_; }
  /// The wrong word of the value; empty: the whole option.
  const std::string& word() const { return word_; }

 private:
  Place place_;
  std::string about_, word_;
};

/// Collects the mistakes that the rules for stanzas find. `up` ends at the first mistake, `check`
/// reports all; both use the same rules.
class Complaints {
 public:
  /// Throws the first one.
  Complaints() = default;
  /// Keeps all in `all`, each once.
  explicit Complaints(std::vector<Complaint>& all) : all_(&all) {}

  /// Runs a rule that throws a Complaint about a mistake; if Complaints are kept, the next rules
  /// still run. False: it threw.
  template <typename Rule>
  bool attempt(Rule&& rule) const {
    if (all_ == nullptr) {
      std::forward<Rule>(rule)();
      return true;
    }
    try {
      std::forward<Rule>(rule)();
      return true;
    } catch (const Complaint& complaint) {
      keep(complaint);
      return false;
    }
  }

 private:
  void keep(const Complaint& complaint) const;
  std::vector<Complaint>* all_ = nullptr;
};

}  // namespace situp
