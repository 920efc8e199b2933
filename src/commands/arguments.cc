// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/commands.h"

namespace situp {

Config Arguments::read_config() const {
  if (config.empty()) return Config::read(Config::default_path, Config::Missing::is_fine);
  return Config::read(config, Config::Missing::is_an_error);
}

}  // namespace situp
