// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "base/text.h"
#include "model/status/monitoring.h"

namespace situp {
namespace {

using State = TunnelStatus::State;

/// A label's value in the text format.
std::string escaped(std::string_view value) {
  std::string text;
  for (const char c : printable(value)) {
    if (c == '\\' || c == '"') text += '\\';
    text += c;
  }
  return text;
}

/// The samples of one metric.
class Samples {
 public:
  using Label = std::pair<const char*, std::string>;

  explicit Samples(const char* name) : name_(name) {}

  void add(std::string_view number, std::initializer_list<Label> labels) {
    std::string words;
    for (const auto& [name, value] : labels)
      if (!value.empty())
        words += (words.empty() ? "" : ",") + std::string(name) + "=\"" + escaped(value) + '"';
    text_ += name_;
    if (!words.empty()) text_ += '{' + words + '}';
    (text_ += ' ').append(number) += '\n';
  }
  void add(const TunnelStatus& status, std::uint64_t number) {
    add(std::to_string(number), {{"device", status.name}});
  }
  /// `when`: 0 = never.
  void add_time(const TunnelStatus& status, std::int64_t when) {
    if (when > 0) add(status, static_cast<std::uint64_t>(when));
  }
  const std::string& text() const { return text_; }

 private:
  const char* name_;
  std::string text_;
};

std::string seconds(std::uint32_t microseconds) {
  std::array<char, 32> text{};
  static_cast<void>(snprintf(text.data(), text.size(), "%u.%06u", microseconds / 1000000,
                             microseconds % 1000000));
  return text.data();
}

/// "0" or "1"; empty if situpd does not know.
std::string_view is_alive(std::string_view health) {
  return health == "alive" ? "1" : health == "dead" ? "0" : "";
}

std::string end_of(const std::optional<Ipv4>& address) {
  return !address ? "" : *address == Ipv4{} ? "any" : address->str();
}

template <std::uint64_t Counters::*Counter>
void counter(Samples& samples, const TunnelStatus& status) {
  if (status.counters) samples.add(status, *status.counters.*Counter);
}

void info(Samples& samples, const TunnelStatus& status) {
  const KindRow& kind = row_of(status.kind);
  samples.add("1", {{"device", status.name},
                    {"kind", kind.word},
                    {"local", end_of(status.local)},
                    {"remote", kind.has_endpoint ? end_of(status.remote) : ""},
                    {"owner", status.owner}});
}

void state(Samples& samples, const TunnelStatus& status) {
  for (const State one : {State::up, State::unproven, State::degraded, State::drifted, State::down})
    samples.add(status.state == one ? "1" : "0",
                {{"device", status.name}, {"state", word_of(one)}});
}

void routers(Samples& samples, const TunnelStatus& status) {
  for (const Router& router : status.routers)
    if (const auto alive = is_alive(health_of(status, router.address)); !alive.empty())
      samples.add(alive, {{"device", status.name}, {"router", router.address.str()}});
}

struct MetricRow {
  Metric metric{};
  void (*of_tunnel)(Samples& samples, const TunnelStatus& status) = nullptr;
  void (*of_host)(Samples& samples, const HostStatus& host) = nullptr;
};

constexpr MetricRow rows[] = {
    {.metric = {"situp_build_info", "gauge", "version", "The version of situp; always 1."},
     .of_host =
         [](Samples& s, const HostStatus&) {
           s.add("1", {{"version", SITUP_VERSION}});
         }},
    {.metric = {"situp_situpd_running", "gauge", "", "1 if situpd runs, 0 if it does not."},
     .of_host =
         [](Samples& s, const HostStatus& host) {
           if (host.daemon_runs) s.add(*host.daemon_runs ? "1" : "0", {});
         }},
    {.metric = {"situp_stanzas_readable", "gauge", "",
                "0 if a mistake in a file may hide stanzas (situp check names it), otherwise 1."},
     .of_host = [](Samples& s, const HostStatus& host) { s.add(host.shows_all ? "1" : "0", {}); }},
    {.metric = {"situp_tunnel_info", "gauge", "device, kind, local, remote, owner",
                "The tunnel's kind, its outer addresses and the program that brought it up; always "
                "1."},
     .of_tunnel = info},
    {.metric = {"situp_tunnel_ok", "gauge", "device",
                "0 if the tunnel is degraded, drifted, or down although its stanza is auto; "
                "otherwise 1."},
     .of_tunnel = [](Samples& s, const TunnelStatus& t) { s.add(t, t.wrong ? 0 : 1); }},
    {.metric = {"situp_tunnel_up", "gauge", "device",
                "1 if the tunnel is up or unproven, otherwise 0."},
     .of_tunnel =
         [](Samples& s, const TunnelStatus& t) {
           s.add(t, t.state == State::up || t.state == State::unproven ? 1 : 0);
         }},
    {.metric = {"situp_tunnel_state", "gauge", "device, state",
                "1 for the tunnel's state, 0 for the other states: up, unproven, degraded, "
                "drifted, down."},
     .of_tunnel = state},
    {.metric = {"situp_tunnel_applied_timestamp_seconds", "gauge", "device",
                "The time when situp last resolved the tunnel's sources and applied it."},
     .of_tunnel = [](Samples& s, const TunnelStatus& t) { s.add_time(t, t.changed_at); }},
    {.metric = {"situp_tunnel_right_timestamp_seconds", "gauge", "device",
                "The time when situpd last found the tunnel right, or put it right."},
     .of_tunnel =
         [](Samples& s, const TunnelStatus& t) {
           if (t.vitals) s.add_time(t, t.vitals->right_at);
         }},
    {.metric = {"situp_tunnel_event_timestamp_seconds", "gauge", "device",
                "The time of the last event that situpd logged about the tunnel."},
     .of_tunnel =
         [](Samples& s, const TunnelStatus& t) {
           if (t.vitals && !t.vitals->events.empty()) s.add_time(t, t.vitals->events.back().when);
         }},
    {.metric = {"situp_tunnel_changes_total", "counter", "device",
                "How often situpd has changed the tunnel: repairs, new addresses, default routes "
                "removed and added again."},
     .of_tunnel =
         [](Samples& s, const TunnelStatus& t) {
           if (t.vitals) s.add(t, t.vitals->changes);
         }},
    {.metric = {"situp_tunnel_withdrawn_routes", "gauge", "device",
                "Default routes that situpd has removed until the far end answers."},
     .of_tunnel = [](Samples& s, const TunnelStatus& t) { s.add(t, t.withdrawn.size()); }},
    {.metric = {"situp_tunnel_mtu_bytes", "gauge", "device", "The MTU of the tunnel's device."},
     .of_tunnel =
         [](Samples& s, const TunnelStatus& t) {
           if (t.mtu) s.add(t, *t.mtu);
         }},
    {.metric = {"situp_tunnel_receive_bytes_total", "counter", "device",
                "Bytes received through the tunnel."},
     .of_tunnel = counter<&Counters::rx_bytes>},
    {.metric = {"situp_tunnel_receive_packets_total", "counter", "device",
                "Packets received through the tunnel."},
     .of_tunnel = counter<&Counters::rx_packets>},
    {.metric = {"situp_tunnel_transmit_bytes_total", "counter", "device",
                "Bytes sent through the tunnel."},
     .of_tunnel = counter<&Counters::tx_bytes>},
    {.metric = {"situp_tunnel_transmit_packets_total", "counter", "device",
                "Packets sent through the tunnel."},
     .of_tunnel = counter<&Counters::tx_packets>},
    {.metric = {"situp_tunnel_receive_errors_total", "counter", "device",
                "Received packets that the kernel dropped: a source that the tunnel refuses, or a "
                "cause that has a metric of its own."},
     .of_tunnel = counter<&Counters::rx_errors>},
    {.metric = {"situp_tunnel_receive_ecn_errors_total", "counter", "device",
                "Received packets whose inner and outer congestion marks (ECN) contradict each "
                "other."},
     .of_tunnel = counter<&Counters::rx_frame_errors>},
    {.metric = {"situp_tunnel_transmit_errors_total", "counter", "device",
                "Packets that the kernel did not send: a next hop that the tunnel refuses, or a "
                "cause that has a metric of its own."},
     .of_tunnel = counter<&Counters::tx_errors>},
    {.metric = {"situp_tunnel_transmit_route_errors_total", "counter", "device",
                "Packets not sent since there was no IPv4 route, or the local address was not this "
                "host's."},
     .of_tunnel = counter<&Counters::tx_carrier_errors>},
    {.metric = {"situp_tunnel_transmit_loop_errors_total", "counter", "device",
                "Packets not sent since they led into the tunnel again, or the path's MTU is too "
                "small."},
     .of_tunnel = counter<&Counters::collisions>},
    {.metric = {"situp_keepalive_alive", "gauge", "device",
                "1 if the far end answers the keepalive, 0 if it is dead; missing while situpd "
                "does not know."},
     .of_tunnel =
         [](Samples& s, const TunnelStatus& t) {
           const auto alive = is_alive(t.vitals ? t.vitals->health : "");
           if (!alive.empty()) s.add(alive, {{"device", t.name}});
         }},
    {.metric = {"situp_keepalive_changed_timestamp_seconds", "gauge", "device",
                "The time when the far end last became alive or dead."},
     .of_tunnel =
         [](Samples& s, const TunnelStatus& t) {
           if (t.vitals) s.add_time(t, t.vitals->health_since);
         }},
    {.metric = {"situp_keepalive_sent_total", "counter", "device", "Pings of the keepalive."},
     .of_tunnel =
         [](Samples& s, const TunnelStatus& t) {
           if (t.vitals && t.vitals->target) s.add(t, t.vitals->sent);
         }},
    {.metric = {"situp_keepalive_lost_total", "counter", "device",
                "Pings of the keepalive that were not answered."},
     .of_tunnel =
         [](Samples& s, const TunnelStatus& t) {
           if (t.vitals && t.vitals->target) s.add(t, t.vitals->lost);
         }},
    {.metric = {"situp_keepalive_round_trip_seconds", "gauge", "device",
                "The median of the keepalive's last round trips."},
     .of_tunnel =
         [](Samples& s, const TunnelStatus& t) {
           if (!t.vitals) return;
           if (const auto times = round_trips(*t.vitals))
             s.add(seconds(times->median), {{"device", t.name}});
         }},
    {.metric = {"situp_router_alive", "gauge", "device, router",
                "1 if the router answers situpd, 0 if it is dead; missing while situpd does not "
                "know."},
     .of_tunnel = routers},
    {.metric = {"situp_broker_info", "gauge", "device, broker, answer",
                "The tunnel's broker and its last answer; always 1."},
     .of_tunnel =
         [](Samples& s, const TunnelStatus& t) {
           if (t.broker)
             s.add(
                 "1",
                 {{"device", t.name}, {"broker", t.broker->broker}, {"answer", t.broker->answer}});
         }},
    {.metric = {"situp_broker_stopped", "gauge", "device",
                "1 if the broker has refused and situp tells it no address until a setting "
                "changes, otherwise 0."},
     .of_tunnel =
         [](Samples& s, const TunnelStatus& t) {
           if (t.broker) s.add(t, t.broker->stopped ? 1 : 0);
         }},
    {.metric = {"situp_broker_called_timestamp_seconds", "gauge", "device",
                "The time when situp last told the broker the address."},
     .of_tunnel =
         [](Samples& s, const TunnelStatus& t) {
           if (t.broker) s.add_time(t, t.broker->called_at);
         }},
    {.metric = {"situp_broker_accepted_timestamp_seconds", "gauge", "device",
                "The time when the broker last accepted the address."},
     .of_tunnel =
         [](Samples& s, const TunnelStatus& t) {
           if (t.broker) s.add_time(t, t.broker->accepted_at);
         }},
};

}  // namespace

std::vector<Metric> metrics() {
  std::vector<Metric> all;
  for (const MetricRow& row : rows) all.push_back(row.metric);
  return all;
}

std::string status_prometheus(const std::vector<TunnelStatus>& all, const HostStatus& host) {
  std::string text;
  for (const auto& [metric, of_tunnel, of_host] : rows) {
    Samples samples(metric.name);
    if (of_host != nullptr) of_host(samples, host);
    if (of_tunnel != nullptr)
      for (const TunnelStatus& status : all) of_tunnel(samples, status);
    if (samples.text().empty()) continue;
    text.append("# HELP ").append(metric.name).append(" ").append(metric.help);
    text.append("\n# TYPE ").append(metric.name).append(" ").append(metric.type);
    text.append("\n").append(samples.text());
  }
  return text;
}

}  // namespace situp
