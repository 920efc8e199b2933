// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/stanzas.h"

#include <unordered_set>

namespace situp {
namespace {

std::vector<Stanza> opted_in(const Interfaces& interfaces, const Named& named) {
  std::vector<Stanza> ours;
  for (Stanza& stanza : interfaces.stanzas_of(named.logical))
    if (is_opted_in(stanza)) ours.push_back(std::move(stanza));
  for (Stanza& stanza : ours) stanza.iface = named.iface;
  return ours;
}

std::string place(const Stanza& stanza) {
  return stanza.place.file + ":" + std::to_string(stanza.place.line);
}

}  // namespace

Named split_name(const std::string& word) {
  const std::size_t equals = word.find('=');
  if (equals == std::string::npos) return {word, word};
  return {word.substr(0, equals), word.substr(equals + 1)};
}

Stanza our_stanza(const Interfaces& interfaces, const Named& named) {
  if (named.iface == named.logical && interfaces.mapped(named.iface))
    throw Error(
        Exit::configuration, named.iface,
        "a mapping chooses its stanza, and only ifup runs mappings: name the stanza yourself, " +
            named.iface + "=STANZA");
  auto ours = opted_in(interfaces, named);
  if (ours.size() == 1) return std::move(ours[0]);
  if (ours.size() > 1)
    throw Error(Exit::configuration, place(ours[1]),
                "a second stanza of " + named.logical +
                    " has options of situp's: put all of them into the one at " + place(ours[0]));
  const auto all = interfaces.stanzas_of(named.logical);
  if (all.empty())
    throw Error(Exit::configuration, named.logical, "there is no iface stanza of this name");
  throw Error(Exit::configuration, place(all[0]),
              "this stanza has no v4tunnel-… or isatap-… option, so situp leaves it to ifup");
}

std::optional<Stanza> find_our_stanza(const Interfaces& interfaces, const Named& named) {
  auto ours = opted_in(interfaces, named);
  if (ours.empty()) return std::nullopt;
  return std::move(ours[0]);
}

Wanted wanted_jobs(const Arguments& arguments) {
  const Interfaces interfaces = Interfaces::read(arguments.interfaces);
  for (const Error& remark : interfaces.remarks()) say("", remark);
  Wanted wanted;
  std::unordered_set<std::string> known;
  for (const std::string& word : arguments.all ? interfaces.automatic() : arguments.words) {
    const Named named = split_name(word);
    try {
      if (arguments.all && !find_our_stanza(interfaces, named)) continue;
      if (known.count(named.iface) != 0)
        throw Error(Exit::usage, named.iface, "is named twice: once is enough");
      Job job{our_stanza(interfaces, named), Door::command, interfaces.no_auto_down(named.iface)};
      wanted.jobs.push_back(std::move(job));
      known.insert(named.iface);
    } catch (const Error& error) {
      wanted.failed.emplace_back(named.iface, error);
    }
  }
  return wanted;
}

std::vector<std::string> wanted_down(const Arguments& arguments) {
  if (!arguments.all) return arguments.words;
  const Records records;
  std::vector<std::string> names;
  for (const InterfaceName& name : records.list()) {
    const auto record = records.read(name);
    if (record && !record->no_auto_down) names.push_back(name.str());
  }
  return names;
}

}  // namespace situp
