// SPDX-License-Identifier: GPL-2.0-or-later
// Stanzas with `up ip …` lines, and crontabs, under libFuzzer: make fuzz-recipe. A line of the
// input is an option and its value, and a line of a crontab.
#include <string>
#include <vector>

#include "base/text.h"
#include "fuzz.h"
#include "model/check/old_recipe.h"
#include "model/check/up_lines.h"

namespace {

/// The name in "auto NAME", behind the comments.
std::string name_in(std::string_view instead) {
  while (instead.starts_with('#')) situp::take_until(instead, '\n');
  const std::string_view line = situp::take_until(instead, '\n');
  return std::string(line.substr(line.find(' ') + 1));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace situp;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto pings = pings_in_crontab(text, "crontab");
  Stanza stanza{"he-ipv6", "he-ipv6", "inet6", "v4tunnel", {}, {"interfaces", 1}};
  unsigned number = 1;
  for (std::string_view rest = text; !rest.empty();) {
    std::string_view line = take_until(rest, '\n');
    const std::string_view name = take_until(line, ' ');
    stanza.options.push_back({std::string(name), std::string(line), {"interfaces", ++number}});
  }
  claim_pings({stanza}, pings);
  for (const Finding& finding : rewrite_old_recipe(stanza, true, pings)) {
    must(!finding.complaint.why().empty());
    must(printable(line_of(finding)) == line_of(finding));
    // Each line is a comment, or the stanza's.
    for (std::string_view rest = finding.instead; !rest.empty();) {
      const std::string_view line = take_until(rest, '\n');
      must(line.empty() || line.starts_with("# ") || line == "auto " + name_in(finding.instead) ||
           line == "iface " + name_in(finding.instead) + " inet6 v4tunnel" ||
           line == "iface " + name_in(finding.instead) + " inet6 manual" ||
           line.starts_with("    "));
    }
  }
  std::vector<Complaint> mistakes;
  const TunnelSpec spec = understand_all(stanza, hosts::ifupdown, mistakes);
  if (!mistakes.empty()) return 0;
  for (const Complaint& complaint : contradictions(stanza, spec, 1024))
    must(complaint.place().file == "interfaces" && !complaint.why().empty());
  return 0;
}
