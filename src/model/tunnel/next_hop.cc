// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/tunnel/next_hop.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <tuple>

#include "model/tunnel/compare.h"
#include "model/tunnel/live.h"
#include "model/tunnel/tunnel.h"

namespace situp {
namespace {

// The count of numbers that situp tries, from the configured one on.
constexpr std::uint32_t most_numbers = 256;
constexpr std::uint32_t whole_mask = 0xffffffff;

/// True for a table that packets without a mark may use. Only situp and other programs use tables
/// for marked packets; these say no more about the local address.
bool is_ordinary(std::uint32_t table, const Live& live) {
  if (table == main_table) return true;
  const auto leads_there = [table](const LiveRule4& rule) {
    return rule.table == table && rule.mask == 0;
  };
  return std::any_of(live.rules4().begin(), live.rules4().end(), leads_there);
}

/// True if the rule matches packets with the mark.
bool takes(const LiveRule4& rule, std::uint32_t mark) {
  return rule.mask != 0 && (mark & rule.mask) == (rule.mark & rule.mask);
}

bool is_of(const LiveRule4& rule, const NextHop& hop) {
  return rule.mark == hop.mark && rule.mask == whole_mask && rule.table == hop.table;
}

class Numbers {
 public:
  Numbers(const Tunnel& tunnel, const Owned& had, const Live& live)
      : iface_(tunnel.iface.str()), had_(had), live_(live) {}

  /// True if no other program and no other tunnel uses the mark or the table.
  bool are_free(std::uint32_t mark, std::uint32_t table) const {
    const auto collides = [&](const LiveRule4& rule) {
      return !is_own(rule) && (takes(rule, mark) || rule.table == table);
    };
    if (std::any_of(live_.rules4().begin(), live_.rules4().end(), collides)) return false;
    const auto is_in_table = [table](const LiveRoute4& route) { return route.table == table; };
    if (!is_own_table(table) &&
        std::any_of(live_.routes4().begin(), live_.routes4().end(), is_in_table))
      return false;
    bool has_mark = false;
    live_.for_each_link([&](const LiveLink& link) {
      has_mark |= link.sit && link.sit->mark == mark && link.name != iface_;
    });
    return !has_mark;
  }

  /// The preference nearest to the wanted one that no other rule has. A smaller one is before the
  /// other program's rule, which may be for all packets.
  std::uint32_t preference(std::uint32_t wanted) const {
    for (std::uint32_t number = wanted; number > 0; --number)
      if (is_free(number)) return number;
    for (std::uint32_t number = wanted + 1; number < wanted + most_numbers; ++number)
      if (is_free(number)) return number;
    return wanted;
  }

 private:
  bool is_own(const LiveRule4& rule) const {
    return std::any_of(had_.next_hops.begin(), had_.next_hops.end(),
                       [&](const NextHop& hop) { return is_of(rule, hop); });
  }
  bool is_own_table(std::uint32_t table) const {
    return std::any_of(had_.next_hops.begin(), had_.next_hops.end(),
                       [&](const NextHop& hop) { return hop.table == table; });
  }
  /// Rules of situp's other tunnels may have the same preference: each is for one mark only.
  bool is_free(std::uint32_t preference) const {
    const auto has = [&](const LiveRule4& rule) {
      return rule.preference == preference && !is_own(rule) && !is_of_another_tunnel(rule);
    };
    return std::none_of(live_.rules4().begin(), live_.rules4().end(), has);
  }
  bool is_of_another_tunnel(const LiveRule4& rule) const {
    bool found = false;
    live_.for_each_link([&](const LiveLink& link) {
      found |=
          link.sit && link.sit->mark != 0 && link.sit->mark == rule.mark && rule.mask == whole_mask;
    });
    return found;
  }

  std::string iface_;
  const Owned& had_;
  const Live& live_;
};

/// True if the numbers are still in the configured ranges.
bool fits(const NextHop& hop, const NextHopSettings& settings) {
  const std::uint32_t step = hop.mark - settings.mark;
  return step < most_numbers && hop.table - settings.table == step;
}

}  // namespace

std::optional<Gateway> gateway_of(const Tunnel& tunnel, const Live& live) {
  const LiveLink* link = tunnel.dev ? live.link(tunnel.dev->str()) : live.holder(tunnel.sit.local);
  if (link == nullptr) return std::nullopt;
  const auto name = InterfaceName::parse(link->name);
  if (!name) return std::nullopt;
  const LiveRoute4* best = nullptr;
  bool has_neighbours = false;
  bool has_other_gateway = false;
  // The widest route, of the table main before others, of the least metric.
  const auto rank = [](const LiveRoute4& route) {
    return std::tuple(route.length, route.table != main_table, route.metric);
  };
  for (const LiveRoute4& route : live.routes4()) {
    if (route.index != link->index || !is_ordinary(route.table, live)) continue;
    if (route.gateway == Ipv4{}) {
      has_neighbours |= route.length < 32;
      continue;
    }
    has_other_gateway |= best != nullptr && best->gateway != route.gateway;
    if (best == nullptr || rank(route) < rank(*best)) best = &route;
  }
  if (best == nullptr || !(has_neighbours || has_other_gateway)) return std::nullopt;
  return Gateway{best->gateway, *name};
}

std::optional<NextHop> choose_next_hop(const Tunnel& tunnel, const NextHopSettings& settings,
                                       const Owned& had, const Live& live,
                                       std::set<std::uint32_t>& taken) {
  const auto gateway = gateway_of(tunnel, live);
  if (!gateway) return std::nullopt;
  const Numbers numbers(tunnel, had, live);
  const auto with = [&](std::uint32_t mark, std::uint32_t preference, std::uint32_t table) {
    taken.insert(mark);
    return NextHop{mark, preference, table, gateway->address, gateway->dev};
  };
  for (const NextHop& known : had.next_hops)
    if (fits(known, settings) && numbers.are_free(known.mark, known.table) &&
        taken.count(known.mark) == 0)
      return with(known.mark, known.preference, known.table);
  for (std::uint32_t step = 0; step < most_numbers; ++step) {
    const std::uint32_t mark = settings.mark + step;
    const std::uint32_t table = settings.table + step;
    if (mark == 0 || taken.count(mark) != 0 || !numbers.are_free(mark, table)) continue;
    return with(mark, numbers.preference(settings.preference), table);
  }
  return std::nullopt;
}

std::optional<NextHop> next_hop_on(const LiveLink& link, const Live& live) {
  if (!link.sit || link.sit->mark == 0) return std::nullopt;
  std::optional<NextHop> hop;
  for (const LiveRule4& rule : live.rules4()) {
    if (rule.mark != link.sit->mark || rule.mask != whole_mask || !rule.by_mark_only) continue;
    if (hop) return std::nullopt;
    hop = NextHop{rule.mark, rule.preference, rule.table, {}, {}};
  }
  if (!hop || hop->table == main_table) return std::nullopt;
  std::size_t count = 0;
  for (const LiveRoute4& route : live.routes4()) {
    if (route.table != hop->table) continue;
    const LiveLink* dev = live.link(route.index);
    const auto name = dev == nullptr ? std::nullopt : InterfaceName::parse(dev->name);
    if (++count > 1 || route.length != 0 || route.gateway == Ipv4{} || !name) return std::nullopt;
    hop->gateway = route.gateway;
    hop->dev = *name;
  }
  return hop;
}

std::string hex_mark(std::uint32_t mark) {
  std::array<char, 16> text{};
  static_cast<void>(snprintf(text.data(), text.size(), "0x%x", mark));
  return text.data();
}

}  // namespace situp
