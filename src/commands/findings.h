// SPDX-License-Identifier: GPL-2.0-or-later
// The output of check.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/check/finding.h"

namespace situp {

/// The texts of the files with findings, by file name.
class Texts {
 public:
  /// `text` must outlive this.
  void add(std::string_view file, std::string_view text);
  Spot find(const Complaint& complaint) const;

 private:
  std::map<std::string, SourceText, std::less<>> texts_;
};

/// Prints one line each on stderr; on a terminal also the line of the file, with a caret below it.
/// Stanzas to paste go to stdout.
void show_findings(const std::vector<Finding>& findings, const Texts& texts);
/// Prints a JSON array on stdout (schema/check.schema.json).
void print_findings(const std::vector<Finding>& findings, const Texts& texts);

}  // namespace situp
