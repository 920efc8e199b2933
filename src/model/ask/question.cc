// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/ask/question.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/arguments.h"

namespace situp {
namespace {

using std::chrono::milliseconds;
using Words = std::vector<std::string>;

constexpr std::uint32_t longest_wait = 600000;
constexpr const char* separator = "--";  // between questions

constexpr std::array options{
    OptionName{"--service", true},
    OptionName{"--protocol", true},
    OptionName{"--endpoint", true},
    OptionName{"--imds", true},
    OptionName{"--ttl"},
    OptionName{"--url", true},
    OptionName{"--ca-file", true},
    OptionName{"--local", true},
    OptionName{"--myip", true},
    OptionName{"--done", true},
    OptionName{"--refused", true},
    OptionName{"--later", true},
    OptionName{"--wait", true},
    OptionName{"--try", true},
};

struct Writer {
  Words operator()(const PrimaryAddress&) const { return {"primary"}; }
  Words operator()(const InterfaceAddress& key) const { return {"mac", key.mac.str()}; }
  Words operator()(const PrivateAddress& key) const { return {"public", key.of.str()}; }
  Words operator()(const PublicAddress& key) const { return {"public-of", key.of.str()}; }

  Words operator()(const MetadataQuestion& question) const {
    Words words{"metadata"};
    if (question.service != &services().front()) add(words, "--service", question.service->name);
    add(words, "--endpoint", question.service_url.str());
    add(words, "--imds", str(question.imds));
    const Words key = std::visit(*this, question.key);
    words.insert(words.end(), key.begin(), key.end());
    return words;
  }
  Words operator()(const NameQuestion& question) const {
    Words words{"resolve"};
    if (question.ttl) words.emplace_back("--ttl");
    words.push_back(question.name.str());
    return words;
  }
  Words operator()(const UpdateQuestion& question) const {
    Words words = call("broker", question.broker);
    if (question.address) add(words, "--myip", question.address->str());
    add(words, "--done", question.texts.done);
    add(words, "--refused", question.texts.refused);
    add(words, "--later", question.texts.later);
    words.push_back(question.broker.tunnel.str());
    return words;
  }
  Words operator()(const TunnelInfoQuestion& question) const {
    Words words = call("record", question.broker);
    words.push_back(question.broker.tunnel.str());
    return words;
  }

 private:
  static void add(Words& words, const char* option, std::string_view value) {
    words.emplace_back(option);
    words.emplace_back(value);
  }
  static void add(Words& words, const char* option, const TextList& texts) {
    if (!texts.empty()) add(words, option, texts.str());
  }
  static Words call(const char* verb, const BrokerQuestion& question) {
    Words words{verb};
    if (question.protocol != &protocols().front())
      add(words, "--protocol", question.protocol->name);
    add(words, "--url", question.url.str());
    if (!question.ca_file.empty()) add(words, "--ca-file", question.ca_file);
    if (question.local) add(words, "--local", question.local->str());
    return words;
  }
};

/// A command line that is wrong. It does not leave this file.
struct Wrong {};

template <typename Value>
Value required(std::optional<Value> value) {
  if (!value) throw Wrong();
  return *std::move(value);
}

std::optional<milliseconds> parse_milliseconds(std::string_view text) {
  const auto number = parse_number(text, longest_wait);
  return number ? std::optional(milliseconds(*number)) : std::nullopt;
}

std::optional<std::string> parse_path(std::string_view text) {
  return text.starts_with('/') ? std::optional(std::string(text)) : std::nullopt;
}

template <typename Row, const Row* (*Find)(std::string_view)>
std::optional<const Row*> parse_row(std::string_view name) {
  const Row* row = Find(name);
  return row == nullptr ? std::nullopt : std::optional(row);
}

class Reader {
 public:
  /// Options come first, each once.
  explicit Reader(const Words& words) {
    for (const Argument& argument : read_arguments(words, options))
      if (argument.kind == Argument::Kind::word)
        words_.push_back(argument.word);
      else if (argument.kind != Argument::Kind::option || !words_.empty() ||
               !options_.emplace(argument.word, argument.value).second)
        throw Wrong();
  }

  TimedQuestion read(std::string_view verb) {
    TimedQuestion timed{question(verb), required(take("--wait", parse_milliseconds))};
    if (verb == "metadata" || verb == "resolve") timed.one_try = take("--try", parse_milliseconds);
    if (!options_.empty() || timed.one_try == milliseconds(0)) throw Wrong();
    return timed;
  }

