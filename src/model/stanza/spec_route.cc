// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "base/list.h"
#include "model/stanza/words.h"
#include "model/tunnel/firewall.h"

namespace situp {
namespace {

constexpr const char* form = "default [from PREFIX] [metric NUMBER] [table NUMBER]";

// The shortest prefix that a person can have routed here. Those that the registries give out are
// longer by far; a shorter one takes in addresses of the whole Internet.
constexpr std::uint8_t shortest_routed = 16;

Ipv6Net parsed(const Option& option, std::string_view word) {
  const auto prefix = Ipv6Net::parse(word);
  if (!prefix) throw bad(option, word, " is not an IPv6 PREFIX/LENGTH");
  return *prefix;
}

/// Throws if no packets on the Internet come from the prefix.
void must_be_of_packets(const Option& option, std::string_view word, const Ipv6Net& prefix) {
  if (prefix.has_host_bits())
    throw bad(option, word,
              " has bits behind the /" + std::to_string(prefix.length) + ": write " +
                  prefix.prefix().str());
  if (prefix.address.is_multicast() || prefix.address.is_link_local())
    throw bad(option, word, " is not a prefix that packets on the Internet come from");
}

Ipv6Net source(const Option& option, std::string_view word) {
  const Ipv6Net prefix = parsed(option, word);
  if (prefix.length == 0)
    throw bad(option,
              quoted(word) + " is every packet there is: leave from out, or write a prefix");
  must_be_of_packets(option, word, prefix);
  return prefix;
}

/// Throws if `address`, which is at the far end, would be unreachable by the route of `prefix`: a
/// longer on-link prefix of the tunnel has to contain it.
void must_be_reachable(const Option& option, const Ipv6Net& prefix, const Ipv6& address,
                       const char* what, const TunnelSpec& spec) {
  const auto leads_there = [&](const Ipv6Net& own) {
    return own.length < 128 && own.length > prefix.length && own.contains(address);
  };
  if (prefix.contains(address) &&
      std::none_of(spec.addresses.begin(), spec.addresses.end(), leads_there))
    throw bad(option, prefix.str() + " holds the " + what + " " + address.str() +
                          ", which would be unreachable: write the prefixes that the far end "
                          "routes here");
}

Ipv6Net routed(const Option& option, std::string_view word, const TunnelSpec& spec) {
  const Ipv6Net prefix = parsed(option, word);
  if (prefix.length < shortest_routed)
    throw bad(option, word,
              " takes in a large part of the Internet, which would be unreachable: write the "
              "prefixes that the far end routes here");
  must_be_of_packets(option, word, prefix);
  for (const Ipv6Net& own : spec.addresses)
    if (own.prefix() == prefix)
      throw bad(option, word,
                " is the tunnel's own prefix, whose unused addresses are unreachable without this "
                "option: remove it");
  if (spec.gateway) must_be_reachable(option, prefix, *spec.gateway, "gateway", spec);
  if (const auto target = spec.keepalive.value_or(Keepalive{}).target)
    must_be_reachable(option, prefix, *target, "target of the keepalive", spec);
  return prefix;
}

std::uint32_t number(const Option& option, const char* what, std::string_view word) {
  const auto result = parse_number(word, 0xffffffff);
  if (!result || *result == 0)
    throw bad(option, std::string(what) + " " + quoted(word) + " is not a number from 1 up");
  return *result;
}

std::uint32_t table(const Option& option, std::string_view word) {
  if (word == "main") return main_table;
  const std::uint32_t result = number(option, "table", word);
  if (result == local_table)
    throw bad(option, "table 255 is the kernel's own (local): write another one");
  return result;
}

/// One route: the words from `at` on, up to the next `default`.
DefaultRoute route_at(const Option& option, const std::vector<std::string_view>& words,
                      std::size_t& at, const TunnelSpec& spec) {
  if (words[at] != "default")
    throw bad(option, words[at], std::string(" is out of place: it takes ") + form);
  DefaultRoute route;
  route.metric = spec.metric.value_or(route.metric);
  bool metric_given = false;
  bool table_given = false;
  for (++at; at < words.size() && words[at] != "default"; at += 2) {
    const std::string_view word = words[at];
    const bool again = word == "from"     ? route.from.has_value()
                       : word == "metric" ? metric_given
                       : word == "table"  ? table_given
                                          : false;
    if (again) throw bad(option, word, " is there twice");
    if (word != "from" && word != "metric" && word != "table")
      throw bad(option, word, std::string(" is out of place: it takes ") + form);
    if (at + 1 == words.size() || words[at + 1] == "default")
      throw bad(option, word, std::string(" has no value: it takes ") + form);
    const std::string_view value = words[at + 1];
    if (word == "from") route.from = source(option, value);
    if (word == "metric") {
      route.metric = number(option, "metric", value);
      metric_given = true;
    }
    if (word == "table") {
      route.table = table(option, value);
      table_given = true;
    }
  }
  return route;
}

}  // namespace

bool is_on(const Option& option, const char* on, const TunnelSpec& spec) {
  const auto word = one_word(option);
  if (word == "off") return false;
  if (word != on) throw bad(option, word, std::string(" is not ") + on + " or off");
  if (!is_name_for_nft(spec.iface.str()))
    throw bad(option,
              "nft takes letters, digits, '.', '_' and '-' for an interface's name only: "
              "give the tunnel another one");
  return true;
}

Firewall understand_firewall(const Options& options, const TunnelSpec& spec) {
  const Option* option = options.find(spec.kind().option("firewall"));
  if (option == nullptr) return Firewall::unsaid;
  return is_on(*option, "stateful", spec) ? Firewall::stateful : Firewall::off;
}

Mss understand_mss(const Options& options, const TunnelSpec& spec) {
  const Option* option = options.find(spec.kind().option("mss"));
  if (option == nullptr) return Mss::unsaid;
  return is_on(*option, "clamp", spec) ? Mss::clamp : Mss::off;
}

bool understand_dead(const Options& options, const TunnelSpec& spec) {
  const std::string name = spec.kind().option("dead");
  const Option* option = options.find(name);
  if (option == nullptr) return false;
  const auto word = one_word(*option);
  if (word == "keep") return false;
  if (word != "withdraw") throw bad(*option, word, " is not keep or withdraw");
  const std::string keepalive = spec.kind().option("keepalive");
  if (!spec.keepalive && options.all(keepalive).empty())
    throw bad(*option,
              "withdraw needs a keepalive, which tells whether the far end is dead: write " +
                  keepalive + " 30");
  if (!spec.keepalive)
    throw bad(*option, "withdraw needs a keepalive, which tells whether the far end is dead: " +
                           keepalive + " is off or wrong");
  const KindRow& kind = spec.kind();
  const bool has_routes = kind.has_domain ? !spec.relays.empty() : !spec.routes.empty();
  if (!spec.gateway && !has_routes && spec.routers.empty())
    throw bad(*option,
              "there is no default route to withdraw: write " +
                  std::string(kind.has_domain ? "" : "gateway or ") +
                  kind.option(kind.leader_option != nullptr ? kind.leader_option : "route") +
                  ", or remove this option");
  // situpd makes no route of its own by a router that only an advertisement tells.
  const auto& target = spec.keepalive->target;
  if (spec.kind().holds_local && !spec.gateway && target && !spec.kind().embedded(*target))
    throw bad(*option, "the pings to " + target->str() +
                           " need the default route that is to be withdrawn: write gateway "
                           "fe80::5efe:A.B.C.D, or a router's address as the target");
  return true;
}

std::vector<Ipv6Net> understand_routed(const Options& options, const Complaints& complaints,
                                       const TunnelSpec& spec) {
  std::vector<Ipv6Net> prefixes;
  const auto read = [&](const Option& option, std::string_view word) {
    const Ipv6Net prefix = routed(option, word, spec);
    if (contains(prefixes, prefix)) throw bad(option, word, " is there twice");
    prefixes.push_back(prefix);
  };
  for (const Option* option : options.all(spec.kind().option("routed"))) {
    const auto words = words_of(option->value);
    complaints.attempt([&] {
      if (words.empty()) throw bad(*option, "has no value: it takes prefixes, PREFIX/LENGTH");
    });
    for (const auto word : words) complaints.attempt([&] { read(*option, word); });
  }
  return prefixes;
}

std::vector<DefaultRoute> understand_routes(const Options& options, const Complaints& complaints,
                                            const TunnelSpec& spec) {
  std::vector<DefaultRoute> routes;
  const auto read = [&](const Option& option) {
    const auto words = words_of(option.value);
    if (words.empty()) throw bad(option, std::string("has no value: it takes ") + form);
    for (std::size_t at = 0; at < words.size();) {
      const DefaultRoute route = route_at(option, words, at, spec);
      for (const DefaultRoute& known : routes)
        if (known.from == route.from && known.table == route.table)
          throw bad(option, "the same default route is there twice");
      routes.push_back(route);
    }
    // ifup would make a default route for all packets, which this option is there to avoid.
    if (const Option* gateway = options.find("gateway"))
      throw bad(option, "makes the tunnel's default route, and " + gateway->written() +
                            " makes one for all packets: remove one of the two");
  };
  for (const Option* option : options.all(spec.kind().option("route")))
    complaints.attempt([&] { read(*option); });
  return routes;
}

}  // namespace situp
