// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/broker/state.h"

#include <algorithm>

#include "base/keyed.h"
#include "base/text.h"

namespace situp {
namespace {

constexpr std::string_view first_line = "situp broker 1";

/// Doubled with each failure in a row, and up to a quarter more, so that hosts that failed together
/// don't come back together.
std::int64_t pause_after(std::int64_t first, const CallRules& rules, unsigned failures,
                         std::uint32_t random) {
  const auto pause = std::min(first << std::min(failures - 1, 12U), rules.longest_pause);
  return pause + random % (pause / 4 + 1);
}

const CallRules& rules_of(const BrokerState& state) {
  return protocol_of(state.broker.name).rules;
}

/// True if the broker did not have the address of the last update, and no value has changed here.
bool was_taken(const BrokerState& state, const BrokerSubject& subject, const BrokerSaid& said,
               const std::optional<Ipv4>& address) {
  return said.word == BrokerWord::good && state.accepted_at != 0 && state.local == subject.local &&
         state.accepted == address;
}

}  // namespace

bool is_news(const BrokerState& state, const BrokerSubject& subject) {
  if (state.accepted_at == 0) return true;
  if (subject.public_address) return subject.public_address != state.accepted;
  return subject.local != state.local || subject.boot != state.boot;
}

const BrokerStop* stopped(const BrokerState& state, const BrokerSubject& subject) {
  if (!state.stop || state.stop->version != subject.version) return nullptr;
  // It was this address that was refused; words of the broker's own may mean that, too.
  const bool about_the_address = state.stop->why == BrokerStop::Why::refused &&
                                 state.stop->word.value_or(BrokerWord::badip) == BrokerWord::badip;
  if (about_the_address && state.stop->told != subject.public_address) return nullptr;
  return &*state.stop;
}

bool take_back(BrokerState& state, std::int64_t now) {
  if (state.called_at <= now) return false;
  state.called_at = now;
  return true;
}

std::chrono::seconds too_early(const BrokerState& state, std::int64_t now) {
  const auto since = std::max<std::int64_t>(now - state.called_at, 0);
  return std::chrono::seconds(std::max<std::int64_t>(state.pause - since, 0));
}

void note_call(BrokerState& state, std::int64_t now) {
  state.called_at = now;
  state.pause = std::max(state.pause, rules_of(state).between_calls);
}

void note_answer(BrokerState& state, const BrokerSubject& subject, const BrokerAnswer& answer,
                 std::int64_t now, std::uint32_t random) {
  const CallRules& rules = rules_of(state);
  state.answer = str(answer);
  state.pause = rules.between_calls;
  // A failure is never accepted, and never permanent. No text tells whether the broker had the
  // address before: situp does not see then that another host takes the tunnel.
  const auto* words = std::get_if<BrokerSaid>(&answer);
  const BrokerSaid said = words != nullptr ? *words : BrokerSaid{};
  switch (verdict_on(answer, subject.public_address)) {
    case Verdict::accepted: {
      const auto address = subject.public_address ? subject.public_address : said.address;
      const bool taken =
          was_taken(state, subject, said, address) && now - state.accepted_at < rules.fight_memory;
      state.retaken = taken ? state.retaken + 1 : 0;
      state.stop.reset();
      if (state.retaken >= rules.most_retaken)
        state.stop = BrokerStop{BrokerStop::Why::fight, said.word, address, subject.version};
      state.accepted = address;
      state.local = subject.local;
      state.boot = subject.boot;
      state.accepted_at = now;
      state.failures = 0;
      return;
    }
    case Verdict::permanent:
      state.stop = BrokerStop{BrokerStop::Why::refused,
                              words != nullptr ? std::optional(said.word) : std::nullopt,
                              subject.public_address, subject.version};
      state.failures = 0;
      return;
    case Verdict::later:
      // Its words are no longer the last answer, and the broker doesn't refuse any more.
      if (state.stop && !state.stop->word) state.stop.reset();
      state.failures = std::min(state.failures + 1, 1000U);
      state.pause =
          pause_after(may_have_reached(answer) ? rules.between_calls : rules.shortest_pause, rules,
                      state.failures, random);
      return;
  }
}

namespace {

constexpr std::string_view stop_words[] = {"refused", "fight"};
constexpr std::string_view own_words = "own-words";

bool read_time(std::int64_t& to, std::string_view value) {
  if (value.empty() || value.size() > 15) return false;
  std::int64_t number = 0;
  for (const char c : value) {
    if (c < '0' || c > '9') return false;
    number = number * 10 + (c - '0');
  }
  to = number;
  return true;
}

bool read_count(unsigned& to, std::string_view value) {
  const auto number = parse_number(value, 1000);
  if (number) to = *number;
  return number.has_value();
}

bool read_address(std::optional<Ipv4>& to, std::string_view value) {
  to = Ipv4::parse(value);
  return to.has_value();
}

/// "badauth 203.0.113.10 VERSION", with a hyphen where no address was told, and with "own-words"
/// for a refusal in the broker's own words.
bool read_stop(BrokerState& state, BrokerStop::Why why, std::string_view value) {
  const auto first = value.find(' ');
  const auto second = first == std::string_view::npos ? first : value.find(' ', first + 1);
  if (second == std::string_view::npos) return false;
  const auto word = parse_broker_word(value.substr(0, first));
  if (!word && value.substr(0, first) != own_words) return false;
  const auto told = value.substr(first + 1, second - first - 1);
  BrokerStop stop{why, word, Ipv4::parse(told), std::string(value.substr(second + 1))};
  if (!stop.told && told != "-") return false;
  state.stop = std::move(stop);
  return true;
}

bool read_pair(BrokerState& state, std::string_view key, std::string_view value) {
  if (key == "accepted") return read_address(state.accepted, value);
  if (key == "local") return read_address(state.local, value);
  if (key == "boot") {
    state.boot = value;
    return true;
  }
  if (key == "accepted-at") return read_time(state.accepted_at, value);
  if (key == "called-at") return read_time(state.called_at, value);
  if (key == "pause")
    return read_time(state.pause, value) && state.pause <= 2 * rules_of(state).longest_pause;
  if (key == "failures") return read_count(state.failures, value);
  if (key == "retaken") return read_count(state.retaken, value);
  if (key == "answer") {
    state.answer = value;
    return true;
  }
  if (key == stop_words[0]) return read_stop(state, BrokerStop::Why::refused, value);
  if (key == stop_words[1]) return read_stop(state, BrokerStop::Why::fight, value);
  return false;
}

std::optional<Broker> read_broker(std::string_view value) {
  const auto name = BrokerName::parse(take_until(value, ' '));
  const auto tunnel = TunnelId::parse(value);
  if (!name || !tunnel) return std::nullopt;
  return Broker{*name, *tunnel};
}

}  // namespace

std::string write_broker_state(const BrokerState& state) {
  KeyedWriter text(first_line);
  text.line("broker", state.broker.name.str() + " " + state.broker.tunnel.str());
  if (state.accepted) text.line("accepted", state.accepted->str());
  if (state.local) text.line("local", state.local->str());
  if (!state.boot.empty()) text.line("boot", state.boot);
  text.line("accepted-at", std::to_string(state.accepted_at));
  text.line("called-at", std::to_string(state.called_at));
  text.line("pause", std::to_string(state.pause));
  text.line("failures", std::to_string(state.failures));
  text.line("retaken", std::to_string(state.retaken));
  if (!state.answer.empty()) text.line("answer", state.answer);
  if (state.stop)
    text.line(stop_words[static_cast<int>(state.stop->why)],
              std::string(state.stop->word ? str(*state.stop->word) : own_words) + " " +
                  (state.stop->told ? state.stop->told->str() : "-") + " " + state.stop->version);
  return text.text();
}

std::optional<BrokerState> read_broker_state(std::string_view text) {
  std::optional<BrokerState> state;
  const bool whole = read_keyed(text, first_line, [&](std::string_view key, const auto& value) {
    if (!value) return false;
    if (state) return read_pair(*state, key, *value);
    // The broker comes first.
    const auto broker = key == "broker" ? read_broker(*value) : std::nullopt;
    if (broker) state = BrokerState{.broker = *broker};
    return broker.has_value();
  });
  return whole ? state : std::nullopt;
}

std::string broker_stop_text(const BrokerStop& stop, const BrokerState& state) {
  if (stop.why == BrokerStop::Why::fight)
    return "another host tells the broker of tunnel " + state.broker.tunnel.str() +
           ", too: the two take it from each other, so this one has stopped; give each host a "
           "tunnel of its own";
  if (!stop.word)
    return broker_answer_text(BrokerSentence{.text = state.answer, .meaning = Verdict::permanent},
                              state.broker, stop.told);
  return broker_answer_text(BrokerSaid{*stop.word, std::nullopt}, state.broker, stop.told);
}

}  // namespace situp
