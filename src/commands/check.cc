// SPDX-License-Identifier: GPL-2.0-or-later
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/file.h"
#include "commands/commands.h"
#include "commands/findings.h"
#include "hosts/credentials.h"
#include "hosts/find_host.h"
#include "hosts/ifcfg.h"
#include "hosts/interfaces.h"
#include "hosts/interfaces_files.h"
#include "model/check/advice.h"
#include "model/check/host_advice.h"
#include "model/check/old_recipe.h"
#include "model/check/up_lines.h"
#include "model/nearest.h"
#include "model/stanza/words.h"
#include "model/tunnel/firewall.h"

namespace situp {
namespace {

class Check {
 public:
  explicit Check(const HostProgram& host) : host_(host) {}

  void file(const std::string& path) {
    try {
      files_.push_back(Interfaces::read_all(path, host_));
    } catch (const Error& error) {
      unreadable(error);
      return;
    }
    const Interfaces& interfaces = files_.back();
    for (const InterfacesMistake& mistake : interfaces.mistakes())
      add({mistake.refused ? Finding::Weight::error : Finding::Weight::hint, mistake.complaint});
    const auto names = interfaces.names();
    if (!pings_.empty())
      for (const std::string& name : names) claim_pings(interfaces.stanzas_of(name), pings_);
    const std::unordered_set<std::string> automatic(interfaces.automatic().begin(),
                                                    interfaces.automatic().end());
    const std::vector<std::string>& hotplug = interfaces.allowed("hotplug");
    for (const std::string& name : names) {
      const bool is_automatic = automatic.count(name) != 0;
      // A stanza that others inherit is checked there, where it is complete.
      if (!is_automatic && interfaces.is_inherited_from(name)) continue;
      const std::vector<Stanza> all = interfaces.stanzas_of(name);
      const bool is_hotplug = std::find(hotplug.begin(), hotplug.end(), name) != hotplug.end();
      for (const Stanza& one : all) stanza(one, is_automatic, is_hotplug);
      const auto ours = std::find_if(all.begin(), all.end(), is_opted_in);
      if (ours == all.end()) continue;
      if (!is_automatic && is_hotplug)
        add({Finding::Weight::hint,
             Complaint(ours->place, "iface " + name,
                       "is allow-hotplug, and no event tells of a tunnel, so it does not come up "
                       "at boot: write auto " +
                           name)});
      for (const Stanza& one : all) beside(one, *ours);
    }
    misnamed(path, interfaces, names);
  }

  /// network-scripts', instead of stanzas or beside them.
  void ifcfg(const IfcfgFile& file) {
    ++tunnels_;
    if (file.error) return unreadable(*file.error);
    const Place place{file.file, 0};
    if (!file.ifcfg)
      return add({Finding::Weight::hint,
                  Complaint(place, "",
                            "only a shell can tell its values: situp reads those of "
                            "files without $ and backquotes")});
    if (!file.ifcfg->says_something()) return;
    try {
      const IfcfgStanza read = as_stanza(*file.ifcfg);
      for (const std::string& remark : read.remarks)
        add({Finding::Weight::hint, Complaint({file.ifcfg->file, 0}, "", remark)});
      std::vector<Complaint> complaints;
      const TunnelSpec spec = understand_all(read.stanza, hosts::network_scripts, complaints);
      for (const Complaint& complaint : complaints)
        add({Finding::Weight::error, Complaint(complaint.place(), complaint.about(),
                                               in_ifcfg_words(complaint).why(), complaint.word())});
      if (spec.broker) brokers_.emplace_back(*spec.broker, Place{file.ifcfg->file, 0});
    } catch (const Error& error) {
      unreadable(error);
    }
  }

  /// Reads cron jobs that ping, before the stanzas that they may belong to.
  void crontabs() {
    std::vector<std::string> paths = files_of_directory("/etc/cron.d");
    paths.insert(paths.begin(), "/etc/crontab");
    paths.emplace_back("/var/spool/cron/crontabs/root");
    for (const std::string& path : paths) {
      try {
        const std::string text = read_small_file(path, 1U << 20).value_or("");
        for (CronPing& ping : pings_in_crontab(text, path)) pings_.push_back(std::move(ping));
      } catch (const Error&) {
        continue;  // only root can read it, and no other check depends on it
      }
    }
  }

  /// Checks the settings of the whole host.
  void host(const Arguments& arguments) {
    std::optional<Config> config;
    try {
      config = arguments.read_config();
    } catch (const Error& error) {
      unreadable(error);
    }
    bool wrong = false;
    for (const auto& [broker, place] : brokers_) {
      std::optional<BrokerService> service;
      try {
        if (config) service = config->broker(broker.name);
      } catch (const Error& error) {
        add({Finding::Weight::error, Complaint(place, error.subject(), error.why())});
      }
      try {
        static_cast<void>(service ? read_credentials(broker, service->url)
                                  : read_credentials(broker));
      } catch (const Error& error) {
        // Only root can read root's own file.
        if (error.status() == Exit::not_permitted) continue;
        unreadable(error);
        wrong = true;
      }
    }
    // Every user can see its mode; read_credentials() above reports it only to users who can read
    // the file.
    struct stat about {};
    if (!wrong && stat(credentials_path, &about) == 0 && (about.st_mode & 077U) != 0)
      add({Finding::Weight::error,
           Complaint(
               {credentials_path, 0}, "",
               "others than its owner may read or write it, and it holds secrets: chmod 600 " +
                   std::string(credentials_path))});
  }

  Exit end(bool as_json) {
    in_order();
    Texts texts;
    for (const Interfaces& interfaces : files_)
      for (const auto& [name, text] : interfaces.texts()) texts.add(name, text);
    if (as_json) {
      print_findings(findings_, texts);
    } else {
      show_findings(findings_, texts);
      say("", summary());
    }
    return status_;
  }

