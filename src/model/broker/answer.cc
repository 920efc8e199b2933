// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/broker/answer.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/text.h"
#include "model/ask/failure_text.h"

namespace situp {
namespace {

struct SentenceKind {
  std::string_view word;  // that begins the line
  std::optional<Verdict> meaning;
};

constexpr std::array sentence_kinds{
    SentenceKind{"sentence ", std::nullopt},
    SentenceKind{"done ", Verdict::accepted},
    SentenceKind{"refused ", Verdict::permanent},
    SentenceKind{"later ", Verdict::later},
};

struct Row {
  BrokerWord word;
  std::string_view text;
  Verdict verdict;
};

constexpr std::array rows{
    Row{BrokerWord::good, "good", Verdict::accepted},
    Row{BrokerWord::nochg, "nochg", Verdict::accepted},
    Row{BrokerWord::badauth, "badauth", Verdict::permanent},
    Row{BrokerWord::nohost, "nohost", Verdict::permanent},
    Row{BrokerWord::badip, "badip", Verdict::permanent},
    Row{BrokerWord::notfqdn, "notfqdn", Verdict::permanent},
    Row{BrokerWord::not_donator, "!donator", Verdict::permanent},
    Row{BrokerWord::abuse, "abuse", Verdict::later},
    Row{BrokerWord::dnserr, "dnserr", Verdict::later},
    Row{BrokerWord::broken, "911", Verdict::later},
};

const Row& row_of(BrokerWord word) {
  for (const auto& row : rows)
    if (row.word == word) return row;
  return rows.back();
}

bool is_done(BrokerWord word) {
  return row_of(word).verdict == Verdict::accepted;
}

std::optional<BrokerWord> word_of(std::span<const ProtocolWord> words, std::string_view text) {
  for (const auto& row : words)
    if (row.text == text) return row.word;
  return words.empty() ? parse_broker_word(text) : std::nullopt;
}

/// "WORD" or "WORD A.B.C.D"; behind a word that refuses, anything.
std::optional<BrokerSaid> read_words(std::span<const ProtocolWord> words, std::string_view line,
                                     bool anything_behind) {
  const auto blank = line.find(' ');
  const auto word = word_of(words, line.substr(0, blank));
  if (!word) return std::nullopt;
  BrokerSaid said{*word, std::nullopt};
  if (blank == std::string_view::npos) return said;
  if (!is_done(*word)) return anything_behind ? std::optional(said) : std::nullopt;
  said.address = Ipv4::parse(line.substr(blank + 1));
  return said.address ? std::optional(said) : std::nullopt;
}

bool is_loopback(Ipv4 address) {
  return address.value >> 24 == 127;
}

std::string on_one_line(std::string_view body) {
  std::string lines(body), text;
  std::replace(lines.begin(), lines.end(), '\r', ' ');
  for (const std::string_view word : words_of(lines))
    text.append(text.empty() ? "" : " ").append(word);
  return text;
}

/// A service that repeats its request repeats the key as it is, percent-encoded or escaped in
/// another way, or the header that has it in base64. No way of escaping changes letters and digits;
/// where too few of them stand together, each escaped text may be the key.
bool repeats(std::string_view body, std::string_view secret) {
  constexpr std::size_t long_enough = 4;
  if (body.find("Basic ") != body.npos) return true;
  if (secret.empty()) return false;
  if (body.find(secret) != body.npos) return true;
  if (body.find_first_of("%&\\") == body.npos) return false;
  bool has_long_run = false;
  while (!secret.empty()) {
    const auto* const begin = std::find_if(secret.begin(), secret.end(), is_letter_or_digit);
    const auto* const end = std::find_if_not(begin, secret.end(), is_letter_or_digit);
    const auto run = secret.substr(static_cast<std::size_t>(begin - secret.begin()),
                                   static_cast<std::size_t>(end - begin));
    has_long_run |= run.size() >= long_enough;
    if (run.size() >= long_enough && body.find(run) != body.npos) return true;
    secret.remove_prefix(static_cast<std::size_t>(end - secret.begin()));
  }
  return !has_long_run;
}

}  // namespace

std::optional<BrokerSentence> sentence_in(unsigned status, std::string_view body,
                                          std::string_view secret) {
  constexpr std::size_t most = 200;
  const std::string text = on_one_line(body);
  if (repeats(body, secret) || text.empty() || text.starts_with('<')) return std::nullopt;
  return BrokerSentence{status, printable_within(text, most)};
}

std::string write_sentence(const BrokerSentence& sentence) {
  const auto* kind =
      std::find_if(sentence_kinds.begin(), sentence_kinds.end(),
                   [&](const SentenceKind& row) { return row.meaning == sentence.meaning; });
  return std::string(kind->word) + std::to_string(sentence.status) + ' ' + sentence.text + '\n';
}

std::optional<BrokerSentence> read_sentence(std::string_view line) {
  const auto* kind =
      std::find_if(sentence_kinds.begin(), sentence_kinds.end(),
                   [&](const SentenceKind& row) { return line.starts_with(row.word); });
  if (kind == sentence_kinds.end() || !line.ends_with('\n')) return std::nullopt;
  line.remove_prefix(kind->word.size());
  line.remove_suffix(1);
  const auto status = parse_number(take_until(line, ' '), 999);
  constexpr std::size_t most = 203;  // with "…"
  if (!status || line.empty() || line.size() > most || printable(line) != line) return std::nullopt;
  return BrokerSentence{static_cast<unsigned>(*status), std::string(line), kind->meaning};
}

std::string_view str(BrokerWord word) {
  return row_of(word).text;
}

std::optional<BrokerWord> parse_broker_word(std::string_view text) {
  for (const auto& row : rows)
    if (row.text == text) return row.word;
  return std::nullopt;
}

std::string str(const BrokerAnswer& answer) {
  if (const auto* sentence = std::get_if<BrokerSentence>(&answer)) return sentence->text;
  const auto* said = std::get_if<BrokerSaid>(&answer);
  if (said == nullptr) return "no answer";
  return std::string(str(said->word)) + (said->address ? " " + said->address->str() : "");
}

BrokerAnswer read_broker_body(const BrokerProtocol& protocol, unsigned status,
                              std::string_view body, std::string_view secret) {
  if (body.ends_with('\n')) body.remove_suffix(1);
  if (body.ends_with('\r')) body.remove_suffix(1);
  const bool one_line = body.find_first_of("\r\n") == std::string_view::npos;
  const auto said = one_line ? read_words(protocol.words, body, true) : std::nullopt;
  // A status that refuses is in harmony with a word that refuses, and with no other.
  if (said && (status == 200 || !is_done(said->word))) return *said;
  if (status == 401) return BrokerSaid{BrokerWord::badauth, std::nullopt};
  if (const auto sentence = said ? std::nullopt : sentence_in(status, body, secret))
    return *sentence;
  if (status == 200) return FailureAnswer{Failure::bad_body};
  return FailureAnswer{Failure::bad_status, status};
}

BrokerAnswer read_broker_text(const AnswerTexts& texts, unsigned status, std::string_view body,
                              std::string_view secret) {
  const auto found = found_in(texts, on_one_line(body));
  auto sentence = sentence_in(status, body, secret);
  if (status == 401 && !(found && found->verdict == Verdict::permanent))
    return BrokerSaid{BrokerWord::badauth, std::nullopt};
  if (found && (found->verdict != Verdict::accepted || status == 200)) {
    if (!sentence) sentence = BrokerSentence{status, found->text};
    sentence->meaning = found->verdict;
    return *sentence;
  }
  if (sentence && !found) return *sentence;
  if (status == 200) return FailureAnswer{Failure::bad_body};
  return FailureAnswer{Failure::bad_status, status};
}

std::string write_broker_answer(const BrokerAnswer& answer) {
  if (const auto* failure = std::get_if<FailureAnswer>(&answer)) return write_answer(*failure);
  if (const auto* sentence = std::get_if<BrokerSentence>(&answer)) return write_sentence(*sentence);
  return "broker " + str(answer) + '\n';
}

std::optional<BrokerAnswer> read_broker_answer(std::string_view line) {
  constexpr std::string_view kind = "broker ";
  if (const auto sentence = read_sentence(line)) return *sentence;
  if (!line.starts_with(kind)) return read_failure(line);
  if (!line.ends_with('\n')) return std::nullopt;
  line.remove_prefix(kind.size());
  line.remove_suffix(1);
  const auto said = read_words({}, line, false);
  if (!said) return std::nullopt;
  return *said;
}

Verdict verdict_on(const BrokerAnswer& answer, std::optional<Ipv4> told) {
  if (const auto* sentence = std::get_if<BrokerSentence>(&answer))
    return sentence->meaning.value_or(Verdict::later);
  const auto* said = std::get_if<BrokerSaid>(&answer);
  if (said == nullptr) return Verdict::later;
  const auto verdict = row_of(said->word).verdict;
  if (verdict != Verdict::accepted || !said->address) return verdict;
  const bool other = told ? *told != *said->address : is_loopback(*said->address);
  return other ? Verdict::later : Verdict::accepted;
}

bool may_have_reached(const BrokerAnswer& answer) {
  const auto* failure = std::get_if<FailureAnswer>(&answer);
  if (failure == nullptr) return true;
  switch (failure->failure) {
    case Failure::connect_timeout:
    case Failure::name_unknown:
    case Failure::name_timeout:
      return false;
    case Failure::unreachable:
      // Without an error of the system's, the connection was broken off later.
      return failure->number == 0;
    default:
      return true;
  }
}

namespace {

std::string said_text(const BrokerSaid& said, const Broker& broker, std::optional<Ipv4> told) {
  switch (said.word) {
    case BrokerWord::good:
    case BrokerWord::nochg:
      if (said.address && is_loopback(*said.address))
        return "the broker has ignored the update (" + str(BrokerAnswer(said)) +
               "): look at the tunnel on its web site";
      return "the broker answered for another address (" + str(BrokerAnswer(said)) +
             (told ? " instead of " + told->str() : std::string()) +
             "): look at the tunnel on its web site";
    case BrokerWord::badauth:
      return "the broker refuses user or update key (badauth): correct [" + broker.name.str() +
             "] in " SITUP_SYSCONFDIR "/situp/credentials";
    case BrokerWord::nohost:
    case BrokerWord::notfqdn:
      return "the broker knows no tunnel " + broker.tunnel.str() + " of this user (" +
             std::string(str(said.word)) + "): correct the number";
    case BrokerWord::badip:
      return "the broker refuses " + (told ? told->str() : std::string("this host's address")) +
             " (badip): it must be public, and the broker be able to ping it";
    case BrokerWord::not_donator:
      return "the broker wants to be paid for this (!donator): see its web site, or do without "
             "v4tunnel-broker";
    case BrokerWord::abuse:
      return "the broker was asked too often (abuse): wait some hours, and see what else here "
             "tells it of addresses";
    case BrokerWord::dnserr:
    case BrokerWord::broken:
      break;
  }
  return "the broker is out of order (" + std::string(str(said.word)) + "): wait";
}

std::string sentence_text(const BrokerSentence& sentence) {
  const std::string quoted = '"' + sentence.text + '"';
  if (sentence.meaning == Verdict::permanent)
    return "the broker refuses: " + quoted + "; correct what it names, such as user and key in " +
           SITUP_SYSCONFDIR "/situp/credentials";
  if (sentence.meaning == Verdict::later)
    return "the broker does not take the address now: " + quoted + "; wait";
  return "the broker answered in words of its own, so nothing is taken for done" +
         (sentence.status == 200 ? std::string()
                                 : " (HTTP status " + std::to_string(sentence.status) + ")") +
         ": " + quoted + "; do what it says, or look at the tunnel on its web site";
}

std::string failure_text(const FailureAnswer& failure) {
  switch (failure.failure) {
    case Failure::unreachable:
      if (failure.number == 0)
        return "the broker closed the connection before all of its answer was there: try again "
               "later";
      return "the broker can't be reached (" + meaning_of(static_cast<int>(failure.number)) +
             "): is there a way out of this host's address?";
    case Failure::connect_timeout:
      return "the broker does not take connections: see whether a route or a firewall keeps "
             "packets from it";
    case Failure::value_timeout:
      return "the broker gave no whole answer in time: try again later";
    case Failure::name_unknown:
    case Failure::name_timeout:
      return "the broker's name was not resolved to an IPv4 address: see whether DNS works";
    case Failure::untrusted:
      return "the broker's certificate is not good, so nothing was told: see this host's clock and "
             "its CA certificates, and whether something stands between";
    case Failure::no_ca_file:
      return "the CA certificates can't be read: see ca-file in situp.conf, or install "
             "ca-certificates";
    case Failure::bad_status:
      return "the broker answered with HTTP status " + std::to_string(failure.number) +
             ": try again later; if it stays so, see url in situp.conf";
    case Failure::bad_body:
      return "the broker's answer is unknown, so situp does not take the update as done: try again "
             "later; if it stays so, see url in situp.conf";
    case Failure::too_large:
      return "the broker answered with more than 64 KiB, which is no answer: see url in situp.conf";
    case Failure::killed:
    case Failure::broken:
      return "situp-net " + ended_text(failure);
    default:
      return "the broker does not speak HTTPS: see url in situp.conf";
  }
}

}  // namespace

std::string broker_answer_text(const BrokerAnswer& answer, const Broker& broker,
                               std::optional<Ipv4> told) {
  if (const auto* failure = std::get_if<FailureAnswer>(&answer)) return failure_text(*failure);
  if (const auto* sentence = std::get_if<BrokerSentence>(&answer)) return sentence_text(*sentence);
  return said_text(std::get<BrokerSaid>(answer), broker, told);
}

}  // namespace situp
