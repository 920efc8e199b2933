// SPDX-License-Identifier: GPL-2.0-or-later
#include <unistd.h>

#include <cstdio>

#include "base/text.h"
#include "commands/commands.h"
#include "model/tunnel/firewall.h"

namespace situp {

void say(std::string_view subject, std::string_view line) {
  std::string text = "situp: ";
  if (!subject.empty()) text.append(printable(subject)).append(": ");
  text.append(printable(line)).append("\n");
  // One write, so that two programs' lines don't mix.
  static_cast<void>(fwrite(text.data(), 1, text.size(), stderr));
}

void say(std::string_view subject, const Error& error) {
  // Avoids "situp: he-ipv6: he-ipv6: …".
  if (error.subject() == subject)
    say(subject, error.why());
  else
    say(subject, error.what());
}

bool is_for_person(bool verbose) {
  return verbose || isatty(STDERR_FILENO) == 1;
}

void say_done(std::string_view iface, const Plan& plan, bool verbose) {
  // At boot it would have no reader, and cron would mail it each time.
  if (!plan.opens.empty() && is_for_person(verbose)) say(iface, plan.opens);
  if (is_for_person(verbose))
    for (const auto* lines : {&plan.warnings, &plan.doubts})
      for (const std::string& line : *lines) say(iface, line);
  if (!verbose) return;
  for (const std::string& note : plan.notes) say(iface, note);
  for (const Operation& operation : plan.operations) say(iface, in_brief(operation));
}

void print(std::string_view line) {
  // Escape starts colours.
  const std::string text = printable(line, "\n\t\x1b");
  // A failed write is reported when main flushes.
  static_cast<void>(fwrite(text.data(), 1, text.size(), stdout));
  static_cast<void>(fputc('\n', stdout));
}

}  // namespace situp
