// SPDX-License-Identifier: GPL-2.0-or-later
#include "hosts/find_host.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/text.h"
#include "model/stanza/words.h"

namespace situp {

const HostProgram& host_of_link(const std::string& target) {
  std::string_view rest = target;
  while (!rest.empty()) {
    const std::string_view part = take_until(rest, '/');
    for (const HostProgram* host : hosts::run_hooks) {
      const auto links = words_of(host->links);
      if (std::find(links.begin(), links.end(), part) != links.end()) return *host;
    }
  }
  return hosts::ifupdown;
}

const HostProgram& find_host(const std::string& root) {
  for (const char* path : {"/usr/sbin/ifup", "/sbin/ifup"}) {
    std::array<char, 256> target{};
    const ssize_t length = readlink((root + path).c_str(), target.data(), target.size() - 1);
    if (length >= 0) return host_of_link(target.data());
    if (errno == EINVAL) return host_of_link("");  // no link
  }
  return hosts::situp_up;
}

}  // namespace situp
