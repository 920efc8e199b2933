// SPDX-License-Identifier: GPL-2.0-or-later
// The public address of LOCAL, where a NAT hides LOCAL: for brokers, and for prefixes that hold it.
#pragma once
#include <optional>

#include "base/child.h"
#include "hosts/config.h"
#include "model/ask/question.h"
#include "model/stanza/spec.h"

namespace situp {

/// The one address that is known without asking anybody: LOCAL itself, where no NAT hides it.
std::optional<Ipv4> known_public_address(std::optional<Ipv4> local);
/// The metadata service that the stanza takes LOCAL from, on a machine with these names. A null
/// pointer if the stanza names none.
const Service* service_of_chain(const TunnelSpec& spec, const Dmi& dmi);
/// The metadata service that is to be asked for it, on a machine with these names: the stanza takes
/// LOCAL from there. A null pointer if the stanza names none that says public addresses.
const Service* service_for_public_address(const TunnelSpec& spec, std::optional<Ipv4> local,
                                          const Dmi& dmi);
/// The question.
MetadataQuestion public_address_question(const Config& config, const Service& service, Ipv4 local);
/// The address in the output of a helper that has ended; empty if that is no answer.
std::optional<Answer> public_address_in(const Outcome& outcome);
/// The same, and waits for it as long as a command waits for sources; empty if there was no answer
/// at all.
std::optional<Answer> ask_public_address(const Config& config, const Service& service, Ipv4 local);

}  // namespace situp