 private:
  template <typename Value>
  std::optional<Value> take(const char* name, std::optional<Value> (*parse)(std::string_view)) {
    const auto given = options_.extract(name);
    if (given.empty()) return std::nullopt;
    return required(parse(given.mapped()));
  }

  std::string_view word(std::size_t at, std::size_t count) const {
    if (words_.size() != count) throw Wrong();
    return words_[at];
  }

  Question question(std::string_view verb) {
    if (verb == "metadata")
      return MetadataQuestion{
          take("--service", parse_row<Service, service_named>).value_or(&services().front()),
          required(take("--endpoint", ServiceUrl::parse)), required(take("--imds", parse_imds)),
          key()};
    if (verb == "resolve")
      return NameQuestion{required(HostName::parse(word(0, 1))),
                          !options_.extract("--ttl").empty()};
    if (verb == "broker") return update();
    if (verb == "record") return TunnelInfoQuestion{broker(false)};
    throw Wrong();
  }

  decltype(MetadataQuestion::key) key() const {
    if (words_.size() == 1 && words_[0] == "primary") return PrimaryAddress{};
    const auto kind = word(0, 2);
    const auto value = word(1, 2);
    if (kind == "mac") return InterfaceAddress{required(Mac::parse(value))};
    if (kind == "public") return PrivateAddress{required(Ipv4::parse(value))};
    if (kind == "public-of") return PublicAddress{required(Ipv4::parse(value))};
    throw Wrong();
  }

  BrokerQuestion broker(bool template_too) {
    const auto* protocol = take("--protocol", parse_row<BrokerProtocol, protocol_named>)
                               .value_or(&protocols().front());
    if (protocol->has_template() && !template_too) throw Wrong();
    return {protocol,
            required(take("--url",
                          protocol->has_template() ? UpdateUrl::parse_template : UpdateUrl::parse)),
            take("--ca-file", parse_path).value_or(""), take("--local", Ipv4::parse),
            required(TunnelId::parse(word(0, 1)))};
  }

  UpdateQuestion update() {
    UpdateQuestion question{broker(true), take("--myip", Ipv4::parse)};
    if (!question.broker.protocol->has_template()) return question;
    if (question.broker.url.has("{address}") && !question.address) throw Wrong();
    question.texts.done = required(take("--done", TextList::parse));
    question.texts.refused = take("--refused", TextList::parse).value_or(TextList());
    question.texts.later = take("--later", TextList::parse).value_or(TextList());
    return question;
  }

  std::map<std::string, std::string> options_;
  Words words_;
};

}  // namespace

Words arguments_of(const Question& question, std::optional<milliseconds> wait) {
  Words words = std::visit(Writer(), question);
  if (wait) words.insert(words.begin() + 1, {"--wait", std::to_string(wait->count())});
  return words;
}

std::string str(const Question& question) {
  std::string text;
  for (const std::string& word : arguments_of(question, std::nullopt))
    text += (text.empty() ? "" : " ") + word;
  return text;
}

Words arguments_of(const std::vector<Question>& questions, milliseconds wait) {
  Words all;
  for (const Question& question : questions) {
    if (!all.empty()) all.emplace_back(separator);
    const Words words = arguments_of(question, wait);
    all.insert(all.end(), words.begin(), words.end());
  }
  return all;
}

std::vector<TimedQuestion> read_questions(const Words& words) {
  std::vector<TimedQuestion> questions;
  try {
    for (auto begin = words.begin();; ++begin) {
      const auto end = std::find(begin, words.end(), separator);
      if (begin == end) throw Wrong();
      questions.push_back(Reader({begin + 1, end}).read(*begin));
      if (end == words.end()) break;
      begin = end;
    }
  } catch (const Wrong&) {
    return {};
  }
  // A secret is on stdin for one alone.
  const auto has_secret = [](const TimedQuestion& timed) {
    return std::holds_alternative<UpdateQuestion>(timed.question) ||
           std::holds_alternative<TunnelInfoQuestion>(timed.question);
  };
  if (questions.size() > 1 && std::any_of(questions.begin(), questions.end(), has_secret))
    return {};
  return questions;
}

}  // namespace situp
