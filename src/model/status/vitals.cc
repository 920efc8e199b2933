// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/status/vitals.h"

#include <charconv>

#include "base/keyed.h"
#include "base/text.h"

namespace situp {
namespace {

constexpr std::string_view first_line = "situp-live 1";

template <typename Number>
bool read_number(std::string_view word, Number& to) {
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), to);
  return error == std::errc() && end == word.data() + word.size();
}

bool read_samples(std::string_view words, Vitals& vitals) {
  while (!words.empty()) {
    const std::string_view word = take_until(words, ' ');
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
    vitals.health = take_until(value, ' ');
    return read_number(value, vitals.health_since);
  }
  if (key == "target") {
    vitals.target = Ipv6::parse(value);
    return vitals.target.has_value();
  }
  if (key == "probes")
    return read_number(take_until(value, ' '), vitals.sent) && read_number(value, vitals.lost);
  if (key == "changes") return read_number(value, vitals.changes);
  if (key == "samples") return read_samples(value, vitals);
  if (key == "router") {
    const auto router = Ipv4::parse(take_until(value, ' '));
    const std::string_view health = take_until(value, ' ');
    if (router) vitals.routers.push_back({*router, std::string(health), value == "withdrawn"});
    return router && (health == "unknown" || health == "alive" || health == "dead") &&
           (value.empty() || value == "withdrawn");
  }
  if (key == "right-at") return read_number(value, vitals.right_at);
  if (key == "trouble") {
    vitals.trouble = value;
    return true;
  }
  if (key == "event") {
    Vitals::Event event;
    const bool fine = read_number(take_until(value, ' '), event.when);
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

void Vitals::move_times(std::int64_t seconds) {
  // 0 = never.
  if (health_since != 0) health_since += seconds;
  if (right_at != 0) right_at += seconds;
  for (Event& event : events) event.when += seconds;
}

std::string write_vitals(const Vitals& vitals) {
  KeyedWriter text(first_line);
  if (!vitals.health.empty())
    text.line("health", vitals.health + " " + std::to_string(vitals.health_since));
  if (vitals.target) text.line("target", vitals.target->str());
  text.line("probes", std::to_string(vitals.sent) + " " + std::to_string(vitals.lost));
  if (!vitals.samples.empty()) {
    std::string words;
    for (const auto& sample : vitals.samples)
      words += (words.empty() ? "" : " ") + (sample ? std::to_string(*sample) : "-");
    text.line("samples", words);
  }
  for (const Vitals::RouterHealth& router : vitals.routers)
    text.line("router",
              router.router.str() + " " + router.health + (router.withdrawn ? " withdrawn" : ""));
  if (vitals.changes != 0) text.line("changes", std::to_string(vitals.changes));
  text.line("right-at", std::to_string(vitals.right_at));
  if (!vitals.trouble.empty()) text.line("trouble", vitals.trouble);
  for (const Vitals::Event& event : vitals.events)
    text.line("event", std::to_string(event.when) + " " + event.line);
  return text.text();
}

std::optional<Vitals> read_vitals(std::string_view text) {
  Vitals vitals;
  const bool whole = read_keyed(text, first_line, [&](std::string_view key, const auto& value) {
    return read_line(key, value.value_or(""), vitals);
  });
  return whole ? std::optional(std::move(vitals)) : std::nullopt;
}

void forget_present(Vitals& vitals) {
  vitals.health.clear();
  vitals.samples.clear();
  vitals.routers.clear();
  vitals.trouble.clear();
}

}  // namespace situp
