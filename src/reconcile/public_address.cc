// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconcile/public_address.h"

#include "reconcile/asker.h"

namespace situp {

std::optional<Ipv4> known_public_address(std::optional<Ipv4> local) {
  return local && !local->is_private() ? local : std::nullopt;
}

const Service* service_of_chain(const TunnelSpec& spec, const Dmi& dmi) {
  for (const Source& source : spec.local)
    if (const Service* service = service_of(source, dmi)) return service;
  return nullptr;
}

const Service* service_for_public_address(const TunnelSpec& spec, std::optional<Ipv4> local,
                                          const Dmi& dmi) {
  if (!local || !local->is_private()) return nullptr;
  const Service* service = service_of_chain(spec, dmi);
  return service != nullptr && service->says_public_of_private() ? service : nullptr;
}

MetadataQuestion public_address_question(const Config& config, const Service& service, Ipv4 local) {
  return {&service, config.url_of(service), config.imds, PublicAddress{local}};
}

std::optional<Answer> public_address_in(const Outcome& outcome) {
  return outcome.ended_by_itself() ? read_answer(outcome.output) : std::nullopt;
}

std::optional<Answer> ask_public_address(const Config& config, const Service& service, Ipv4 local) {
  const auto wait = std::chrono::milliseconds(config.timeout);
  return public_address_in(
      run_unprivileged(command_for(public_address_question(config, service, local), wait),
                       Deadline::in(wait + grace)));
}

}  // namespace situp
