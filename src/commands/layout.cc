// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/layout.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

namespace situp {
namespace {

unsigned columns_of_terminal() {
  if (const char* said = getenv("COLUMNS"))
    if (const auto number = parse_number(said, 10000); number && *number >= 20) return *number;
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20) return size.ws_col;
  return 80;
}

}  // namespace

Layout layout_of_stdout() {
  if (isatty(STDOUT_FILENO) != 1) return {};
  const char* no_colour = getenv("NO_COLOR");
  return {columns_of_terminal(), no_colour == nullptr || *no_colour == '\0'};
}

}  // namespace situp
