// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconcile/next_hop_wanted.h"

#include "hosts/dmi.h"

namespace situp {
namespace {

/// The firmware's names don't change while the host runs.
bool is_on_cloud() {
  static const bool is = !platform_of(read_dmi()).empty();
  return is;
}

}  // namespace

bool wants_next_hop(const Config& config, const TunnelSpec& spec, const Resolved& resolved) {
  if (spec.kind().has_endpoint) return false;
  switch (config.next_hop.policy) {
    case NextHopPolicy::gateway:
      return true;
    case NextHopPolicy::kernel:
      return false;
    case NextHopPolicy::automatic:
      break;
  }
  const auto source = parse_source(resolved.local_source);
  return (source && service_of(*source) != nullptr) || is_on_cloud();
}

}  // namespace situp