 private:
  void add(const Finding& finding) {
    // A mistake that two stanzas inherit is reported once.
    if (!said_.insert(line_of(finding)).second) return;
    if (finding.weight == Finding::Weight::error) {
      ++errors_;
      if (status_ == Exit::done) status_ = Exit::configuration;
    }
    if (finding.weight == Finding::Weight::hint) ++hints_;
    findings_.push_back(finding);
  }

  void unreadable(const Error& error) {
    const auto* complaint = dynamic_cast<const Complaint*>(&error);
    // The subject has the place already.
    add({Finding::Weight::error,
         complaint != nullptr ? *complaint : Complaint({error.subject(), 0}, "", error.why())});
    if (error.status() == Exit::not_permitted) status_ = Exit::not_permitted;
  }

  void stanza(Stanza one, bool automatic, bool hotplug) {
    std::vector<Finding> findings;
    const bool concerns_us =
        one.method == "v4tunnel" ||
        std::any_of(one.options.begin(), one.options.end(),
                    [](const Option& option) { return !nearest_option(option.name).empty(); });
    if (concerns_us) correct_slips(one, findings);
    if (is_opted_in(one)) {
      ++tunnels_;
      std::vector<Complaint> complaints;
      const TunnelSpec spec = understand_all(one, host_, complaints);
      for (const Complaint& complaint : complaints)
        findings.push_back({Finding::Weight::error, complaint});
      if (spec.broker) brokers_.emplace_back(*spec.broker, one.place);
      advise(one, spec, findings);
      for (const Complaint& complaint : contradictions(one, spec, host_.default_metric))
        findings.push_back({Finding::Weight::error, complaint});
      together_.add(one, spec, automatic, findings);
      // A misspelt option may have been v4tunnel-firewall.
      std::string note = open_note(spec);
      if (complaints.empty() && findings.empty() && !note.empty())
        findings.push_back(
            {Finding::Weight::note, bad(one, "iface " + one.logical, std::move(note))});
    }
    advise_for_host(one, host_, findings);
    // No event brings a tunnel up, so the one that comes up with a hotplugged interface needs auto.
    for (Finding& old : rewrite_old_recipe(one, automatic || hotplug, pings_, host_))
      findings.push_back(std::move(old));
    for (const Finding& finding : findings) add(finding);
  }

  /// Another stanza of a tunnel's interface: ifupdown runs each by itself.
  void beside(const Stanza& one, const Stanza& ours) {
    if (!host_.reads_method || is_opted_in(one) || one.method == "manual") return;
    add({Finding::Weight::hint,
         Complaint(one.place, "iface " + one.logical,
                   "has the tunnel's device only while the stanza at " + str(ours.place) +
                       " is up, and its commands fail at ifdown: put its options into that one")});
  }

  /// Reports words of `auto` that no stanza has, but that are close to one.
  void misnamed(const std::string& path, const Interfaces& interfaces,
                const std::vector<std::string>& names) {
    std::unordered_set<std::string> known(names.begin(), names.end());
    known.insert("lo");
    for (const std::string& word : interfaces.automatic()) {
      if (word[0] == '/') continue;  // a pattern
      const std::string logical = word.substr(word.find('=') + 1);
      if (known.count(logical) != 0 || interfaces.mapped(logical)) continue;
      const std::string question = Nearest(logical).among(names).question();
      if (!question.empty())
        add({Finding::Weight::hint,
             Complaint({path, 0}, "auto " + word, "there is no stanza of this name" + question)});
    }
  }

  /// Sorts by file, as the files are read, and by line.
  void in_order() {
    std::unordered_map<std::string, std::size_t> ranks;
    for (const Finding& finding : findings_)
      ranks.try_emplace(finding.complaint.place().file, ranks.size());
    const auto position = [&](const Finding& finding) {
      const Place& place = finding.complaint.place();
      return std::pair(ranks.at(place.file), place.line);
    };
    std::stable_sort(findings_.begin(), findings_.end(),
                     [&](const Finding& a, const Finding& b) { return position(a) < position(b); });
  }

  std::string summary() const {
    const auto count = [](std::size_t number, const char* what) {
      return std::to_string(number) + " " + what + (number == 1 ? "" : "s");
    };
    const std::string tunnels = count(tunnels_, "stanza") + " of situp's: ";
    if (errors_ + hints_ == 0) return tunnels + "nothing wrong";
    return tunnels + count(errors_, "error") + ", " + count(hints_, "hint");
  }

  const HostProgram& host_;
  std::vector<Interfaces> files_;
  std::vector<CronPing> pings_;
  std::vector<std::pair<Broker, Place>> brokers_;  // with the places of their stanzas
  std::vector<Finding> findings_;
  std::unordered_set<std::string> said_;
  Together together_{host_};
  std::size_t tunnels_ = 0, errors_ = 0, hints_ = 0;
  Exit status_ = Exit::done;
};

}  // namespace

Exit run_check(const Arguments& arguments, const System& system) {
  Check check(find_host(system.root));
  // A named file may belong to another host, so this host's cron jobs and settings are not checked.
  for (const std::string& path : arguments.words) check.file(path);
  if (arguments.words.empty()) {
    check.crontabs();
    const std::vector<IfcfgFile> ifcfgs = read_ifcfg_files(system.root);
    for (const IfcfgFile& file : ifcfgs) check.ifcfg(file);
    if (ifcfgs.empty() || access(arguments.interfaces.c_str(), F_OK) == 0)
      check.file(arguments.interfaces);
    check.host(arguments);
  }
  return check.end(arguments.json);
}

}  // namespace situp
