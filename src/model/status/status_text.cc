// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>
#include <cstdio>

#include "base/json.h"
#include "model/status/status.h"

namespace situp {
namespace {

using State = TunnelStatus::State;

std::string in_colour(State state, const std::string& text, const Layout& layout) {
  if (!layout.colour) return text;
  const char* code = state == State::up         ? "32"
                     : state == State::unproven ? "33"
                     : state == State::down     ? "2"
                                                : "31";
  return "\x1b[" + std::string(code) + "m" + text + "\x1b[0m";
}

/// 1536 → "1.5 KiB"
std::string bytes(std::uint64_t number) {
  constexpr std::array units{"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(number);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < units.size()) {
    value /= 1024;
    ++unit;
  }
  std::array<char, 32> text{};
  static_cast<void>(
      snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]));
  return text.data();
}

std::string end(const std::optional<Ipv4>& address) {
  if (!address) return "-";
  return *address == Ipv4{} ? std::string("any") : address->str();
}

/// 90061 → "1 d 1 h"
std::string since(std::int64_t then, std::int64_t now) {
  const std::int64_t all = std::max<std::int64_t>(now - then, 0);
  const auto two = [](std::int64_t a, const char* first, std::int64_t b, const char* second) {
    return std::to_string(a) + " " + first + (b == 0 ? "" : " " + std::to_string(b) + " " + second);
  };
  if (all >= 86400) return two(all / 86400, "d", all % 86400 / 3600, "h");
  if (all >= 3600) return two(all / 3600, "h", all % 3600 / 60, "min");
  if (all >= 60) return two(all / 60, "min", all % 60, "s");
  return std::to_string(all) + " s";
}

/// Counts characters, not bytes; cuts at the terminal's width.
std::string cut(const std::string& line, unsigned columns) {
  if (columns == 0) return line;
  std::size_t width = 0;
  auto last = line.begin();
  for (auto at = line.begin(); at != line.end(); ++at) {
    if ((static_cast<unsigned char>(*at) & 0xc0U) == 0x80U) continue;
    if (++width > columns) return std::string(line.begin(), last) + "…";
    last = at;
  }
  return line;
}

}  // namespace

std::string as_milliseconds(std::uint32_t microseconds) {
  std::array<char, 32> text{};
  static_cast<void>(
      snprintf(text.data(), text.size(), "%.1f ms", static_cast<double>(microseconds) / 1000));
  return text.data();
}

std::string status_table(const std::vector<TunnelStatus>& all, const Layout& layout) {
  constexpr std::size_t count = 7;
  using Row = std::array<std::string, count>;
  std::vector<Row> rows{{"NAME", "STATE", "LOCAL", "REMOTE", "RECEIVED", "SENT", "RTT"}};
  for (const TunnelStatus& status : all) {
    const bool there = status.counters.has_value();
    const auto rtt = status.vitals ? round_trips(*status.vitals) : std::nullopt;
    rows.push_back(
        {status.name, word_of(status.state), end(status.local),
         row_of(status.kind).has_endpoint ? end(status.remote) : row_of(status.kind).title,
         there ? bytes(status.counters->rx_bytes) : "-",
         there ? bytes(status.counters->tx_bytes) : "-", rtt ? as_milliseconds(rtt->median) : "-"});
  }
  std::array<std::size_t, count> widths{};
  const auto wider = [](std::size_t width, const std::string& word) {
    return std::max(width, word.size());
  };
  for (const Row& row : rows)
    std::transform(widths.begin(), widths.end(), row.begin(), widths.begin(), wider);
  std::string text;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::string line;
    for (std::size_t i = 0; i < count; ++i)
      line += rows[r][i] + std::string(widths[i] - rows[r][i].size() + 2, ' ');
    line += r == 0 ? "" : first_trouble(all[r - 1]);
    line.erase(line.find_last_not_of(' ') + 1);
    line = cut(line, layout.columns);
    const std::size_t at = widths[0] + 2;
    // Where the state is cut, it has no colour.
    if (r != 0 && line.find(rows[r][1], at) == at)
      line.replace(at, rows[r][1].size(), in_colour(all[r - 1].state, rows[r][1], layout));
    text += line + "\n";
  }
  return text;
}

