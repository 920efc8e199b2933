// SPDX-License-Identifier: GPL-2.0-or-later
// The text of a record, and back. Pure.
#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "base/keyed.h"
#include "base/text.h"
#include "reconcile/record.h"

namespace situp {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view first_line = "situp-record 1";

// Of a rule for an on-link prefix.
constexpr std::string_view longer = "longer", unreachable = "unreachable";

constexpr const char* state_words[] = {"intent", "up", "going-down"};

std::string text_of(const DefaultRoute& route) {
  return route.gateway.str() + " " + std::to_string(route.metric) +
         (route.from ? " from " + route.from->str() : "") +
         (route.table == main_table ? "" : " table " + std::to_string(route.table)) +
         (route.to ? " to " + route.to->str() : "");
}

std::string yes_or_no(bool value) {
  return value ? "yes" : "no";
}

std::string hex(std::uint64_t number) {
  std::array<char, 16> digits{};
  const auto [end, error] = std::to_chars(digits.begin(), digits.end(), number, 16);
  return {digits.begin(), end};
}

class RecordReader {
 public:
  bool read_line(std::string_view key, std::string_view value) {
    if (key == "state"sv) return read_state(value);
    if (key == "iface"sv) return InterfaceName::parse(value) && put(record_.stanza.iface, value);
    if (key == "logical"sv) return put(record_.stanza.logical, value);
    if (key == "family"sv) return put(record_.stanza.family, value);
    if (key == "method"sv) return put(record_.stanza.method, value);
    if (key == "by-ifup"sv) return flag(record_.by_ifup, value);
    if (key == "no-auto-down"sv) return flag(record_.no_auto_down, value);
    if (key == "upkeep"sv) return flag(record_.upkeep, value);
    if (key == "no-next-hop"sv) return flag(record_.no_next_hop, value);
    if (key == "no-on-link-rules"sv) return flag(record_.no_on_link_rules, value);
    if (key == "ifindex"sv) return read_number(record_.ifindex, value);
    if (key == "underlay-mtu"sv) return read_number(record_.resolved.underlay_mtu, value);
    if (key == "local"sv) return read(Ipv4::parse(value), record_.resolved.local);
    if (key == "local-source"sv) return put(record_.resolved.local_source, value);
    if (key == "remote"sv) return read(Ipv4::parse(value), record_.resolved.remote);
    if (key == "router"sv) return append(Ipv4::parse(value), record_.resolved.routers);
    if (key == "router-nodefault"sv)
      return append(Ipv4::parse(value), record_.resolved.routers_nodefault);
    if (key == "embedded"sv) return read(Ipv4::parse(value), record_.resolved.embedded);
    if (key == "relay"sv) return append(Ipv4::parse(value), record_.resolved.relays);
    if (key == "owns-address"sv) return append(Ipv6Net::parse(value), record_.owned.addresses);
    if (key == "preferred-lifetime"sv)
      return read_number(record_.owned.preferred_lifetime.emplace(), value);
    if (key == "owns-route"sv) return read_route(value, record_.owned.routes);
    if (key == "withdrawn"sv) return read_route(value, record_.withdrawn);
    if (key == "owns-lan"sv) return read_lan(value);
    if (key == "owns-firewall"sv) return read_firewall(value);
    if (key == "owns-next-hop"sv) return read_next_hop(value);
    if (key == "owns-on-link-rule"sv) return read_on_link_rule(value);
    if (key == "owns-unreachable"sv) return append(Ipv6Net::parse(value), record_.owned.routed);
    if (key == "owns-fou-port"sv) return read_fou_port(value);
    if (key == "option"sv) {
      const auto name = take_until(value, ' ');
      record_.stanza.options.push_back({std::string(name), std::string(value), {}});
      return true;
    }
    // A later situp may write other words. Its own `down` removes its objects.
    return true;
  }

  /// Empty if the record names no interface.
  std::optional<Record> take() {
    if (record_.stanza.iface.empty()) return std::nullopt;
    return std::move(record_);
  }

