// SPDX-License-Identifier: GPL-2.0-or-later
#include "hosts/find_host.h"

#include <unistd.h>

#include <array>
#include <cerrno>

namespace situp {

Ifup ifup_of(const std::string& target) {
  if (target.find("ifupdown2") != std::string::npos) return Ifup::ifupdown2;
  const std::string name = target.substr(target.rfind('/') + 1);
  // Debian 12: ifup -> ifupdown; with ifupdown-ng-compat: ifup -> ifup-ng.
  if (name == "ifupdown" || name == "ifup-ng" || name == "ifupdown-ng") return Ifup::ifupdown_ng;
  return Ifup::ifupdown;
}

Ifup find_ifup(const std::string& root) {
  for (const char* path : {"/usr/sbin/ifup", "/sbin/ifup"}) {
    std::array<char, 256> target{};
    const ssize_t length = readlink((root + path).c_str(), target.data(), target.size() - 1);
    if (length >= 0) return ifup_of(target.data());
    if (errno == EINVAL) return ifup_of("");  // no link
  }
  return Ifup::none;
}

}  // namespace situp
