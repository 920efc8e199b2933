// SPDX-License-Identifier: GPL-2.0-or-later
// The state of the talk with a broker about one tunnel, and the rules that decide when situp may
// call it again. Pure; kept across reboots by reconcile/broker_file.h. Times are seconds since
// 1970.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/address.h"
#include "model/broker/answer.h"
#include "model/broker/broker.h"

namespace situp {

/// Why the broker isn't told any more until something is configured otherwise.
struct BrokerStop {
  enum class Why { refused, fight };
  Why why = Why::refused;
  /// How it was refused; empty: in the broker's own words, which are the state's `answer`.
  std::optional<BrokerWord> word = BrokerWord::badauth;
  std::optional<Ipv4> told;  // the address that was refused
  /// Of the configuration that this was for.
  std::string version;
  bool operator==(const BrokerStop&) const = default;
};

struct BrokerState {
  Broker broker;
  std::optional<Ipv4> accepted{};  // the public address, where metadata or the answer named it
  std::optional<Ipv4> local{};     // LOCAL at that time
  std::string boot{};              // of that time
  std::int64_t accepted_at = 0;    // 0 = never
  std::int64_t called_at = 0;      // when the last call began; 0 = never
  std::int64_t pause = 0;          // so long after it there is no other one
  unsigned failures = 0;           // in a row
  unsigned retaken = 0;            // accepted once more in a row, with no change here
  std::string answer{};            // the last one, for people: "nochg 203.0.113.10"
  std::optional<BrokerStop> stop{};
  bool operator==(const BrokerState&) const = default;
};

/// The subject of the next call.
struct BrokerSubject {
  Broker broker;
  std::optional<Ipv4> local;           // empty: any
  std::optional<Ipv4> public_address;  // empty: not known
  std::string version;                 // of URL and credentials
  std::string boot;
};

/// Whether the broker may hold another address than this host has now: the public address is
/// another one than the accepted one, or, where it isn't known, LOCAL is, or the boot.
bool is_news(const BrokerState& state, const BrokerSubject& subject);
/// Why it is to be left alone.
const BrokerStop* stopped(const BrokerState& state, const BrokerSubject& subject);
/// A wrong clock made a call that lies in the future: it counts as one of now. True if there was
/// one; the caller must then keep the state once, or this repeats until the clock gets there.
bool take_back(BrokerState& state, std::int64_t now);
/// How long there may be no call; 0 = none is too early now.
std::chrono::seconds too_early(const BrokerState& state, std::int64_t now);

/// Before a call: the next one is not too early, however this call and its process end.
void note_call(BrokerState& state, std::int64_t now);
/// After it. `random` is any 32 random bits.
void note_answer(BrokerState& state, const BrokerSubject& subject, const BrokerAnswer& answer,
                 std::int64_t now, std::uint32_t random);

/// The text of the file, and back; empty for text that write_broker_state did not make.
std::string write_broker_state(const BrokerState& state);
std::optional<BrokerState> read_broker_state(std::string_view text);

/// One line without a full stop for a call that isn't made, or made no more.
std::string broker_stop_text(const BrokerStop& stop, const BrokerState& state);

}  // namespace situp
