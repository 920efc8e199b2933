// SPDX-License-Identifier: GPL-2.0-or-later
// Runs its arguments through run_unprivileged, for tests/net/refusals.
#include <cstdio>

#include "base/child.h"

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  try {
    const auto outcome = situp::run_unprivileged({argv[1], {argv + 2, argv + argc}},
                                                 situp::Deadline::in(std::chrono::seconds(20)));
    return printf("%s", outcome.output.c_str()) < 0 ? 2 : outcome.exit_status;
  } catch (const situp::Error& error) {
    printf("%s\n", error.what());
    return 100 + static_cast<int>(error.status());
  }
}
