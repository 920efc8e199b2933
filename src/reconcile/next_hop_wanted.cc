// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconcile/next_hop_wanted.h"

namespace situp {

bool wants_next_hop(const Config& config, const TunnelSpec& spec, const Resolved& resolved,
                    Kernel& kernel) {
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
  return (source && service_of(*source) != nullptr) || !platforms_of(kernel.firmware()).empty();
}

}  // namespace situp
