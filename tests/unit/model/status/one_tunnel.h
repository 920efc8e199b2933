// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>

#include "model/status/status.h"

namespace situp {

/// A 6in4 tunnel with both ends.
inline TunnelStatus tunnel(TunnelStatus::State state) {
  TunnelStatus status;
  status.state = state;
  status.name = "he-ipv6";
  status.local = Ipv4::parse("172.31.14.146");
  status.remote = Ipv4::parse("216.66.80.26");
  status.local_sources = "ec2";
  status.endpoint = "broker.example.net";
  status.owner = "ifup";
  return status;
}

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace situp
