// SPDX-License-Identifier: GPL-2.0-or-later
// /etc/situp/credentials; situp.conf(5).
#pragma once
#include <sys/types.h>

#include <string>

#include "base/error.h"
#include "model/broker/broker.h"

namespace situp {

struct Credentials {
  Login login;
  /// Another one when the file has been written since: a broker's refusal holds for the file that
  /// it was given for. Tells nothing of what is in the file.
  std::string version;
};

constexpr const char* credentials_path = SITUP_SYSCONFDIR "/situp/credentials";

/// User and key for that tunnel: [NAME TUNNEL-ID] goes before [NAME]. An Error
/// (Exit::configuration) for a file that isn't `owner`'s, or that anybody else may read or write,
/// and for anything odd in it; Exit::not_permitted if we may not read it. No message has a word of
/// its values.
Credentials read_credentials(const Broker& broker, const std::string& path = credentials_path,
                             uid_t owner = 0);

}  // namespace situp
