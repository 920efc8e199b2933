// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/stanza/edits.h"

#include <algorithm>
#include <array>

#include "model/stanza/words.h"

namespace situp {
namespace {

/// The order of addresses, routes and routers means nothing; that of sources does.
template <typename T>
bool same_set(const std::vector<T>& a, const std::vector<T>& b) {
  return std::is_permutation(a.begin(), a.end(), b.begin(), b.end());
}

bool has_routers(const TunnelSpec& spec) {
  return !spec.routers.empty() || !spec.routers_nodefault.empty();
}

/// Values that understand() leaves to ifup's shell, as words.
bool has_value(const Stanza& stanza, const Option& option) {
  return std::any_of(stanza.options.begin(), stanza.options.end(), [&](const Option& other) {
    return other.name == option.name && words_of(other.value) == words_of(option.value);
  });
}

void add(std::vector<std::string>& names, const std::string& name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

void shell_values(const Stanza& a, const Stanza& b, std::vector<std::string>& names) {
  constexpr std::array left_alone{"address", "gateway", "metric", "preferred-lifetime"};
  for (const Option& option : a.options)
    if (is_shell(option.value) &&
        std::find(left_alone.begin(), left_alone.end(), option.name) != left_alone.end() &&
        !has_value(b, option))
      add(names, option.name);
}

}  // namespace

std::vector<std::string> differences(const TunnelSpec& a, const TunnelSpec& b) {
  if (a.kind != b.kind) return {"the kind of tunnel"};
  std::vector<std::string> names;
  const auto compare = [&names](bool same, const std::string& name) {
    if (!same) names.push_back(name);
  };
  const std::string prefix = option_prefix(b.kind);
  compare(a.local == b.local, prefix + "local");
  compare(a.endpoint == b.endpoint, prefix + "endpoint");
  compare(a.dev == b.dev, prefix + "dev");
  compare(a.ttl == b.ttl, prefix + "ttl");
  compare(a.tos == b.tos, prefix + "tos");
  compare(a.pmtu == b.pmtu, prefix + "pmtu");
  compare(a.mtu == b.mtu, prefix + "mtu");
  compare(same_set(a.addresses, b.addresses), "address");
  // These two say how an address and a gateway are made; alone they mean nothing.
  compare(
      a.addresses.empty() || b.addresses.empty() || a.preferred_lifetime == b.preferred_lifetime,
      "preferred-lifetime");
  compare(a.gateway == b.gateway, "gateway");
  compare(!a.gateway || !b.gateway || a.metric == b.metric, "metric");
  compare(same_set(a.prefixes, b.prefixes), "isatap-prefix");
  compare(same_set(a.routers, b.routers), "isatap-routers");
  compare(same_set(a.routers_nodefault, b.routers_nodefault), "isatap-routers-nodefault");
  compare(!has_routers(a) || !has_routers(b) || a.own_accept_ra == b.own_accept_ra, "accept_ra");
  compare(same_set(a.lan, b.lan), "v4tunnel-lan");
  compare(same_set(a.routes, b.routes), "v4tunnel-route");
  compare(a.keepalive == b.keepalive, "v4tunnel-keepalive");
  compare(a.broker == b.broker, "v4tunnel-broker");
  compare(a.firewall == b.firewall, "v4tunnel-firewall");
  return names;
}

std::vector<std::string> edits(const Stanza& before, const Stanza& now, const Reading& reading) {
  TunnelSpec a = understand(before, reading.door);
  TunnelSpec b = understand(now, reading.door);
  if (!reading.ignores_method)
    for (TunnelSpec* spec : {&a, &b}) spec->metric = spec->metric.value_or(DefaultRoute{}.metric);
  std::vector<std::string> names = differences(a, b);
  if (!reading.ignores_method && before.method != now.method) names.emplace_back("method");
  shell_values(before, now, names);
  shell_values(now, before, names);
  return names;
}

}  // namespace situp
