// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/stanza/edits.h"

#include <algorithm>

#include "base/list.h"
#include "model/stanza/words.h"

namespace situp {
namespace {

/// True if the stanza has the option with the same words. understand() leaves such values to ifup's
/// shell.
bool has_value(const Stanza& stanza, const Option& option) {
  return std::any_of(stanza.options.begin(), stanza.options.end(), [&](const Option& other) {
    return other.name == option.name && words_of(other.value) == words_of(option.value);
  });
}

void shell_values(const Stanza& a, const Stanza& b, std::vector<std::string>& names) {
  for (const Option& option : a.options) {
    const OptionRow* row = find_option(option.name);
    if (row != nullptr && row->may_be_shell() && is_shell(option.value) && !has_value(b, option))
      add_missing(names, option.name);
  }
}

}  // namespace

std::vector<std::string> differences(const TunnelSpec& a, const TunnelSpec& b) {
  if (a.sit.kind != b.sit.kind) return {"the kind of tunnel"};
  std::vector<std::string> names;
  for (const OptionRow& row : option_rows())
    if (row.same != nullptr && !row.same(a, b)) names.push_back(name_of(row, b.kind()));
  return names;
}

namespace {

bool is_same(const Stanza& a, const Stanza& b) {
  return a.method == b.method && std::equal(a.options.begin(), a.options.end(), b.options.begin(),
                                            b.options.end(), [](const Option& x, const Option& y) {
                                              return x.name == y.name && x.value == y.value;
                                            });
}

}  // namespace

std::vector<std::string> edits(const Stanza& before, const Stanza& now, const HostProgram& host) {
  // The rule, and much quicker told than by the meaning.
  if (is_same(own_part(before), own_part(now))) return {};
  TunnelSpec a = understand(before, host);
  TunnelSpec b = understand(now, host);
  if (host.reads_method)
    for (TunnelSpec* spec : {&a, &b}) spec->metric = spec->metric.value_or(DefaultRoute{}.metric);
  std::vector<std::string> names = differences(a, b);
  if (host.reads_method && before.method != now.method) names.emplace_back("method");
  shell_values(before, now, names);
  shell_values(now, before, names);
  return names;
}

}  // namespace situp
