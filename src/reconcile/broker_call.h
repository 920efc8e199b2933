// SPDX-License-Identifier: GPL-2.0-or-later
// The calls of situp-net for `v4tunnel-broker`, and for commands that show the broker's tunnel
// info.
#pragma once
#include <chrono>
#include <optional>
#include <string>

#include "base/child.h"
#include "hosts/config.h"
#include "hosts/credentials.h"
#include "model/ask/question.h"
#include "model/broker/state.h"
#include "model/broker/tunnel_info.h"
#include "model/stanza/spec.h"

namespace situp {

/// The one address that is known without asking anybody: LOCAL itself, where no NAT hides it.
std::optional<Ipv4> known_public_address(std::optional<Ipv4> local);
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

/// The call; its deadline is call_time.
Command broker_command(const BrokerService& service, const BrokerSubject& subject,
                       const Login& login);
/// The answer in the output of a helper that has ended.
BrokerAnswer broker_answer_in(const Outcome& outcome);
constexpr std::chrono::seconds call_time{30};

/// The call for the broker's info on a tunnel, from `local` if that is said; within
/// call_time.
Command tunnel_info_command(const BrokerService& service, const TunnelId& tunnel,
                            const Login& login, std::optional<Ipv4> local = std::nullopt);
/// The answer in the output of a helper that has ended.
TunnelInfoAnswer tunnel_info_in(const Outcome& outcome);
/// Both, with the credentials of the tunnel. An Error says why there is none.
TunnelInfo ask_for_tunnel_info(const Config& config, const Broker& broker);

/// Changes with the URL and the credentials: situp may then try again a call that the broker has
/// refused.
std::string version_of(const BrokerService& service, const Credentials& credentials);

}  // namespace situp
