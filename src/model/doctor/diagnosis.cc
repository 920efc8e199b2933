// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/doctor/diagnosis.h"

#include <algorithm>

#include "base/json.h"

namespace situp {
namespace {

const char* word_of(Mark mark) {
  switch (mark) {
    case Mark::fine:
      return "ok";
    case Mark::unseen:
      return "unseen";
    case Mark::aside:
      return "note";
    case Mark::likely:
    case Mark::sure:
      break;
  }
  return "wrong";
}

bool is_reason(const Probe& probe) {
  return probe.mark == Mark::aside || probe.mark == Mark::likely || probe.mark == Mark::sure;
}

}  // namespace

const Probe* reason(const Diagnosis& diagnosis) {
  const Probe* best = nullptr;
  for (const Probe& probe : diagnosis.probes)
    if (is_reason(probe) && (best == nullptr || probe.mark > best->mark)) best = &probe;
  return best;
}

std::string verdict(const Diagnosis& diagnosis) {
  const Probe* probe = reason(diagnosis);
  if (probe == nullptr) {
    const bool unseen = std::any_of(diagnosis.probes.begin(), diagnosis.probes.end(),
                                    [](const Probe& p) { return p.mark == Mark::unseen; });
    return unseen ? "nothing wrong was seen, but not everything could be looked at" : "all is well";
  }
  return probe->means + (probe->advice.empty() ? "" : ": " + probe->advice);
}

std::string diagnosis_text(const Diagnosis& diagnosis, const Layout& layout) {
  std::size_t width = 0;
  for (const Probe& probe : diagnosis.probes) width = std::max(width, probe.name.size());
  constexpr std::size_t mark_width = 8;
  std::string text;
  for (const Probe& probe : diagnosis.probes) {
    std::string mark = word_of(probe.mark);
    const std::string after_mark(mark_width - mark.size(), ' ');
    if (layout.colour && probe.mark != Mark::unseen)
      mark.insert(0, is_reason(probe) ? "\x1b[31m" : "\x1b[32m").append("\x1b[0m");
    text += mark + after_mark + probe.name + std::string(width - probe.name.size() + 2, ' ');
    text += probe.tried + (probe.tried.empty() || probe.saw.empty() ? "" : ": ") + probe.saw + "\n";
    const std::string indent(mark_width + width + 2, ' ');
    if (!probe.means.empty()) text += indent + "means: " + probe.means + "\n";
    if (!probe.advice.empty()) text += indent + "do: " + probe.advice + "\n";
  }
  return text + "verdict: " + diagnosis.name + ": " + verdict(diagnosis) + "\n";
}

std::string diagnosis_json(const Diagnosis& diagnosis) {
  Json json;
  json.begin_object();
  json.member("name", diagnosis.name);
  json.member("ok", reason(diagnosis) == nullptr);
  json.member("verdict", verdict(diagnosis));
  json.key("probes");
  json.begin_array();
  for (const Probe& probe : diagnosis.probes) {
    json.begin_object();
    json.member("name", probe.name);
    json.member("mark", word_of(probe.mark));
    json.member("tried", probe.tried);
    json.member("saw", probe.saw);
    json.member("means", probe.means);
    json.member("do", probe.advice);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return json.text();
}

}  // namespace situp
