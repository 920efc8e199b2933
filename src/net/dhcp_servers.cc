// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/dhcp_servers.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <memory>
#include <vector>

#include "base/file.h"
#include "model/ask/lease.h"

namespace situp {
namespace {

constexpr std::size_t most_bytes = 65536;
constexpr std::size_t most_files = 64;

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

/// 2 comes before 10: most names are numbers of interfaces, or end in one.
bool comes_before(const std::string& one, const std::string& other) {
  return one.size() != other.size() ? one.size() < other.size() : one < other;
}

std::vector<std::string> files_of(const LeasePlace& place, const std::string& folder) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, CloseFolder> opened(opendir(folder.c_str()));
  if (!opened) return names;
  while (const dirent* entry = readdir(opened.get())) {
    const std::string_view name = entry->d_name;
    if (name.starts_with('.') || !name.starts_with(place.prefix)) continue;
    if (names.size() == most_files) break;
    names.push_back(folder + '/' + entry->d_name);
  }
  std::sort(names.begin(), names.end(), comes_before);
  return names;
}

/// Nothing of a file that this user can't read.
Contents read_lease(const std::string& path) {
  const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  struct stat about {};
  if (!fd || fstat(fd.get(), &about) != 0 || !S_ISREG(about.st_mode)) return {};
  return read_all(fd.get(), most_bytes);
}

std::string utc_now() {
  const std::time_t time = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 64> text{};
  return {text.data(), strftime(text.data(), text.size(), "%Y/%m/%d %H:%M:%S", &parts)};
}

}  // namespace

DhcpServers::DhcpServers(std::string root)
    : root_(std::move(root)),
      routes_(open((root_ + "/proc/net/route").c_str(), O_RDONLY | O_CLOEXEC)) {}

Answer DhcpServers::find() const {
  std::vector<Ipv4> servers;
  const std::string now = utc_now();
  for (std::size_t place = 0; place < lease_places.size(); ++place) {
    for (const auto& path : files_of(lease_places[place], root_ + lease_places[place].folder)) {
      const Contents contents = read_lease(path);
      if (contents.too_long) return FailureAnswer{Failure::bad_lease, static_cast<unsigned>(place)};
      const auto answer = server_in_lease(contents.text, place, now);
      const auto* found = std::get_if<std::vector<Ipv4>>(&answer);
      if (found == nullptr) return answer;
      for (const Ipv4 server : *found)
        if (std::find(servers.begin(), servers.end(), server) == servers.end())
          servers.push_back(server);
    }
  }
  if (servers.empty() && routes_ && lseek(routes_.get(), 0, SEEK_SET) == 0)
    if (const auto gateway = gateway_in(read_all(routes_.get(), most_bytes).text))
      servers.push_back(*gateway);
  return servers;
}

}  // namespace situp
