// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/check/host_advice.h"

#include <algorithm>
#include <string>

#include "model/stanza/spec.h"
#include "model/stanza/words.h"

namespace situp {
namespace {

const Option* find(const Stanza& stanza, std::string_view name) {
  const auto found = std::find_if(stanza.options.begin(), stanza.options.end(),
                                  [name](const Option& o) { return o.name == name; });
  return found == stanza.options.end() ? nullptr : &*found;
}

void method(const Stanza& stanza, bool stock, std::vector<Finding>& findings) {
  if (!stock && (stanza.method != "auto" || !is_opted_in(stanza))) return;
  findings.push_back(
      {Finding::Weight::error,
       bad(stanza, "iface " + stanza.logical,
           "this host's ifupdown2 has no method " + quoted(stanza.method) +
               ": write static or manual" + (stock ? ", and v4tunnel-endpoint" : ""))});
}

void bare_words(const Stanza& stanza, std::vector<Finding>& findings) {
  for (const OptionRow& row : option_rows())
    if (const Option* bare = row.is_of_v4tunnel ? find(stanza, row.name) : nullptr)
      findings.push_back(
          {Finding::Weight::error,
           bad(*bare, std::string("this host's ifupdown-ng takes the word for its own tunnels, "
                                  "and then brings no interface up, lo neither: write v4tunnel-") +
                          std::string(row.name))});
}

void repeats(const Stanza& stanza, Ifup ifup, std::vector<Finding>& findings) {
  const char* what = ifup == Ifup::ifupdown2 ? "ifupdown2 hands over the first line only"
                                             : "ifupdown-ng keeps the last line only";
  for (auto one = stanza.options.begin(); one != stanza.options.end(); ++one) {
    const auto same = [&](const Option& other) { return other.name == one->name; };
    if (is_our_option(one->name) && std::any_of(stanza.options.begin(), one, same))
      findings.push_back({Finding::Weight::error, bad(*one, std::string("this host's ") + what +
                                                                ": write all values on one")});
  }
}

/// ifupdown-ng's executors are files named like the options: it runs situp only for a name in their
/// spelling.
void executors(const Stanza& stanza, std::vector<Finding>& findings) {
  const auto is_ours = [](const Option& option) { return is_our_option(option.name); };
  const auto runs = [&](const Option& option) {
    return is_ours(option) && is_our_option(option.written());
  };
  if (std::any_of(stanza.options.begin(), stanza.options.end(), runs)) return;
  const auto first = std::find_if(stanza.options.begin(), stanza.options.end(), is_ours);
  if (first != stanza.options.end())
    findings.push_back(
        {Finding::Weight::error,
         bad(*first, "this host's ifupdown-ng leaves a name in this spelling alone: write " +
                         first->name)});
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
  const Option* local = find(stanza, "local");
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

}  // namespace

void advise_for_host(const Stanza& stanza, Ifup ifup, std::vector<Finding>& findings) {
  const bool stock = stanza.method == "v4tunnel";
  if (!stock && !is_opted_in(stanza)) return;
  // understand() finds them in stanzas with situp's options.
  if (stock && !is_opted_in(stanza)) {
    stock_repeats(stanza, findings);
    bare_source(stanza, findings);
  }
  if (ifup == Ifup::ifupdown2) method(stanza, stock, findings);
  if (ifup == Ifup::ifupdown_ng) {
    bare_words(stanza, findings);
    executors(stanza, findings);
  }
  if (ifup == Ifup::ifupdown_ng || ifup == Ifup::ifupdown2) repeats(stanza, ifup, findings);
}

}  // namespace situp
