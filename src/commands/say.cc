// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdio>

#include "base/text.h"
#include "commands/commands.h"

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

void print(std::string_view line) {
  // Escape starts colours.
  const std::string text = printable(line, "\n\t\x1b");
  // A failed write is reported when main flushes.
  static_cast<void>(fwrite(text.data(), 1, text.size(), stdout));
  static_cast<void>(fputc('\n', stdout));
}

}  // namespace situp