std::string status_details(const TunnelStatus& status, const Layout& layout, std::int64_t now) {
  std::string text =
      status.name + ": " + in_colour(status.state, word_of(status.state), layout) + "\n";
  const auto line = [&](const char* name, const std::string& value) {
    if (value.empty()) return;
    std::string start = "  " + std::string(name);
    start.resize(16, ' ');
    text += start + value + "\n";
  };
  for (const std::string& trouble : status.trouble) line("wrong", trouble);
  for (const std::string& command : status.differs) line("to put right", command);
  const KindRow& kind = row_of(status.kind);
  line("kind", kind.title);
  const std::string& from =
      status.local_source.empty() ? status.local_sources : status.local_source;
  line("local", end(status.local) + (from.empty() ? "" : " (from " + from + ")"));
  if (kind.has_endpoint)
    line("remote",
         end(status.remote) + (status.endpoint.empty() || status.endpoint == end(status.remote)
                                   ? ""
                                   : " (" + status.endpoint + ")"));
  if (status.delegated) line("delegated", status.delegated->str());
  for (const Ipv4 relay : status.relays) line("relay", relay.str());
  if (status.is_relay) line("relay", "this host");
  if (!status.owner.empty()) line("brought up", "by " + status.owner);
  if (status.changed_at != 0) line("as it is", "since " + since(status.changed_at, now));
  const bool stateful = status.firewall == "stateful";
  if (has_option(kind, "firewall")) line("firewall", status.firewall);
  if (stateful != (status.mss == "clamp")) line("mss", status.mss);
  for (const std::string& note : status.notes) line("note", note);
  if (status.encap) line("encap", str(*status.encap));
  if (status.mtu) line("mtu", std::to_string(*status.mtu));
  for (const std::string& address : status.addresses) line("address", address);
  for (const std::string& address : status.lan) line("lan", address);
  for (const std::string& route : status.routes) line("route", route);
  for (const std::string& route : status.withdrawn)
    line("withdrawn", route + ", until the far end answers");
  for (const Router& router : status.routers) {
    const std::string health = health_of(status, router.address);
    line("router", router.address.str() + (router.may_be_default ? "" : " (never the default)") +
                       (health.empty() ? "" : ", " + health));
  }
  if (status.next_hop)
    line("next hop", status.next_hop->gateway.str() + " by " + status.next_hop->dev.str() +
                         " (mark " + hex_mark(status.next_hop->mark) + ", table " +
                         std::to_string(status.next_hop->table) + ")");
  if (status.kernel_next_hop)
    line("next hop",
         "the kernel's one for all neighbours, so that some may be out of reach: write next-hop = "
         "gateway in situp.conf");
  if (status.no_on_link_rules)
    line("unused",
         "packets for unused addresses of its prefixes go back into the tunnel while this host "
         "forwards: there is no IPv6 rule against it");
  if (status.counters) {
    const Counters& c = *status.counters;
    line("received", bytes(c.rx_bytes) + ", " + std::to_string(c.rx_packets) + " packets");
    line("sent", bytes(c.tx_bytes) + ", " + std::to_string(c.tx_packets) + " packets");
    for (const std::string& meaning : what_counters_say(kind, c)) line("errors", meaning);
  }
  if (status.vitals) {
    const Vitals& v = *status.vitals;
    if (!v.health.empty()) {
      const auto rtt = round_trips(v);
      const std::string since_when =
          v.health_since == 0 ? "" : " since " + since(v.health_since, now);
      line("keepalive", v.health + since_when + (v.target ? ", " + v.target->str() : "") +
                            (rtt ? ", round trip " + as_milliseconds(rtt->median) : "") +
                            ", lost " + std::to_string(v.lost) + " of " + std::to_string(v.sent));
      if (rtt)
        line("", "round trips from " + as_milliseconds(rtt->least) + " to " +
                     as_milliseconds(rtt->most) + ", " + as_milliseconds(rtt->mean) +
                     " on average");
    }
    if (v.right_at != 0) line("seen right", since(v.right_at, now) + " ago");
    for (const Vitals::Event& event : v.events)
      line("event", since(event.when, now) + " ago: " + event.line);
  }
  if (status.broker) {
    line("broker", status.broker->broker + ": " +
                       (status.broker->answer.empty() ? "never told" : status.broker->answer));
    if (status.broker->accepted_at != 0)
      line("", "accepted " + since(status.broker->accepted_at, now) + " ago");
  }
  for (const std::string& what : status.unseen) line("not seen", what);
  return text;
}

