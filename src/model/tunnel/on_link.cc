// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/tunnel/on_link.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>

#include "base/list.h"
#include "model/tunnel/compare.h"
#include "model/tunnel/live.h"
#include "model/tunnel/tunnel.h"

namespace situp {
namespace {

const Ipv6Net link_local{{{0xfe, 0x80}}, 10};

/// The prefixes of the tunnel's own addresses, each once, the longest first: a prefix inside
/// another one needs the rules with the smaller preferences. Without the link-local ones.
std::vector<Ipv6Net> on_link_prefixes(const Tunnel& tunnel) {
  std::map<std::uint8_t, std::set<Ipv6Net>, std::greater<>> by_length;
  for (const TunnelAddress& address : tunnel.addresses)
    if (address.net.length < 128 && !address.net.address.is_link_local())
      by_length[address.net.length].insert(address.net.prefix());
  std::vector<Ipv6Net> prefixes;
  for (const auto& [length, some] : by_length)
    prefixes.insert(prefixes.end(), some.begin(), some.end());
  return prefixes;
}

/// The least preference of a rule that leads all packets to the table.
std::optional<std::uint32_t> preference_of(std::uint32_t table, const Live& live) {
  std::optional<std::uint32_t> least;
  for (const LiveRule6& rule : live.rules6({}))
    if (rule.table == table && rule.is_for_all())
      least = std::min(least.value_or(rule.preference), rule.preference);
  return least;
}

}  // namespace

std::vector<OnLinkRule> choose_on_link_rules(const Tunnel& tunnel, const Owned& had,
                                             const Live& live) {
  if (!tunnel.kind().has_endpoint) return {};
  const auto local = preference_of(local_table, live);
  if (!local) return {};
  const auto main = preference_of(main_table, live);
  if (!main) return {};
  const auto prefixes = on_link_prefixes(tunnel);
  // The rule before the last one of a pair needs a number, too.
  const std::size_t before_last = prefixes.empty() ? 0 : 2 * prefixes.size() - 1;
  const auto fits = [&](std::uint32_t last) {
    return last < *main && last > std::uint64_t{*local} + before_last;
  };
  std::uint32_t last = *main - 1;
  for (const OnLinkRule& known : had.on_link_rules)
    if (known.to == link_local && fits(known.preference)) last = known.preference;
  if (!fits(last)) return {};  // also where there is no number before the table main's
  std::vector<OnLinkRule> rules;
  auto preference = static_cast<std::uint32_t>(last - before_last);
  for (const Ipv6Net& prefix : prefixes) {
    rules.push_back({preference++, prefix, true});
    rules.push_back({preference++, prefix, false});
  }
  rules.push_back({last, link_local, false});
  return rules;
}

std::vector<OnLinkRule> on_link_rules_there(const Tunnel& tunnel, const Live& live) {
  std::vector<OnLinkRule> rules;
  if (!tunnel.kind().has_endpoint) return rules;
  auto prefixes = on_link_prefixes(tunnel);
  prefixes.push_back(link_local);
  for (const LiveRule6& rule : live.rules6(tunnel.iface.str())) {
    const bool is_prefix = contains(prefixes, rule.to);
    for (const bool longer_routes : {true, false}) {
      const OnLinkRule one{rule.preference, rule.to, longer_routes};
      if (is_prefix && rule.is(tunnel.iface.str(), one)) rules.push_back(one);
    }
  }
  return rules;
}

}  // namespace situp
