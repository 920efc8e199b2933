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
  /// Changes when the file is written: a broker's refusal holds for one version of the file.
  /// Reveals no content of the file.
  std::string version;
};

constexpr const char* credentials_path = SITUP_SYSCONFDIR "/situp/credentials";

/// User and key for that tunnel: [NAME TUNNEL-ID] has priority over [NAME]. Throws an Error
/// (Exit::configuration) for a file that isn't `owner`'s, that another user may read or write, or
/// that has a mistake; Exit::not_permitted if situp may not read it. No message has a word of its
/// values.
Credentials read_credentials(const Broker& broker, const std::string& path = credentials_path,
                             uid_t owner = 0);
/// The same, for calls of this URL. Throws an Error (Exit::configuration), too, if the URL has the
/// key in it: every user may read it, in situp.conf and among situp-net's arguments.
Credentials read_credentials(const Broker& broker, const UpdateUrl& url,
                             const std::string& path = credentials_path, uid_t owner = 0);

}  // namespace situp
