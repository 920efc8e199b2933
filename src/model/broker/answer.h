// SPDX-License-Identifier: GPL-2.0-or-later
// A broker's answer to an update, its meaning, and the one line in which situp-net hands it to
// situp.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "model/address.h"
#include "model/ask/answer.h"
#include "model/broker/answer_texts.h"
#include "model/broker/broker.h"
#include "model/broker/protocols.h"

namespace situp {

struct BrokerSaid {
  BrokerWord word = BrokerWord::broken;
  std::optional<Ipv4> address;  // behind `good` and `nochg` only
  bool operator==(const BrokerSaid&) const = default;
};

/// An answer in none of the protocol's words: Hurricane Electric has sentences for some refusals,
/// and brokers with a template have nothing else.
struct BrokerSentence {
  unsigned status = 200;                // of HTTP
  std::string text;                     // printable, on one line, cut; without a secret
  std::optional<Verdict> meaning = {};  // that the broker's texts give it; empty: none is in it
  bool operator==(const BrokerSentence&) const = default;
};

/// Of an HTTP answer; empty for a page (HTML), an empty answer, and one that repeats `secret`.
std::optional<BrokerSentence> sentence_in(unsigned status, std::string_view body,
                                          std::string_view secret);
/// "sentence STATUS TEXT\n", with a meaning "done", "refused" or "later", and exactly that back.
std::string write_sentence(const BrokerSentence& sentence);
std::optional<BrokerSentence> read_sentence(std::string_view line);

using BrokerAnswer = std::variant<BrokerSaid, BrokerSentence, FailureAnswer>;

/// As dyndns2 spells it.
std::string_view str(BrokerWord word);
/// Of that spelling; empty for another one.
std::optional<BrokerWord> parse_broker_word(std::string_view text);
/// "good 203.0.113.10", or the sentence; "no answer" for a failure.
std::string str(const BrokerAnswer& answer);

/// The meaning of an HTTP answer: the first word of its one line, matched exactly; a sentence for
/// any other text. For a page (HTML), an empty answer and one that repeats `secret`,
/// Failure::bad_body with status 200, Failure::bad_status with another one. An update counts as
/// done only with status 200.
BrokerAnswer read_broker_body(const BrokerProtocol& protocol, unsigned status,
                              std::string_view body, std::string_view secret);

/// The same for a broker with a template. What it quotes of an answer that has one of the texts but
/// can't be quoted is this text.
BrokerAnswer read_broker_text(const AnswerTexts& texts, unsigned status, std::string_view body,
                              std::string_view secret);

/// "broker WORD [A.B.C.D]\n", the line of a sentence or "failure WORD NUMBER\n".
std::string write_broker_answer(const BrokerAnswer& answer);
/// Reads exactly the text of write_broker_answer.
std::optional<BrokerAnswer> read_broker_answer(std::string_view line);

/// `told` is the address that the update named. `good` or `nochg` with another one is no
/// acceptance, and neither is "good 127.0.0.1", which means that the update was ignored.
Verdict verdict_on(const BrokerAnswer& answer, std::optional<Ipv4> told);

/// Whether the broker may have seen the request: then it counts among the calls.
bool may_have_reached(const BrokerAnswer& answer);

/// For an answer that is no acceptance: one line without a full stop, the failure and the remedy.
std::string broker_answer_text(const BrokerAnswer& answer, const Broker& broker,
                               std::optional<Ipv4> told);

}  // namespace situp
