// SPDX-License-Identifier: GPL-2.0-or-later
// The address families and methods that ifupdown 0.8 has on Linux.
#pragma once
#include <string_view>

namespace situp {

struct InterfacesFamily {
  std::string_view name;
  std::string_view methods;  // separated by ", ", as an error shows them
};

/// nullptr if ifupdown has no such family.
const InterfacesFamily* find_family(std::string_view name);
/// The method's name, in memory that outlives the file; empty if the family has no such method.
std::string_view find_method(const InterfacesFamily& family, std::string_view name);

}  // namespace situp
