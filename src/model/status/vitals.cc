// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/status/vitals.h"

#include <charconv>

namespace situp {
namespace {

constexpr std::string_view first_line = "situp-live 1";

void line(std::string& text, std::string_view key, std::string_view value) {
  text.append(key).append(" ");
  for (const char c : value) text += c == '\n' ? ' ' : c;
  text += '\n';
}

template <typename Number>
bool read_number(std::string_view word, Number& to) {
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), to);
  return error == std::errc() && end == word.data() + word.size();
}

/// Takes the first word off `text`.
std::string_view take_word(std::string_view& text) {
  const std::size_t blank = text.find(' ');
  const std::string_view word = text.substr(0, blank);
  text = blank == std::string_view::npos ? std::string_view() : text.substr(blank + 1);
  return word;
}

bool read_samples(std::string_view words, Vitals& vitals) {
  while (!words.empty()) {
    const std::string_view word = take_word(words);
    std::uint32_t microseconds = 0;
    if (word == "-")
      vitals.samples.emplace_back();
    else if (read_number(word, microseconds))
      vitals.samples.emplace_back(microseconds);
    else
      return false;
  }
  return true;
}

bool read_line(std::string_view key, std::string_view value, Vitals& vitals) {
  if (key == "health") {
    vitals.health = take_word(value);
    return read_number(value, vitals.health_since);
  }
  if (key == "target") {
    vitals.target = Ipv6::parse(value);
    return vitals.target.has_value();
  }
  if (key == "probes")
    return read_number(take_word(value), vitals.sent) && read_number(value, vitals.lost);
  if (key == "samples") return read_samples(value, vitals);
  if (key == "router") {
    const auto router = Ipv4::parse(take_word(value));
    if (router) vitals.routers.push_back({*router, std::string(value)});
    return router && (value == "unknown" || value == "alive" || value == "dead");
  }
  if (key == "right-at") return read_number(value, vitals.right_at);
  if (key == "trouble") {
    vitals.trouble = value;
    return true;
  }
  if (key == "event") {
    Vitals::Event event;
    const bool fine = read_number(take_word(value), event.when);
    event.line = value;
    vitals.events.push_back(std::move(event));
    return fine;
  }
  return false;
}

}  // namespace

void Vitals::note(std::int64_t when, std::string line) {
  events.push_back({when, std::move(line)});
  if (events.size() > most_events) events.pop_front();
}

std::string write_vitals(const Vitals& vitals) {
  std::string text(first_line);
  text += '\n';
  if (!vitals.health.empty())
    line(text, "health", vitals.health + " " + std::to_string(vitals.health_since));
  if (vitals.target) line(text, "target", vitals.target->str());
  line(text, "probes", std::to_string(vitals.sent) + " " + std::to_string(vitals.lost));
  if (!vitals.samples.empty()) {
    std::string words;
    for (const auto& sample : vitals.samples)
      words += (words.empty() ? "" : " ") + (sample ? std::to_string(*sample) : "-");
    line(text, "samples", words);
  }
  for (const Vitals::RouterHealth& router : vitals.routers)
    line(text, "router", router.router.str() + " " + router.health);
  line(text, "right-at", std::to_string(vitals.right_at));
  if (!vitals.trouble.empty()) line(text, "trouble", vitals.trouble);
  for (const Vitals::Event& event : vitals.events)
    line(text, "event", std::to_string(event.when) + " " + event.line);
  return text + "end\n";
}

std::optional<Vitals> read_vitals(std::string_view text) {
  Vitals vitals;
  bool first = true;
  while (!text.empty()) {
    const std::size_t newline = text.find('\n');
    if (newline == std::string_view::npos) return std::nullopt;
    std::string_view whole = text.substr(0, newline);
    text.remove_prefix(newline + 1);
    if (first) {
      if (whole != first_line) return std::nullopt;
      first = false;
      continue;
    }
    if (whole == "end") return text.empty() ? std::optional(std::move(vitals)) : std::nullopt;
    const std::string_view key = take_word(whole);
    if (!read_line(key, whole, vitals)) return std::nullopt;
  }
  return std::nullopt;
}

void forget_present(Vitals& vitals) {
  vitals.health.clear();
  vitals.samples.clear();
  vitals.routers.clear();
  vitals.trouble.clear();
}

}  // namespace situp
