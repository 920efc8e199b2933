// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/netns.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <memory>

namespace situp {

std::string own_netns() {
  std::array<char, 64> target{};
  const ssize_t size = readlink("/proc/self/ns/net", target.data(), target.size());
  return size <= 0 ? std::string() : std::string(target.data(), static_cast<std::size_t>(size));
}

std::string name_of_netns(const std::string& netns, const std::string& directory) {
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(opendir(directory.c_str()), closedir);
  if (!listing) return {};
  while (const dirent* entry = readdir(listing.get())) {
    struct stat status {};
    if (entry->d_name[0] == '.' || fstatat(dirfd(listing.get()), entry->d_name, &status, 0) != 0)
      continue;
    if (netns == "net:[" + std::to_string(status.st_ino) + "]") return entry->d_name;
  }
  return {};
}

}  // namespace situp
