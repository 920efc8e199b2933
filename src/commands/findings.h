// SPDX-License-Identifier: GPL-2.0-or-later
// How check shows what it has found.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/check/finding.h"

namespace situp {

/// The texts that places of findings lie in, by file name.
class Texts {
 public:
  /// `text` must outlive this.
  void add(std::string_view file, std::string_view text);
  Spot find(const Complaint& complaint) const;

 private:
  std::map<std::string, SourceText, std::less<>> texts_;
};

/// One line each on stderr, on a terminal with the line of the file and a caret below it; stanzas
/// to be pasted on stdout.
void show_findings(const std::vector<Finding>& findings, const Texts& texts);
/// A JSON array on stdout (schema/check.schema.json).
void print_findings(const std::vector<Finding>& findings, const Texts& texts);

}  // namespace situp
