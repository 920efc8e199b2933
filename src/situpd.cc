// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>

#include "base/error.h"
#include "upkeep/daemon.h"
#include "upkeep/journal.h"

namespace situp {
namespace {

constexpr const char* usage =
    "Usage: situpd [--config FILE] [--stay]\n\n"
    "Looks after the tunnels that situp has brought up: keepalive, and repair when\n"
    "an address changes. Runs in the foreground; situpd.path starts it, or another\n"
    "supervisor.\n\n"
    "Options:\n"
    "  --config FILE      read FILE instead of /etc/situp/situp.conf\n"
    "  --stay             go on also when there is no tunnel to look after\n"
    "  --help             show this\n"
    "  --version          show the version\n\n"
    "Example: situpd --stay\n";

Exit run(int argc, char** argv) {
  std::string config;
  bool stay = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--help") {
      printf("%s", usage);
      return Exit::done;
    }
    if (word == "--version") {
      puts("situpd " SITUP_VERSION);
      return Exit::done;
    }
    if (word == "--stay")
      stay = true;
    else if (word == "--config" && i + 1 < argc)
      config = argv[++i];
    else
      throw Error(Exit::usage, std::string(word), "situpd has no such option; situpd --help");
  }
  Daemon(config, stay).run();
  return Exit::done;
}

}  // namespace
}  // namespace situp

int main(int argc, char** argv) {
  try {
    return static_cast<int>(situp::run(argc, argv));
  } catch (const situp::Error& error) {
    situp::tell(situp::Severity::error, "", "error", error.what());
    return static_cast<int>(error.status());
  } catch (const std::exception& error) {
    situp::tell(situp::Severity::error, "", "error",
                std::string("out of memory, or a mistake in situpd that is worth a report: ") +
                    error.what());
    return static_cast<int>(situp::Exit::system);
  }
}
