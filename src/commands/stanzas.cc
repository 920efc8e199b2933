// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/stanzas.h"

#include <unistd.h>

#include <optional>
#include <unordered_set>

#include "hosts/find_host.h"
#include "hosts/ifstate.h"
#include "model/nearest.h"
#include "reconcile/ifup_watch.h"

namespace situp {
namespace {

std::vector<Stanza> opted_in(const Interfaces& interfaces, const Named& named) {
  std::vector<Stanza> ours;
  for (Stanza& stanza : interfaces.stanzas_of(named.logical))
    if (is_opted_in(stanza)) ours.push_back(std::move(stanza));
  for (Stanza& stanza : ours) stanza.iface = named.iface;
  return ours;
}

void refuse_mapped(const Interfaces& interfaces, const Named& named) {
  if (named.iface == named.logical && interfaces.mapped(named.iface))
    throw Error(
        Exit::configuration, named.iface,
        "a mapping chooses its stanza, and only ifup runs mappings: name the stanza yourself, " +
            named.iface + "=STANZA");
}

Error not_ours(const Interfaces& interfaces, const Named& named) {
  const auto all = interfaces.stanzas_of(named.logical);
  if (all.empty() && !interfaces.is_whole()) return {Exit::system, named.logical, may_be_hidden};
  if (all.empty())
    return {Exit::configuration, named.logical,
            "there is no iface stanza of this name" +
                Nearest(named.logical).among(interfaces.names()).question()};
  return {Exit::configuration, str(all[0].place),
          "this stanza has no " + option_families() + " option, so situp leaves it to ifup"};
}

/// Throws if ifupdown holds the interface as up: it would still do so afterwards.
void leave_to_ifdown(const System& system, const InterfaceName& iface, bool wait) {
  if (wait) wait_for_others(system, iface);
  if (is_up_for_ifupdown(iface, system.root))
    throw Error(Exit::system, iface.str(),
                "ifupdown holds it as up: take it down with ifdown " + iface.str());
}

/// The file, read at the first need: a record has all that down needs, and an unreadable file must
/// not keep a tunnel up.
class Fallback {
 public:
  Fallback(const std::string& file, const HostProgram& host) : file_(file), host_(host) {}

  std::optional<Stanza> stanza(const Named& named) {
    try {
      if (!interfaces_) interfaces_ = Interfaces::read(file_, host_);
      return find_our_stanza(*interfaces_, named);
    } catch (const Error& error) {
      why_not_ = error;
      return std::nullopt;
    }
  }
  Error unknown(const Named& named) const {
    if (why_not_) return *why_not_;
    if (interfaces_ && !interfaces_->is_whole())
      return {Exit::system, named.iface,
              std::string("nothing of this name is up, and ") + may_be_hidden};
    Nearest nearest(named.iface);
    const auto names = interfaces_ ? interfaces_->names() : std::vector<std::string>();
    return {Exit::configuration, named.iface,
            "nothing of this name is up, and no stanza of this name has options of situp's" +
                nearest.among(names).question()};
  }

