// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "base/arguments.h"
#include "base/error.h"
#include "upkeep/daemon.h"
#include "upkeep/journal.h"
#include "upkeep/put_routes_back.h"

namespace situp {
namespace {

constexpr const char* usage =
    "Usage: situpd [--config FILE] [--stay]\n"
    "       situpd [--config FILE] --put-routes-back\n\n"
    "Looks after the tunnels that situp has brought up: keepalive, and repair when\n"
    "an address changes. Runs in the foreground; situpd.path starts it, or another\n"
    "supervisor.\n\n"
    "Options:\n"
    "  --config FILE      read FILE instead of /etc/situp/situp.conf\n"
    "  --stay             go on also when there is no tunnel to look after\n"
    "  --put-routes-back  put back the default routes that a situpd has withdrawn\n"
    "                     which was killed, and end\n"
    "  --help             show this\n"
    "  --version          show the version\n\n"
    "Example: situpd --stay\n";

constexpr std::array options{OptionName{"--config", true}, OptionName{"--stay"},
                             OptionName{"--put-routes-back"}, OptionName{"--help"},
                             OptionName{"--version"}};

/// A mistake in the file must not keep the routes away.
Config config_or_default(const std::string& path) {
  try {
    return Config::read_named(path);
  } catch (const Error&) {
    return {};
  }
}

Exit run(const std::vector<std::string>& words) {
  std::string config;
  bool stay = false, only_routes = false;
  for (const auto& [kind, word, value] : read_arguments(words, options)) {
    if (kind != Argument::Kind::option)
      throw Error(Exit::usage, word, "situpd has no such option; situpd --help");
    if (word == "--help") {
      printf("%s", usage);
      return Exit::done;
    }
    if (word == "--version") {
      puts("situpd " SITUP_VERSION);
      return Exit::done;
    }
    if (word == "--stay") stay = true;
    if (word == "--put-routes-back") only_routes = true;
    if (word == "--config") config = value;
  }
  if (only_routes) {
    put_routes_back(config_or_default(config));
    return Exit::done;
  }
  Daemon(config, stay).run();
  return Exit::done;
}

}  // namespace
}  // namespace situp

int main(int argc, char** argv) {
  try {
    return static_cast<int>(situp::run({argv + std::min(argc, 1), argv + argc}));
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