std::string status_json(const std::vector<TunnelStatus>& all) {
  Json json;
  json.begin_array();
  for (const TunnelStatus& status : all) {
    json.begin_object();
    json.member("name", status.name);
    json.member("state", word_of(status.state));
    json.member("ok", !status.wrong);
    json.list("trouble", status.trouble);
    json.list("differs", status.differs);
    const KindRow& kind = row_of(status.kind);
    json.member("kind", kind.word);
    if (status.local) json.member("local", end(status.local));
    json.member("local_sources", status.local_sources);
    if (!status.local_source.empty()) json.member("local_source", status.local_source);
    if (kind.has_endpoint && status.remote) json.member("remote", end(status.remote));
    if (kind.has_endpoint) json.member("endpoint", status.endpoint);
    if (status.delegated) {
      json.member("delegated", status.delegated->str());
      std::vector<std::string> relays;
      for (const Ipv4 relay : status.relays) relays.push_back(relay.str());
      json.list("relays", relays);
      json.key("is_relay");
      json.value(status.is_relay);
    }
    if (!status.owner.empty()) json.member("owner", status.owner);
    if (status.changed_at != 0)
      json.member("changed_at", static_cast<std::uint64_t>(status.changed_at));
    if (!status.firewall.empty()) json.member("firewall", status.firewall);
    if (!status.mss.empty()) json.member("mss", status.mss);
    json.list("notes", status.notes);
    if (status.encap) json.member("encap", str(*status.encap));
    if (status.mtu) json.member("mtu", *status.mtu);
    json.list("addresses", status.addresses);
    json.list("lan", status.lan);
    json.list("routes", status.routes);
    if (!status.withdrawn.empty()) json.list("withdrawn", status.withdrawn);
    json.key("routers");
    json.begin_array();
    for (const Router& router : status.routers) {
      json.begin_object();
      json.member("address", router.address.str());
      json.member("default", router.may_be_default);
      const std::string health = health_of(status, router.address);
      if (!health.empty()) json.member("health", health);
      json.end_object();
    }
    json.end_array();
    if (status.no_on_link_rules) {
      json.key("on_link_rules");
      json.value(false);
    }
    if (status.next_hop || status.kernel_next_hop) {
      json.key("next_hop");
      json.begin_object();
      json.member("by", status.next_hop ? "gateway" : "kernel");
      if (status.next_hop) {
        json.member("gateway", status.next_hop->gateway.str());
        json.member("interface", status.next_hop->dev.str());
        json.member("mark", status.next_hop->mark);
        json.member("table", status.next_hop->table);
        json.member("preference", status.next_hop->preference);
      }
      json.end_object();
    }
    if (status.counters) {
      const Counters& c = *status.counters;
      json.key("counters");
      json.begin_object();
      json.member("rx_bytes", c.rx_bytes);
      json.member("rx_packets", c.rx_packets);
      json.member("tx_bytes", c.tx_bytes);
      json.member("tx_packets", c.tx_packets);
      json.member("rx_errors", c.rx_errors);
      json.member("rx_frame_errors", c.rx_frame_errors);
      json.member("tx_errors", c.tx_errors);
      json.member("tx_carrier_errors", c.tx_carrier_errors);
      json.member("collisions", c.collisions);
      json.end_object();
      json.list("errors", what_counters_say(kind, c));
    }
    if (status.vitals && !status.vitals->health.empty()) {
      const Vitals& v = *status.vitals;
      json.key("keepalive");
      json.begin_object();
      json.member("health", v.health);
      if (v.target) json.member("target", v.target->str());
      json.member("sent", v.sent);
      json.member("lost", v.lost);
      if (const auto rtt = round_trips(v)) {
        json.member("rtt_us", rtt->median);
        json.member("rtt_min_us", rtt->least);
        json.member("rtt_mean_us", rtt->mean);
        json.member("rtt_max_us", rtt->most);
      }
      json.end_object();
    }
    if (status.broker) {
      json.key("broker");
      json.begin_object();
      json.member("broker", status.broker->broker);
      json.member("answer", status.broker->answer);
      json.member("accepted_at", static_cast<std::uint64_t>(status.broker->accepted_at));
      json.member("called_at", static_cast<std::uint64_t>(status.broker->called_at));
      json.member("stopped", status.broker->stopped);
      json.end_object();
    }
    json.list("unseen", status.unseen);
    json.end_object();
  }
  json.end_array();
  return json.text();
}

}  // namespace situp
