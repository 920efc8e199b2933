// SPDX-License-Identifier: GPL-2.0-or-later
#include "hosts/interfaces_methods.h"

#include <algorithm>
#include <array>

namespace situp {
namespace {

// From the .defn files of ifupdown on Linux. inet6's tunnel came with 0.8.40.
constexpr std::array families = {
    InterfacesFamily{"inet", "loopback, static, manual, dhcp, bootp, tunnel, ppp, wvdial, ipv4ll"},
    InterfacesFamily{"inet6", "auto, loopback, static, manual, dhcp, tunnel, v4tunnel, 6to4"},
    InterfacesFamily{"ipx", "static, dynamic"},
    InterfacesFamily{"can", "static"},
    InterfacesFamily{"meta", "none"},
};

}  // namespace

const InterfacesFamily* find_family(std::string_view name) {
  for (const InterfacesFamily& family : families)
    if (family.name == name) return &family;
  return nullptr;
}

std::string_view find_method(const InterfacesFamily& family, std::string_view name) {
  std::string_view rest = family.methods;
  while (!rest.empty()) {
    const std::string_view method = rest.substr(0, rest.find(','));
    if (method == name) return method;
    rest.remove_prefix(std::min(rest.size(), method.size() + 2));
  }
  return {};
}

}  // namespace situp
