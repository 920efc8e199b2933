// SPDX-License-Identifier: GPL-2.0-or-later
#include "hosts/find_host.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/fd.h"
#include "base/text.h"
#include "hosts/ifcfg.h"

namespace situp {

namespace {

bool is_script(const std::string& path) {
  const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  std::array<char, 2> begin{};
  return file && read(file.get(), begin.data(), begin.size()) == 2 && begin[0] == '#' &&
         begin[1] == '!';
}

/// `path` is a link to `target`, or a file of its own (an empty `target`).
const HostProgram& host_of(const std::string& path, std::string_view target,
                           const std::string& root) {
  const auto is_there = [&root](std::string_view file) {
    return file.empty() || access((root + std::string(file)).c_str(), F_OK) == 0;
  };
  while (!target.empty()) {
    const std::string_view part = take_until(target, '/');
    for (const HostProgram* host : hosts::run_hooks)
      if (is_listed(host->links, part) && is_there(host->file)) return *host;
  }
  // ifupdown's is a program, also where the files of network-scripts are beside it. A script may
  // stand in front of it.
  if (!is_script(path)) return hosts::ifupdown;
  if (is_there(std::string(ifcfg_directory) + "/network-functions")) return hosts::network_scripts;
  if (is_there("/usr/sbin/ifquery") || is_there("/sbin/ifquery")) return hosts::ifupdown;
  // NetworkManager's, which knows its own connections only.
  return hosts::situp_up;
}

}  // namespace

const HostProgram& find_host(const std::string& root) {
  for (const char* name : {"/usr/sbin/ifup", "/sbin/ifup"}) {
    const std::string path = root + name;
    std::array<char, 256> target{};
    const ssize_t length = readlink(path.c_str(), target.data(), target.size() - 1);
    if (length >= 0 || errno == EINVAL) return host_of(path, target.data(), root);
  }
  return hosts::situp_up;
}

}  // namespace situp
