// SPDX-License-Identifier: GPL-2.0-or-later
#include "hosts/ifstate.h"

#include "base/file.h"

namespace situp {

bool is_up_for_ifupdown(const InterfaceName& iface) {
  const auto state = read_small_file("/run/network/ifstate", 1U << 20);
  if (!state) return false;
  // One "IFACE=LOGICAL" a line.
  return ("\n" + *state).find("\n" + iface.str() + "=") != std::string::npos;
}

}  // namespace situp