 private:
  bool read_state(std::string_view value) {
    const auto* const found = std::find(std::begin(state_words), std::end(state_words), value);
    if (found == std::end(state_words)) return false;
    record_.state = static_cast<Record::State>(found - state_words);
    return true;
  }

  static bool put(std::string& to, std::string_view value) {
    to = value;
    return true;
  }

  static bool flag(bool& to, std::string_view value) {
    to = value == "yes";
    return to || value == "no";
  }

  template <typename T>
  static bool read_number(T& to, std::string_view value) {
    const auto number = parse_number(value, std::numeric_limits<T>::max());
    if (number) to = static_cast<T>(*number);
    return number.has_value();
  }

  template <typename T>
  static bool read(const std::optional<T>& value, T& to) {
    if (value) to = *value;
    return value.has_value();
  }

  template <typename T>
  static bool append(const std::optional<T>& value, std::vector<T>& to) {
    if (value) to.push_back(*value);
    return value.has_value();
  }

  /// "GATEWAY METRIC", and the optional "from PREFIX", "table NUMBER", "to ADDRESS".
  static bool read_route(std::string_view value, std::vector<DefaultRoute>& routes) {
    const auto address = Ipv6::parse(take_until(value, ' '));
    const auto number = parse_number(take_until(value, ' '), 0xffffffff);
    if (!address || !number) return false;
    DefaultRoute route{*address, *number, {}, main_table};
    while (!value.empty()) {
      const auto word = take_until(value, ' ');
      const auto what = take_until(value, ' ');
      const auto prefix = Ipv6Net::parse(what);
      const auto table = parse_number(what, 0xffffffff);
      const auto to = Ipv6::parse(what);
      if (word == "from" && prefix)
        route.from = prefix;
      else if (word == "table" && table)
        route.table = *table;
      else if (word == "to" && to)
        route.to = to;
      else
        return false;
    }
    routes.push_back(route);
    return true;
  }

  bool read_lan(std::string_view value) {
    const auto iface = InterfaceName::parse(take_until(value, ' '));
    const auto net = Ipv6Net::parse(value);
    if (!iface || !net) return false;
    record_.owned.lan.push_back({*iface, *net});
    return true;
  }

  /// "MARK PREFERENCE TABLE GATEWAY DEVICE"
  bool read_next_hop(std::string_view value) {
    NextHop hop;
    for (std::uint32_t* number : {&hop.mark, &hop.preference, &hop.table}) {
      if (!read_number(*number, take_until(value, ' '))) return false;
    }
    const auto gateway = Ipv4::parse(take_until(value, ' '));
    const auto dev = InterfaceName::parse(value);
    if (!gateway || !dev) return false;
    hop.gateway = *gateway;
    hop.dev = *dev;
    record_.owned.next_hops.push_back(hop);
    return true;
  }

  /// "PORT LOCAL"
  bool read_fou_port(std::string_view value) {
    const auto port = parse_number(take_until(value, ' '), 0xffff);
    const auto local = Ipv4::parse(value);
    if (!port || *port == 0 || !local) return false;
    record_.owned.fou_ports.push_back({static_cast<std::uint16_t>(*port), *local});
    return true;
  }

  /// "PREFERENCE PREFIX longer" or "PREFERENCE PREFIX unreachable"
  bool read_on_link_rule(std::string_view value) {
    const auto preference = parse_number(take_until(value, ' '), 0xffffffff);
    const auto prefix = Ipv6Net::parse(take_until(value, ' '));
    if (!preference || !prefix || (value != longer && value != unreachable)) return false;
    record_.owned.on_link_rules.push_back({*preference, *prefix, value == longer});
    return true;
  }

