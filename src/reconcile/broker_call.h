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

/// The call; its deadline is call_time.
Command broker_command(const BrokerService& service, const BrokerSubject& subject,
                       const Login& login);
/// Begins the reason of an Error about such a call.
constexpr const char* names_address =
    "its call names the public address, and that is not known here: ";
/// Why this call can't be made: it needs the public address, and `subject` has none.
std::optional<Error> missing_address(const BrokerService& service, const BrokerSubject& subject);
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

/// Changes with the broker's section and the credentials: situp may then try again a call that the
/// broker has refused.
std::string version_of(const BrokerService& service, const Credentials& credentials);

}  // namespace situp
