// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/check/host_advice.h"

#include <algorithm>
#include <string>

#include "model/stanza/spec.h"
#include "model/stanza/words.h"

namespace situp {
namespace {

std::string this_hosts(const HostProgram& host) {
  return "this host's " + std::string(host.name);
}

void method(const Stanza& stanza, const HostProgram& host, bool stock,
            std::vector<Finding>& findings) {
  if (!is_listed(host.missing_methods, stanza.method)) return;
  findings.push_back(
      {Finding::Weight::error,
       bad(stanza, "iface " + stanza.logical,
           this_hosts(host) + " has no method " + quoted(stanza.method) +
               ": write static or manual" + (stock ? ", and v4tunnel-endpoint" : ""))});
}

/// With `mode` and both ends, the host would make the device itself, before situp does.
void other_words(const Stanza& stanza, const HostProgram& host, std::vector<Finding>& findings) {
  const KindRow& kind = row_of(kind_of(stanza));
  for (const Option& option : stanza.options) {
    if (!is_listed(host.other_words, option.name)) continue;
    findings.push_back(
        {Finding::Weight::error,
         bad(option, this_hosts(host) +
                         " takes the word for its own tunnels, and then brings no interface up, "
                         "lo neither: " +
                         (has_option(kind, option.name) ? "write " + kind.option(option.name)
                                                        : "remove it"))});
  }
}

void repeats(const Stanza& stanza, const HostProgram& host, std::vector<Finding>& findings) {
  if (host.repeats.empty()) return;
  for (auto one = stanza.options.begin(); one != stanza.options.end(); ++one) {
    const auto same = [&](const Option& other) { return other.name == one->name; };
    const bool is_ours = is_our_option(one->name);
    if ((is_ours || one->name == "address") && std::any_of(stanza.options.begin(), one, same))
      findings.push_back({Finding::Weight::error,
                          bad(*one, this_hosts(host) + ' ' + std::string(host.repeats) +
                                        (is_ours ? ": write all values on one"
                                                 : ": write up ip address add " + one->value +
                                                       " dev $IFACE for another address"))});
  }
}

/// ifupdown-ng's executors are files named like the options: it runs situp only for a name in their
/// spelling.
void executors(const Stanza& stanza, const HostProgram& host, std::vector<Finding>& findings) {
  if (!host.needs_our_spelling) return;
  const auto is_ours = [](const Option& option) { return is_our_option(option.name); };
  const auto runs = [&](const Option& option) {
    return is_ours(option) && is_our_option(option.written());
  };
  if (std::any_of(stanza.options.begin(), stanza.options.end(), runs)) return;
  const auto first = std::find_if(stanza.options.begin(), stanza.options.end(), is_ours);
  if (first != stanza.options.end())
    findings.push_back(
        {Finding::Weight::error,
         bad(*first,
             this_hosts(host) + " leaves a name in this spelling alone: write " + first->name)});
}

/// The stock method puts all values of an option into one command, with line feeds between them,
/// and a shell runs the text behind a line feed as a command of its own.
void stock_repeats(const Stanza& stanza, std::vector<Finding>& findings) {
  std::vector<Complaint> complaints;
  const Complaints all(complaints);
  const Options options(stanza);
  for (const OptionRow& row : option_rows())
    if (row.is_once) all.attempt([&] { static_cast<void>(options.find(row.name)); });
  for (const Complaint& complaint : complaints)
    findings.push_back({Finding::Weight::error, complaint});
}

/// ifup's own `local` takes an address; only situp knows sources, in an option of its own.
void bare_source(const Stanza& stanza, std::vector<Finding>& findings) {
  const Option* local = first_option(stanza, "local");
  if (local == nullptr) return;
  const auto source = parse_source(local->value);
  if (!source || std::holds_alternative<Ipv4>(*source) || std::holds_alternative<AnyLocal>(*source))
    return;
  findings.push_back({Finding::Weight::error,
                      bad(*local, local->value,
                          " is a source of an address, and ifup takes an address only: write "
                          "v4tunnel-local " +
                              str(*source) + " in place of local")});
}

/// Whichever method the stanza has, the hooks of some hosts get theirs.
void method_in_hooks(const Stanza& stanza, const HostProgram& host,
                     std::vector<Finding>& findings) {
  if (host.method_in_hooks.empty()) return;
  Stanza in_hooks = stanza;
  in_hooks.method = host.method_in_hooks;
  std::vector<Complaint> as_written, complaints;
  understand_all(stanza, host, as_written);
  if (as_written.empty()) understand_all(in_hooks, host, complaints);
  for (const Complaint& complaint : complaints)
    findings.push_back({Finding::Weight::error,
                        Complaint(complaint.place(), complaint.about(),
                                  "situp's hooks get the method " + in_hooks.method + " from " +
                                      std::string(host.name) + ": " + complaint.why(),
                                  complaint.word())});
}

}  // namespace

void advise_for_host(const Stanza& stanza, const HostProgram& host,
                     std::vector<Finding>& findings) {
  const bool stock = stanza.method == "v4tunnel";
  if (!stock && !is_opted_in(stanza)) return;
  const std::size_t before = findings.size();
  // understand() finds them in stanzas with situp's options.
  if (stock && !is_opted_in(stanza)) {
    stock_repeats(stanza, findings);
    bare_source(stanza, findings);
  }
  method(stanza, host, stock, findings);
  other_words(stanza, host, findings);
  executors(stanza, host, findings);
  repeats(stanza, host, findings);
  if (is_opted_in(stanza) && findings.size() == before) method_in_hooks(stanza, host, findings);
}

}  // namespace situp
