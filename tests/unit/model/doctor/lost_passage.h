// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>

#include "model/doctor/passage.h"

namespace situp {

/// Three requests that left and came to nothing.
inline Passage lost() {
  Passage p;
  p.iface = "he-ipv6";
  p.target = *Ipv6::parse("2001:db8::1");
  p.local = *Ipv4::parse("172.31.14.146");
  p.outer = *Ipv4::parse("216.66.80.26");
  p.asked = 3;
  p.after.tx_packets = 3;
  p.watched = true;
  p.left = 3;
  p.left_by = "eth0";
  p.outer_answers = true;
  return p;
}

inline bool means(const Passage& passage, const char* text) {
  return judge(passage).means.find(text) != std::string::npos;
}

}  // namespace situp
