// SPDX-License-Identifier: GPL-2.0-or-later
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <set>
#include <string>

#include "commands/commands.h"
#include "commands/layout.h"
#include "commands/stanza_files.h"
#include "commands/stanzas.h"
#include "hosts/ifstate.h"
#include "model/status/monitoring.h"
#include "model/tunnel/firewall.h"
#include "reconcile/broker_file.h"
#include "reconcile/daemon_lock.h"
#include "reconcile/standing.h"
#include "reconcile/unfinished.h"

namespace situp {
namespace {

// In seconds; situpd.path starts situpd once the tunnel is up.
constexpr std::int64_t daemon_starts_within = 5;

/// Some of these need a privilege: without it `unseen` says so, and status shows the rest.
template <typename Read>
void try_to_see(TunnelStatus& status, const std::string& what, Read&& read) {
  try {
    read();
  } catch (const Error& error) {
    status.unseen.push_back(what + ": " + error.why());
  }
}

void put_wanted(TunnelStatus& status, const TunnelSpec& spec) {
  status.kind = spec.sit.kind;
  for (const Source& source : spec.local)
    status.local_sources += (status.local_sources.empty() ? "" : " ") + str(source);
  if (spec.endpoint) status.endpoint = str(*spec.endpoint);
  status.firewall = spec.is_stateful() ? "stateful" : "off";
  status.mss = spec.clamps_mss() ? "clamp" : "off";
  if (std::string note = open_note(spec); !note.empty()) status.notes.push_back(std::move(note));
}

void put_live(TunnelStatus& status, const Live& live, const LiveLink& link) {
  if (link.sit) {
    status.kind = link.sit->kind;
    status.local = link.sit->local;
    status.remote = link.sit->remote;
    if (link.sit->local != Ipv4{} && live.holder(link.sit->local) == nullptr)
      status.trouble.push_back("no interface of this host holds " + link.sit->local.str() +
                               " any more: the kernel drops every packet");
  }
  status.mtu = link.mtu;
  if (link.sit && link.sit->encap.is_on()) status.encap = link.sit->encap;
  for (const LiveAddress& address : live.addresses(link.index))
    status.addresses.push_back(address.net.str());
  for (const DefaultRoute& route : live.routes(link.index))
    if (!route.to) status.routes.push_back(str(route));
  status.routers = live.routers(link.index);
  status.counters = link.counters;
}

void put_lan(TunnelStatus& status, const Live& live, const std::vector<LanAddress>& lan) {
  for (const LanAddress& one : lan) {
    const LiveLink* link = live.link(one.iface.str());
    if (link == nullptr) continue;
    for (const LiveAddress& address : live.addresses(link->index))
      if (address.net == one.address)
        status.lan.push_back(one.iface.str() + " " + one.address.str());
  }
}

void put_next_hop(TunnelStatus& status, const Tunnel& tunnel, const Owned& owned,
                  const Live& live) {
  for (const NextHop& hop : owned.next_hops)
    if (live.has_rule4(hop)) status.next_hop = hop;
  status.kernel_next_hop = !status.next_hop && gateway_of(tunnel, live).has_value();
}

/// `runs`: situpd runs; empty if that is not visible.
void put_kept(TunnelStatus& status, const System& system, const TunnelSpec& spec,
              const Records& records, std::optional<bool> runs) {
  try_to_see(status, "what situpd knows", [&] {
    const auto text = records.read_vitals(spec.iface);
    if (text) status.vitals = read_vitals(*text);
  });
  if (status.vitals && runs == false) forget_present(*status.vitals);
  if (!spec.broker) return;
  try_to_see(status, "the broker's last answer", [&] {
    const BrokerState state = BrokerFile(spec.iface, system.root).read(*spec.broker);
    status.broker =
        BrokerStatus{spec.broker->name.str() + " " + spec.broker->tunnel.str(), state.answer,
                     state.accepted_at, state.stop.has_value(), state.called_at};
  });
}

void put_daemon(TunnelStatus& status, const System& system, std::optional<bool> runs, bool needed) {
  if (!needed && !runs.value_or(false)) return;
  if (!runs) {
    status.unseen.emplace_back("whether situpd runs");
    return;
  }
  const std::int64_t age = system.now() - status.changed_at;
  if (age >= 0 && age <= daemon_starts_within) return;
  if (!*runs)
    status.trouble.push_back(std::string("situpd does not run, so nobody looks after it: ") +
                             how_to_start_daemon);
  else if (!status.vitals && status.unseen.empty())
    status.trouble.emplace_back(
        "situpd runs and does not look after this tunnel: journalctl -u situpd says why");
}

/// How a tunnel goes whose stanza somebody has deleted: of ifdowns, not all know it then.
std::string how_without_stanza(const InterfaceName& iface, const System& system) {
  const std::string directly = "situp down " + iface.str();
  if (!is_up_for_ifupdown(iface, system.root)) return directly + " takes it down";
  return "run ifdown " + iface.str() + ", and " + directly + " if the tunnel is still there";
}

/// Reports a file that asks for another tunnel than the one that is up, and mistakes in it.
void put_edited(TunnelStatus& status, const System& system, const InterfaceName& iface,
                const Record& record, const StanzaFiles& files, const Named& named,
                const std::optional<Said>& said) {
  std::string trouble;
  if (!said) {
    const std::string place = files.stanza_without_options(named);
    if (!place.empty())
      trouble = place + ": the stanza has no option of situp's any more";
    else if (files.is_whole())
      status.notes.push_back("no file has a stanza of this name any more: " +
                             how_without_stanza(iface, system));
  } else if (said->error) {
    trouble = said->error->what();
  } else {
    try {
      if (said->stanza && !edits_since(record, *said->stanza).empty())
        trouble = "the stanza has been edited since: situp plan " +
                  (named.logical == record.stanza.logical ? named.iface
                                                          : named.iface + "=" + named.logical) +
                  " shows what would change";
    } catch (const Error& error) {
      trouble = error.what();
    }
  }
  if (trouble.empty()) return;
  status.trouble.push_back(std::move(trouble));
  if (status.state == TunnelStatus::State::up) status.state = TunnelStatus::State::drifted;
}

TunnelStatus status_of(const System& system, const Standing& standing, const Live& live,
                       const StanzaFiles& files, const Named& named, const Records& records,
                       std::optional<bool> daemon_runs) {
  const auto said = files.stanza(named);
  TunnelStatus status;
  status.name = standing.iface.str();
  const auto& record = standing.record;
  const LiveLink* link = live.link(status.name);
  if (standing.spec) {
    put_wanted(status, *standing.spec);
    put_kept(status, system, *standing.spec, records, daemon_runs);
  } else if (said && said->error) {
    status.trouble.emplace_back(said->error->what());
  } else if (said && said->stanza) {
    try {
      put_wanted(status, understand(*said->stanza, hosts::ifupdown));
    } catch (const Error& error) {
      status.trouble.emplace_back(error.what());
    }
  }
  const bool is_up = record && record->state == Record::State::up;
  if (record) {
    status.local = record->resolved.local;
    status.local_source = record->resolved.local_source;
    status.remote = record->resolved.remote;
    status.owner = record->by_ifup ? "ifup" : "situp";
    status.changed_at = records.written_at(standing.iface);
    put_lan(status, live, record->owned.lan);
  }
  if (link != nullptr && record) put_live(status, live, *link);
  if (record)
    for (const DefaultRoute& route : record->withdrawn) status.withdrawn.push_back(str(route));
  if (record && status.vitals)
    for (const Vitals::RouterHealth& router : status.vitals->routers)
      if (router.withdrawn)
        status.withdrawn.push_back(str(DefaultRoute{isatap_link_local(router.router)}));
  if (record && link != nullptr && standing.spec && !standing.spec->kind().has_endpoint) {
    const Tunnel tunnel = make_tunnel(*standing.spec, record->resolved);
    put_next_hop(status, tunnel, record->owned, live);
    status.delegated = tunnel.delegated;
    status.relays = tunnel.relays;
    status.is_relay = tunnel.is_relay;
  }
  if (is_up && link != nullptr && standing.spec && standing.spec->kind().has_endpoint)
    status.no_on_link_rules = record->owned.on_link_rules.empty();
  if (is_up && link != nullptr) status.state = TunnelStatus::State::up;
  if (record && record->state == Record::State::intent)
    status.trouble.push_back(why_unfinished(*record));
  if (record && record->state == Record::State::going_down)
    status.trouble.emplace_back("it is being taken down, or that was interrupted");
  const auto elsewhere = record ? std::nullopt : records.elsewhere(standing.iface);
  const auto trouble = record ? std::nullopt : records.trouble(standing.iface);
  const bool has_file = record || trouble;
  if (elsewhere)
    status.trouble.emplace_back(elsewhere->why());
  else if (trouble)
    status.trouble.emplace_back(trouble->what());
  else if (!record && link != nullptr)
    status.trouble.emplace_back("a device of this name is there, and situp has no record of it");
  if (standing.error) status.trouble.emplace_back(standing.error->why());
  if (record && record->wants_daemon())
    put_daemon(status, system, daemon_runs,
               !standing.spec || !standing.plan.operations.empty() ||
                   needs_daemon(*record, *standing.spec));
  for (const Operation& operation : standing.plan.operations)
    status.differs.push_back(in_brief(operation));
  for (const std::string& warning : standing.plan.warnings) status.trouble.push_back(warning);
  for (const std::string& doubt : standing.plan.doubts) status.notes.push_back(doubt);
  if (status.state == TunnelStatus::State::up && standing.error)
    status.state = TunnelStatus::State::drifted;
  if (is_up && standing.spec)
    put_edited(status, system, standing.iface, *record, files, named, said);
  judge(status, has_file || (said && said->automatic));
  return status;
}

/// A mistake in situp.conf hides no tunnel.
Config config_or_default(const Arguments& arguments) {
  try {
    return arguments.read_config();
  } catch (const Error& error) {
    say("", error);
    return {};
  }
}

/// The named ones, or all.
std::vector<Named> names_of(const Arguments& arguments, const StanzaFiles& files,
                            const Records& records) {
  std::vector<Named> names;
  std::set<std::string> known;
  const auto add = [&](Named named) {
    if (!InterfaceName::parse(named.iface) || !known.insert(named.iface).second) return;
    names.push_back(std::move(named));
  };
  for (const std::string& word : arguments.words) {
    const Named named = split_name(word);
    const InterfaceName iface = interface_named(named.iface);
    if (!records.read(iface) && !records.trouble(iface) && !records.elsewhere(iface) &&
        !files.stanza(named))
      throw Error(Exit::configuration, word,
                  files.is_whole()
                      ? "nothing of this name is up, and no stanza of this name has "
                        "options of situp's" +
                            files.nearest(named.logical)
                      : std::string("nothing of this name is up, and ") + may_be_hidden);
    add(named);
  }
  if (!arguments.words.empty()) return names;
  for (const Named& named : files.tunnels()) add(named);
  for (const InterfaceName& name : records.list(known)) add({name.str(), name.str(), false});
  return names;
}

Exit show(const Arguments& arguments, const System& system) {
  const StanzaFiles files(arguments.interfaces, system);
  // cron would mail them each minute: a metric or the line says that there are some.
  if (!arguments.prometheus && !arguments.nagios)
    for (const Error& remark : files.remarks()) say("", remark);
  const Records records(system.run_directory());
  Live live;
  std::vector<TunnelStatus> all;
  const auto runs = system.daemon_runs();
  std::vector<Named> names = names_of(arguments, files, records);
  std::vector<InterfaceName> ifaces;
  ifaces.reserve(names.size());
  for (const Named& named : names) ifaces.push_back(interface_named(named.iface));
  const std::vector<Standing> standings =
      standing_of(ifaces, records, config_or_default(arguments), system.kernel, live);
  all.reserve(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    // A name without a stanza's name means the stanza that it came up by.
    if (const auto& record = standings[i].record; record && !names[i].chosen)
      names[i].logical = record->stanza.logical;
    all.push_back(status_of(system, standings[i], live, files, names[i], records, runs));
  }
  const HostStatus host{runs, files.is_whole()};
  if (arguments.nagios) {
    const NagiosResult result = status_nagios(all, host);
    print(result.line);
    return static_cast<Exit>(result.state);
  }
  std::string text;
  if (arguments.prometheus) {
    text = status_prometheus(all, host);
  } else if (arguments.json) {
    text = status_json(all) + "\n";
  } else if (arguments.words.size() == 1) {
    text = status_details(all[0], layout_of_stdout(), system.now());
  } else if (all.empty()) {
    if (files.is_whole())
      say("", "there is no tunnel: no stanza has options of situp's, and nothing is up");
  } else {
    text = status_table(all, layout_of_stdout());
  }
  text.erase(text.find_last_not_of('\n') + 1);
  if (!text.empty()) print(text);
  // The file for node_exporter is to be replaced then, too.
  if (arguments.prometheus) return Exit::done;
  const bool wrong =
      std::any_of(all.begin(), all.end(), [](const TunnelStatus& s) { return s.wrong; });
  return wrong || !files.is_whole() ? Exit::system : Exit::done;
}

}  // namespace

Exit run_status(const Arguments& arguments, const System& system) {
  if (!arguments.watch) return show(arguments, system);
  if (isatty(STDOUT_FILENO) == 0)
    throw Error(Exit::usage, "--watch", "needs a terminal on standard output: leave it out");
  // Until the user interrupts it.
  for (;; poll(nullptr, 0, 2000)) {
    fputs("\033[H\033[J", stdout);  // from the upper left corner, and clear the rest
    show(arguments, system);
    if (fflush(stdout) != 0) throw system_error("standard output", errno);
  }
}

}  // namespace situp
