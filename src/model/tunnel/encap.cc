// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/tunnel/encap.h"

namespace situp {

std::string str(const Encap& encap) {
  std::string text = "fou " + std::to_string(encap.port);
  if (encap.source_port == 0) return text + " sport auto";
  if (encap.source_port != encap.port) text += " sport " + std::to_string(encap.source_port);
  return text;
}

}  // namespace situp
