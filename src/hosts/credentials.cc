// SPDX-License-Identifier: GPL-2.0-or-later
#include "hosts/credentials.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <map>
#include <optional>

#include "base/fd.h"
#include "hosts/ini.h"

namespace situp {
namespace {

struct Secret {
  std::optional<std::string> user, key;
};

/// [NAME] or [NAME TUNNEL-ID].
bool is_section(std::string_view section) {
  const auto blank = section.find(' ');
  if (!BrokerName::parse(section.substr(0, blank))) return false;
  return blank == std::string_view::npos || TunnelId::parse(section.substr(blank + 1));
}

void look_at(const std::string& path, const struct stat& file, uid_t owner) {
  if (!S_ISREG(file.st_mode))
    throw Error(Exit::configuration, path,
                "is not a regular file: put one in its place, mode 0600");
  if (file.st_uid != owner)
    throw Error(Exit::configuration, path,
                "belongs to user " + std::to_string(file.st_uid) + ", and keys in it could be " +
                    "anybody's: chown root it");
  if ((file.st_mode & 077) != 0) {
    std::array<char, 8> mode{};
    static_cast<void>(
        snprintf(mode.data(), mode.size(), "%04o", static_cast<unsigned>(file.st_mode & 07777)));
    throw Error(Exit::configuration, path,
                std::string("has mode ") + mode.data() + ", so others could read the keys in it: " +
                    "chmod 600 it, and have the broker make new keys");
  }
}

std::string version_of(const struct stat& file) {
  return std::to_string(file.st_ino) + '.' + std::to_string(file.st_size) + '.' +
         std::to_string(file.st_mtim.tv_sec) + '.' + std::to_string(file.st_mtim.tv_nsec);
}

std::map<std::string, Secret, std::less<>> parse(const std::string& path, int fd) {
  std::map<std::string, Secret, std::less<>> secrets;
  IniRules rules;
  rules.secret = true;
  rules.section = [&](std::string_view section) -> std::string {
    if (!is_section(section)) return "a section is [BROKER] or [BROKER TUNNEL-ID], such as [he]";
    secrets.try_emplace(std::string(section));
    return {};
  };
  rules.pair = [&](std::string_view section, std::string_view name,
                   std::string_view value) -> std::string {
    Secret& secret = secrets.find(section)->second;
    if (name == "user") {
      if (!Login::is_user(value))
        return "user takes 1 to 128 printable ASCII characters, and no colon";
      secret.user = value;
      return {};
    }
    if (name == "key") {
      if (!Login::is_key(value))
        return "key takes 1 to 128 printable ASCII characters, and no blank";
      secret.key = value;
      return {};
    }
    return "unknown key; [" + std::string(section) + "] has user, key";
  };
  read_ini(path, fd, rules);
  return secrets;
}

}  // namespace

Credentials read_credentials(const Broker& broker, const std::string& path, uid_t owner) {
  const std::string section = "[" + broker.name.str() + "]";
  const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd && errno == ENOENT)
    throw Error(Exit::configuration, path,
                "is not there: make it with mode 0600, with " + section +
                    " and user and key of the tunnel");
  if (!fd) throw system_error(path, errno);
  struct stat file {};
  if (fstat(fd.get(), &file) != 0) throw system_error(path, errno);
  look_at(path, file, owner);
  const auto secrets = parse(path, fd.get());
  auto found = secrets.find(broker.name.str() + ' ' + broker.tunnel.str());
  if (found == secrets.end()) found = secrets.find(broker.name.str());
  if (found == secrets.end())
    throw Error(
        Exit::configuration, path,
        "has no " + section + ": add it, with user and key of tunnel " + broker.tunnel.str());
  const auto& [user, key] = found->second;
  if (!user || !key)
    throw Error(Exit::configuration, path,
                "[" + found->first + "] has no " + (user ? "key" : "user") + ": add the line");
  return {*Login::parse(*user, *key), version_of(file)};
}

Credentials read_credentials(const Broker& broker, const UpdateUrl& url, const std::string& path,
                             uid_t owner) {
  Credentials credentials = read_credentials(broker, path, owner);
  if (url.shows_key(credentials.login))
    throw Error(Exit::configuration, "broker " + broker.name.str(),
                "its URL in situp.conf has the key in it, which every user may read: write {key} "
                "there, and have the broker make a new key");
  return credentials;
}

}  // namespace situp
