// SPDX-License-Identifier: GPL-2.0-or-later
// What situp-net is asked on behalf of `v4tunnel-broker` and of who wants to see the broker's
// record, for whoever runs it.
#pragma once
#include <chrono>
#include <optional>
#include <string>

#include "base/child.h"
#include "hosts/config.h"
#include "hosts/credentials.h"
#include "model/ask/question.h"
#include "model/broker/record.h"
#include "model/broker/state.h"
#include "model/stanza/spec.h"

namespace situp {

/// The one address that is known without asking anybody: LOCAL itself, where no NAT hides it.
std::optional<Ipv4> known_public_address(std::optional<Ipv4> local);
/// The metadata service that is to be asked for it: the stanza takes LOCAL from there. A null
/// pointer if the stanza names none.
const Service* service_for_public_address(const TunnelSpec& spec, std::optional<Ipv4> local);
/// The question.
MetadataQuestion public_address_question(const Config& config, const Service& service, Ipv4 local);
/// What it wrote, once it has ended; nothing where that is no answer.
std::optional<Answer> public_address_in(const Outcome& outcome);
/// The same for who waits for it, as long as sources are waited for by hand; nothing where there
/// was no answer at all.
std::optional<Answer> ask_public_address(const Config& config, const Service& service, Ipv4 local);

/// The call; its deadline is call_time.
Command broker_command(const BrokerService& service, const BrokerSubject& subject,
                       const Login& login);
/// What it wrote, once it has ended.
BrokerAnswer broker_answer_in(const Outcome& outcome);
constexpr std::chrono::seconds call_time{30};

/// The call for the broker's record of a tunnel, from `local` if that is said; within call_time.
Command record_command(const BrokerService& service, const TunnelId& tunnel, const Login& login,
                       std::optional<Ipv4> local = std::nullopt);
/// What it wrote, once it has ended.
RecordAnswer record_answer_in(const Outcome& outcome);
/// Both, with the credentials of the tunnel. An Error says why there is no record.
BrokerRecord ask_for_record(const Config& config, const Broker& broker);

/// Another one when URL or credentials are: what a broker has refused may be tried again then.
std::string version_of(const BrokerService& service, const Credentials& credentials);

}  // namespace situp
