// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "model/stanza/stanza.h"

namespace situp {

/// One thing that is wrong with a stanza, or with the file that it stands in, and where.
class Complaint : public Error {
 public:
  /// `what` is the option (or the stanza) as the user has written it; empty: the line as a whole.
  Complaint(Place place, const std::string& what, std::string why, std::string word = {});

  const Place& place() const { return place_; }
  /// The option, or "iface NAME", without the place that subject() has before it.
  const std::string& about() const { return about_; }
  /// The word of the value that is wrong; empty where it is the option as a whole.
  const std::string& word() const { return word_; }

 private:
  Place place_;
  std::string about_, word_;
};

/// Where the rules for stanzas report to. `up` ends at the first thing that is wrong, `check` wants
/// all of them, and both go by the same rules.
class Complaints {
 public:
  /// The first one is thrown.
  Complaints() = default;
  /// All are kept in `all`, each once.
  explicit Complaints(std::vector<Complaint>& all) : all_(&all) {}

  /// Runs a rule that throws a Complaint where something is wrong; where they are kept, whatever
  /// comes behind it is looked at all the same.
  template <typename Rule>
  void attempt(Rule&& rule) const {
    if (all_ == nullptr) return std::forward<Rule>(rule)();
    try {
      std::forward<Rule>(rule)();
    } catch (const Complaint& complaint) {
      keep(complaint);
    }
  }

 private:
  void keep(const Complaint& complaint) const;
  std::vector<Complaint>* all_ = nullptr;
};

}  // namespace situp