  /// Both fingerprints, in hexadecimal.
  bool read_firewall(std::string_view value) {
    LoadedFilter filter;
    const auto read = [](std::string_view text, std::uint64_t& to) {
      const auto* const end = text.data() + text.size();
      const auto [stop, error] = std::from_chars(text.data(), end, to, 16);
      return error == std::errc() && stop == end;
    };
    if (!read(take_until(value, ' '), filter.ruleset) || !read(value, filter.content)) return false;
    record_.owned.firewall = filter;
    return true;
  }

  Record record_;
};

}  // namespace

std::string write_record(const Record& record, std::string_view boot, std::string_view netns) {
  KeyedWriter text(first_line);
  text.line("boot", boot);
  if (!netns.empty()) text.line("netns", netns);
  text.line("state", state_words[static_cast<int>(record.state)]);
  text.line("iface", record.stanza.iface);
  text.line("logical", record.stanza.logical);
  text.line("family", record.stanza.family);
  text.line("method", record.stanza.method);
  text.line("by-ifup", yes_or_no(record.by_ifup));
  text.line("no-auto-down", yes_or_no(record.no_auto_down));
  text.line("upkeep", yes_or_no(record.upkeep));
  if (record.no_next_hop) text.line("no-next-hop", yes_or_no(true));
  if (record.no_on_link_rules) text.line("no-on-link-rules", yes_or_no(true));
  text.line("ifindex", std::to_string(record.ifindex));
  text.line("local", record.resolved.local.str());
  if (!record.resolved.local_source.empty())
    text.line("local-source", record.resolved.local_source);
  text.line("remote", record.resolved.remote.str());
  text.line("underlay-mtu", std::to_string(record.resolved.underlay_mtu));
  for (const Ipv4 router : record.resolved.routers) text.line("router", router.str());
  for (const Ipv4 router : record.resolved.routers_nodefault)
    text.line("router-nodefault", router.str());
  if (record.resolved.embedded != Ipv4{}) text.line("embedded", record.resolved.embedded.str());
  for (const Ipv4 relay : record.resolved.relays) text.line("relay", relay.str());
  for (const Ipv6Net& net : record.owned.addresses) text.line("owns-address", net.str());
  if (record.owned.preferred_lifetime)
    text.line("preferred-lifetime", std::to_string(*record.owned.preferred_lifetime));
  for (const DefaultRoute& route : record.owned.routes) text.line("owns-route", text_of(route));
  for (const DefaultRoute& route : record.withdrawn) text.line("withdrawn", text_of(route));
  for (const LanAddress& lan : record.owned.lan)
    text.line("owns-lan", lan.iface.str() + " " + lan.address.str());
  if (record.owned.firewall)
    text.line("owns-firewall",
              hex(record.owned.firewall->ruleset) + " " + hex(record.owned.firewall->content));
  for (const NextHop& hop : record.owned.next_hops)
    text.line("owns-next-hop", std::to_string(hop.mark) + " " + std::to_string(hop.preference) +
                                   " " + std::to_string(hop.table) + " " + hop.gateway.str() + " " +
                                   hop.dev.str());
  for (const OnLinkRule& rule : record.owned.on_link_rules)
    text.line("owns-on-link-rule", std::to_string(rule.preference) + " " + rule.to.str() + " " +
                                       std::string(rule.longer_routes ? longer : unreachable));
  for (const Ipv6Net& prefix : record.owned.routed) text.line("owns-unreachable", prefix.str());
  for (const FouPort& port : record.owned.fou_ports)
    text.line("owns-fou-port", std::to_string(port.port) + " " + port.local.str());
  for (const Option& option : record.stanza.options)
    text.line("option", option.name + " " + option.value);
  return text.text();
}

std::optional<Record> read_record(std::string_view text, std::string_view boot) {
  RecordReader reader;
  bool same_boot = false;
  const bool whole = read_keyed(text, first_line, [&](std::string_view key, const auto& value) {
    if (key != "boot") return reader.read_line(key, value.value_or(""));
    same_boot = value == boot;
    return true;
  });
  return whole && same_boot ? reader.take() : std::nullopt;
}

}  // namespace situp