 private:
  const std::string& file_;
  const HostProgram& host_;
  std::optional<Interfaces> interfaces_;
  std::optional<Error> why_not_;
};

}  // namespace

void wait_for_others(const System& system, const InterfaceName& iface) {
  wait_for_ifupdown(iface.str(), Deadline::in(longest_ifup), system.root);
  // A stanza's own `up` line would wait for itself.
  if (!RunningIfup::above(iface)) wait_for_watch(iface);
}

Broker broker_of(const Arguments& arguments) {
  const auto name = BrokerName::parse(arguments.words[0]);
  if (!name) throw Error(Exit::usage, arguments.words[0], "is not a broker's name, such as he");
  const auto tunnel = TunnelId::parse(arguments.words[1]);
  if (!tunnel)
    throw Error(Exit::usage, arguments.words[1],
                "is not a tunnel's number: the broker shows it on the tunnel's page");
  return {*name, *tunnel};
}

Named split_name(const std::string& word) {
  const std::size_t equals = word.find('=');
  if (equals == std::string::npos) return {word, word, false};
  return {word.substr(0, equals), word.substr(equals + 1), true};
}

void as_it_came_up(Named& named, const Records& records) {
  const auto iface = InterfaceName::parse(named.iface);
  if (!iface || named.chosen) return;
  if (const auto record = records.read(*iface)) named.logical = record->stanza.logical;
}

std::optional<Stanza> find_our_stanza(const Interfaces& interfaces, const Named& named) {
  auto ours = opted_in(interfaces, named);
  if (ours.empty()) return std::nullopt;
  return std::move(ours[0]);
}

std::optional<Stanza> our_only_stanza(const Interfaces& interfaces, const Named& named) {
  auto ours = opted_in(interfaces, named);
  if (ours.empty()) return std::nullopt;
  if (ours.size() > 1)
    throw Error(Exit::configuration, str(ours[1].place),
                "a second stanza of " + ours[1].logical +
                    " has options of situp's: put all of them into the one at " +
                    str(ours[0].place));
  return std::move(ours[0]);
}

Stanza our_stanza(const Interfaces& interfaces, const Named& named) {
  refuse_mapped(interfaces, named);
  auto stanza = our_only_stanza(interfaces, named);
  if (!stanza) throw not_ours(interfaces, named);
  return std::move(*stanza);
}

Interfaces read_interfaces(const Arguments& arguments, const System& system,
                           const std::vector<IfcfgFile>& ifcfgs) {
  const bool has_none = !ifcfgs.empty() && access(arguments.interfaces.c_str(), F_OK) != 0;
  return Interfaces::read(has_none ? "/dev/null" : arguments.interfaces, find_host(system.root));
}

std::optional<Stanza> stanza_of(const IfcfgFile& file) {
  if (file.error) throw Error(*file.error);
  if (!file.ifcfg || !file.ifcfg->says_something()) return std::nullopt;
  Stanza stanza = as_stanza(*file.ifcfg).stanza;
  try {
    understand(stanza, hosts::network_scripts);
  } catch (const Error& error) {
    throw in_ifcfg_words(error);
  }
  return stanza;
}

InterfaceName interface_named(const std::string& word) {
  const auto name = InterfaceName::parse(word);
  if (!name)
    throw Error(Exit::usage, word,
                "is not an interface's name: 1 to 15 characters, no blank, slash, colon or %");
  return *name;
}

Wanted wanted_jobs(const Arguments& arguments, const System& system) {
  const std::vector<IfcfgFile> ifcfgs = read_ifcfg_files(system.root);
  const Interfaces interfaces = read_interfaces(arguments, system, ifcfgs);
  for (const Error& remark : interfaces.remarks()) say("", remark);
  const Records records(system.run_directory());
  Wanted wanted;
  std::unordered_set<std::string> known;
  for (const std::string& word : arguments.all ? interfaces.automatic() : arguments.words) {
    Named named = split_name(word);
    try {
      if (!arguments.all) as_it_came_up(named, records);
      auto stanza = our_only_stanza(interfaces, named);
      if (arguments.all && !stanza) continue;
      if (known.count(named.iface) != 0)
        throw Error(Exit::usage, named.iface, "is named twice: once is enough");
      refuse_mapped(interfaces, named);
      const HostProgram* host = &hosts::situp_up;
      if (const IfcfgFile* file = stanza ? nullptr : ifcfg_for(ifcfgs, named.iface)) {
        stanza = stanza_of(*file);
        host = &hosts::network_scripts;
        if (!stanza && !file->ifcfg)
          throw Error(Exit::configuration, named.iface,
                      "only a shell can tell the values of its ifcfg file: bring it up with ifup");
      }
      if (!stanza) throw not_ours(interfaces, named);
      Job job{std::move(*stanza), host, interfaces.no_auto_down(named.iface)};
      wanted.jobs.push_back(std::move(job));
      known.insert(named.iface);
    } catch (const Error& error) {
      wanted.failed.emplace_back(named.iface, error);
    }
  }
  return wanted;
}

WantedDown wanted_down(const Arguments& arguments, const System& system, bool wait) {
  const Records records(system.run_directory());
  Fallback file(arguments.interfaces, find_host(system.root));
  WantedDown wanted;
  std::vector<std::string> words = arguments.words;
  if (arguments.all)
    for (const InterfaceName& name : records.list()) words.push_back(name.str());
  for (const std::string& word : words) {
    const Named named = split_name(word);
    try {
      const InterfaceName iface = interface_named(named.iface);
      const auto record = records.read(iface);
      if (const auto elsewhere = record ? std::nullopt : records.elsewhere(iface))
        throw Error(*elsewhere);
      const auto trouble = record ? std::nullopt : records.trouble(iface);
      if (arguments.all && !trouble && (!record || record->no_auto_down)) continue;
      leave_to_ifdown(system, iface, wait);
      Departure departure{iface, std::nullopt};
      if (!record) {
        departure.stanza = file.stanza(named);
        if (!departure.stanza)
          wanted.unknown.emplace(named.iface, trouble ? *trouble : file.unknown(named));
        else if (trouble)
          say(named.iface, *trouble);
      }
      wanted.departures.push_back(std::move(departure));
    } catch (const Error& error) {
      wanted.failed.emplace_back(named.iface, error);
    }
  }
  return wanted;
}

}  // namespace situp
