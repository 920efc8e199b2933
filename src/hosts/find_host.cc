// SPDX-License-Identifier: GPL-2.0-or-later
#include "hosts/find_host.h"

#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/text.h"
#include "hosts/ifcfg.h"

namespace situp {

const HostProgram& host_of_link(const std::string& target, const std::string& root) {
  const auto is_there = [&root](std::string_view file) {
    return file.empty() || access((root + std::string(file)).c_str(), F_OK) == 0;
  };
  std::string_view rest = target;
  while (!rest.empty()) {
    const std::string_view part = take_until(rest, '/');
    for (const HostProgram* host : hosts::run_hooks)
      if (is_listed(host->links, part) && is_there(host->file)) return *host;
  }
  return is_there(std::string(ifcfg_directory) + "/network-functions") ? hosts::network_scripts
                                                                       : hosts::ifupdown;
}

const HostProgram& find_host(const std::string& root) {
  for (const char* path : {"/usr/sbin/ifup", "/sbin/ifup"}) {
    std::array<char, 256> target{};
    const ssize_t length = readlink((root + path).c_str(), target.data(), target.size() - 1);
    if (length >= 0) return host_of_link(target.data(), root);
    if (errno == EINVAL) return host_of_link("", root);  // no link
  }
  return hosts::situp_up;
}

}  // namespace situp
