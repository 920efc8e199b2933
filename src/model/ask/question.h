// SPDX-License-Identifier: GPL-2.0-or-later
// The questions of situp to situp-net, and the command line of each.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "model/address.h"
#include "model/ask/service_url.h"
#include "model/ask/services.h"
#include "model/broker/answer_texts.h"
#include "model/broker/broker.h"
#include "model/broker/protocols.h"

namespace situp {

/// An address that a metadata service is asked for.
struct PrimaryAddress {  // the instance's primary private one
  auto operator<=>(const PrimaryAddress&) const = default;
};
struct InterfaceAddress {  // the primary private one of the network interface with this MAC
  Mac mac;
  auto operator<=>(const InterfaceAddress&) const = default;
};
struct PrivateAddress {  // the private one behind this public one
  Ipv4 of;
  auto operator<=>(const PrivateAddress&) const = default;
};
struct PublicAddress {  // the public one of this private one
  Ipv4 of;
  auto operator<=>(const PublicAddress&) const = default;
};

struct MetadataQuestion {
  const Service* service = nullptr;
  ServiceUrl service_url;
  Imds imds = Imds::automatic;
  std::variant<PrimaryAddress, InterfaceAddress, PrivateAddress, PublicAddress> key{};
  auto operator<=>(const MetadataQuestion&) const = default;
};

/// The IPv4 addresses of a name.
struct NameQuestion {
  HostName name;
  bool ttl = false;  // and the time for which they are good
  auto operator<=>(const NameQuestion&) const = default;
};

/// The common part of both questions to a broker. The login goes to stdin.
struct BrokerQuestion {
  const BrokerProtocol* protocol = nullptr;
  UpdateUrl url;
  std::string ca_file;        // instead of the system's CA certificates; empty = those
  std::optional<Ipv4> local;  // the address that packets leave from
  TunnelId tunnel;
  auto operator<=>(const BrokerQuestion&) const = default;
};
/// An update: `address` is the public one; empty: the source address of the request.
struct UpdateQuestion {
  BrokerQuestion broker;
  std::optional<Ipv4> address;
  AnswerTexts texts = {};  // if the protocol has a template
  auto operator<=>(const UpdateQuestion&) const = default;
};
/// The broker's tunnel info.
struct TunnelInfoQuestion {
  BrokerQuestion broker;
  auto operator<=>(const TunnelInfoQuestion&) const = default;
};

using Question = std::variant<MetadataQuestion, NameQuestion, UpdateQuestion, TunnelInfoQuestion>;

/// A question, and the time that it has. `one_try` is for those of metadata and names.
struct TimedQuestion {
  Question question;
  std::chrono::milliseconds wait{0};
  std::optional<std::chrono::milliseconds> one_try = {};
  bool operator==(const TimedQuestion&) const = default;
};

/// The arguments of situp-net; without a time, the question alone.
std::vector<std::string> arguments_of(const Question& question,
                                      std::optional<std::chrono::milliseconds> wait);
/// The same for several questions of metadata and names in one run.
std::vector<std::string> arguments_of(const std::vector<Question>& questions,
                                      std::chrono::milliseconds wait);
/// One question, joined by blanks.
std::string str(const Question& question);
/// Empty for a command line that is wrong. Several are questions of metadata and names.
std::vector<TimedQuestion> read_questions(const std::vector<std::string>& words);

}  // namespace situp
