// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/findings.h"

#include <unistd.h>

#include <cstdio>

#include "base/json.h"
#include "base/text.h"
#include "commands/commands.h"

namespace situp {
namespace {

void put(FILE* to, const std::string& text) {
  static_cast<void>(fwrite(text.data(), 1, text.size(), to));
}

}  // namespace

void Texts::add(std::string_view file, std::string_view text) {
  if (!text.empty()) texts_.try_emplace(std::string(file), text);
}

Spot Texts::find(const Complaint& complaint) const {
  const auto found = texts_.find(complaint.place().file);
  return found == texts_.end() ? Spot{} : found->second.find(complaint);
}

void show_findings(const std::vector<Finding>& findings, const Texts& texts) {
  const bool carets = isatty(STDERR_FILENO) == 1;
  const bool terminal = isatty(STDOUT_FILENO) == 1;
  for (const Finding& finding : findings) {
    put(stderr, line_of(finding) + "\n");
    const Spot spot = carets ? texts.find(finding.complaint) : Spot{};
    if (spot.line != 0) put(stderr, with_caret(spot, "  ") + "\n");
    if (finding.instead.empty()) continue;
    put(stdout, terminal ? printable(finding.instead, "\n\t") : finding.instead);
    // Both may be the same terminal.
    static_cast<void>(fflush(stdout));
  }
}

void print_findings(const std::vector<Finding>& findings, const Texts& texts) {
  Json json;
  json.begin_array();
  for (const Finding& finding : findings) {
    const Complaint& complaint = finding.complaint;
    json.begin_object();
    json.member("severity", word_of(finding.weight));
    json.member("file", complaint.place().file);
    const Spot spot = texts.find(complaint);
    if (spot.line != 0) {
      json.member("line", spot.line);
      json.member("column", static_cast<unsigned>(spot.column + 1));
    } else if (complaint.place().line != 0) {
      json.member("line", complaint.place().line);
    }
    if (!complaint.about().empty()) json.member("what", complaint.about());
    json.member("why", complaint.why());
    if (!complaint.word().empty()) json.member("word", complaint.word());
    if (!finding.instead.empty()) json.member("instead", finding.instead);
    json.end_object();
  }
  json.end_array();
  print(json.text());
}

}  // namespace situp
