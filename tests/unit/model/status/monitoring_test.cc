// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/status/monitoring.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include "base/file.h"

using namespace situp;

namespace {

using State = TunnelStatus::State;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

bool ends(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/// A name of a metric or a label: letters, digits and '_' here, although metrics may have ':'.
bool is_name(const std::string& text) {
  return !text.empty() && (text[0] < '0' || text[0] > '9') &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

/// The labels of a sample as names, and their values without escapes; the Error is a text.
std::string read_labels(const std::string& text, std::map<std::string, std::string>& labels) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t equals = text.find("=\"", at);
    if (equals == std::string::npos) return "no value";
    std::string name = text.substr(at, equals - at);
    std::string value;
    for (at = equals + 2; at < text.size() && text[at] != '"'; ++at) {
      if (text[at] == '\\' && (++at == text.size() || !has("\\\"n", std::string(1, text[at]))))
        return "a wrong escape";
      value += text[at];
    }
    if (at >= text.size()) return "no end";
    if (!is_name(name) || value.empty() || !labels.emplace(name, value).second) return name;
    if (++at < text.size() && text[at++] != ',') return "no comma";
  }
  return {};
}

/// Reads the text format 0.0.4, and stricter: each metric once, HELP, TYPE and samples together,
/// names by the naming rules. Returns the first line that is wrong; `samples` are NAME{LABELS}.
std::string first_mistake(const std::string& text, std::map<std::string, std::string>& samples) {
  std::map<std::string, std::set<std::string>> label_names;
  for (const Metric& metric : metrics()) {
    std::istringstream words(metric.labels);
    for (std::string word; std::getline(words >> std::ws, word, ',');)
      label_names[metric.name].insert(word);
  }
  if (!ends(text, "\n")) return "no newline at the end";
  std::istringstream lines(text);
  std::set<std::string> seen;
  std::string name, type, before;
  for (std::string line; std::getline(lines, line); before = line) {
    std::istringstream words(line);
    std::string hash, keyword, of;
    words >> hash >> keyword >> of;
    if (keyword == "HELP") {
      name = of;
      type.clear();
      if (hash != "#" || !is_name(name) || !seen.insert(name).second) return line;
      if (line.size() <= name.size() + 8 || has(line, "\\")) return line;
    } else if (keyword == "TYPE") {
      words >> type;
      if (hash != "#" || of != name || before.compare(0, 7 + name.size(), "# HELP " + name) != 0)
        return line;
      if (type != "gauge" && type != "counter") return line;
      if (ends(name, "_total") != (type == "counter")) return line;
    } else {
      const std::size_t blank = line.rfind(' ');
      if (type.empty() || blank == std::string::npos) return line;
      const std::string series = line.substr(0, blank), number = line.substr(blank + 1);
      const std::size_t brace = series.find('{');
      if (series.substr(0, brace) != name) return line;
      std::map<std::string, std::string> labels;
      if (brace != std::string::npos) {
        if (!ends(series, "}")) return line;
        const std::string bad =
            read_labels(series.substr(brace + 1, series.size() - brace - 2), labels);
        if (!bad.empty()) return line.append(": ").append(bad);
      }
      for (const auto& [label, value] : labels)
        if (label_names[name].count(label) == 0) return line.append(": ").append(label);
      const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || c == '.'; };
      if (number.empty() || !std::all_of(number.begin(), number.end(), is_digit)) return line;
      if (!samples.emplace(series, number).second) return line.append(": twice");
    }
  }
  return {};
}

std::map<std::string, std::string> samples_of(const std::vector<TunnelStatus>& all,
                                              const HostStatus& host = {}) {
  std::map<std::string, std::string> samples;
  CHECK(first_mistake(status_prometheus(all, host), samples) == "");
  return samples;
}

/// A tunnel of which all is known.
TunnelStatus full(const std::string& name) {
  TunnelStatus status;
  status.state = State::up;
  status.name = name;
  status.local = Ipv4::parse("172.31.14.146");
  status.remote = Ipv4::parse("216.66.80.26");
  status.owner = "ifup";
  status.changed_at = 1750000000;
  status.mtu = 1480;
  status.withdrawn = {"default"};
  status.routers = {{*Ipv4::parse("172.31.0.10"), true}, {*Ipv4::parse("172.31.0.11"), true}};
  status.counters = Counters{1, 2, 3, 4, 5, 6, 7, 8, 18446744073709551615U};
  status.vitals = Vitals{};
  status.vitals->health = "alive";
  status.vitals->health_since = 1749999000;
  status.vitals->target = Ipv6::parse("2001:db8::1");
  status.vitals->sent = 40;
  status.vitals->lost = 2;
  status.vitals->samples = {20000, std::nullopt, 1000021};
  status.vitals->routers = {{*Ipv4::parse("172.31.0.10"), "alive"},
                            {*Ipv4::parse("172.31.0.11"), "dead"}};
  status.vitals->right_at = 1749999900;
  status.vitals->changes = 3;
  status.vitals->note(1749999500, "put right");
  status.broker = BrokerStatus{"he 123456", "good 203.0.113.10", 1749990000, true, 1749995000};
  return status;
}

NagiosResult nagios(const std::vector<TunnelStatus>& all, const HostStatus& host = {}) {
  return status_nagios(all, host);
}

}  // namespace

TEST_CASE("the metrics of all tunnels are in the text format, one metric after the other") {
  TunnelStatus second = full("isatap0");
  second.kind = Kind::isatap;
  second.local = Ipv4{};
  const auto samples = samples_of({full("he-ipv6"), second}, {true, true});
  const std::pair<const char*, const char*> expected[] = {
      {"situp_build_info{version=\"" SITUP_VERSION "\"}", "1"},
      {"situp_situpd_running", "1"},
      {"situp_stanzas_readable", "1"},
      {R"(situp_tunnel_info{device="he-ipv6",kind="6in4",local="172.31.14.146",remote="216.66.80.26",owner="ifup"})",
       "1"},
      {R"(situp_tunnel_info{device="isatap0",kind="isatap",local="any",owner="ifup"})", "1"},
      {R"(situp_tunnel_ok{device="he-ipv6"})", "1"},
      {R"(situp_tunnel_up{device="isatap0"})", "1"},
      {R"(situp_tunnel_state{device="he-ipv6",state="up"})", "1"},
      {R"(situp_tunnel_state{device="he-ipv6",state="degraded"})", "0"},
      {R"(situp_tunnel_applied_timestamp_seconds{device="he-ipv6"})", "1750000000"},
      {R"(situp_tunnel_right_timestamp_seconds{device="he-ipv6"})", "1749999900"},
      {R"(situp_tunnel_event_timestamp_seconds{device="he-ipv6"})", "1749999500"},
      {R"(situp_tunnel_changes_total{device="he-ipv6"})", "3"},
      {R"(situp_tunnel_withdrawn_routes{device="he-ipv6"})", "1"},
      {R"(situp_tunnel_mtu_bytes{device="he-ipv6"})", "1480"},
      {R"(situp_tunnel_receive_bytes_total{device="he-ipv6"})", "1"},
      {R"(situp_tunnel_receive_packets_total{device="he-ipv6"})", "2"},
      {R"(situp_tunnel_transmit_bytes_total{device="he-ipv6"})", "3"},
      {R"(situp_tunnel_transmit_packets_total{device="he-ipv6"})", "4"},
      {R"(situp_tunnel_receive_errors_total{device="he-ipv6"})", "5"},
      {R"(situp_tunnel_receive_ecn_errors_total{device="he-ipv6"})", "6"},
      {R"(situp_tunnel_transmit_errors_total{device="he-ipv6"})", "7"},
      {R"(situp_tunnel_transmit_route_errors_total{device="he-ipv6"})", "8"},
      {R"(situp_tunnel_transmit_loop_errors_total{device="he-ipv6"})", "18446744073709551615"},
      {R"(situp_keepalive_alive{device="he-ipv6"})", "1"},
      {R"(situp_keepalive_changed_timestamp_seconds{device="he-ipv6"})", "1749999000"},
      {R"(situp_keepalive_sent_total{device="he-ipv6"})", "40"},
      {R"(situp_keepalive_lost_total{device="he-ipv6"})", "2"},
      {R"(situp_keepalive_round_trip_seconds{device="he-ipv6"})", "1.000021"},
      {R"(situp_router_alive{device="isatap0",router="172.31.0.10"})", "1"},
      {R"(situp_router_alive{device="isatap0",router="172.31.0.11"})", "0"},
      {R"(situp_broker_info{device="he-ipv6",broker="he 123456",answer="good 203.0.113.10"})", "1"},
      {R"(situp_broker_stopped{device="he-ipv6"})", "1"},
      {R"(situp_broker_called_timestamp_seconds{device="he-ipv6"})", "1749995000"},
      {R"(situp_broker_accepted_timestamp_seconds{device="he-ipv6"})", "1749990000"},
  };
  std::set<std::string> names;
  for (const auto& [name, number] : expected) {
    const std::string series = name;
    CAPTURE(series);
    REQUIRE(samples.count(series) == 1);
    CHECK(samples.at(series) == number);
    names.insert(series.substr(0, series.find('{')));
  }
  CHECK(names.size() == metrics().size());
}

TEST_CASE("a metric of which nothing is known is missing, and no zero") {
  TunnelStatus status;
  status.name = "he-ipv6";
  const auto samples = samples_of({status}, {std::nullopt, false});
  std::set<std::string> names;
  for (const auto& [series, number] : samples) names.insert(series.substr(0, series.find('{')));
  CHECK(names == std::set<std::string>{"situp_build_info", "situp_stanzas_readable",
                                       "situp_tunnel_info", "situp_tunnel_ok", "situp_tunnel_up",
                                       "situp_tunnel_state", "situp_tunnel_withdrawn_routes"});
  CHECK(samples.at("situp_stanzas_readable") == "0");
  CHECK(samples.at(R"(situp_tunnel_info{device="he-ipv6",kind="6in4"})") == "1");
  // situpd has not pinged yet, and has solicited nothing.
  status = full("he-ipv6");
  status.vitals->health = "unknown";
  for (auto& router : status.vitals->routers) router.health = "unknown";
  status.vitals->samples = {std::nullopt};
  status.broker->accepted_at = 0;
  for (const auto& sample : samples_of({status})) {
    const std::string& series = sample.first;
    CAPTURE(series);
    CHECK_FALSE(has(series, "alive{"));
    CHECK_FALSE(has(series, "round_trip"));
    CHECK_FALSE(has(series, "accepted"));
  }
  CHECK(samples_of({}).size() == 2);
}

TEST_CASE("a part of what situpd knows is shown without the rest") {
  const std::string of = R"({device="he-ipv6"})";
  TunnelStatus status = full("he-ipv6");
  status.vitals->target.reset();
  status.vitals->events.clear();
  status.changed_at = 1;
  status.broker->stopped = false;
  status.vitals->health = "dead";
  status.vitals->right_at = 0;
  auto samples = samples_of({status}, {false, true});
  CHECK(samples.count("situp_keepalive_sent_total" + of) == 0);
  CHECK(samples.count("situp_keepalive_lost_total" + of) == 0);
  CHECK(samples.count("situp_tunnel_event_timestamp_seconds" + of) == 0);
  CHECK(samples.count("situp_tunnel_right_timestamp_seconds" + of) == 0);
  CHECK(samples["situp_tunnel_applied_timestamp_seconds" + of] == "1");
  CHECK(samples["situp_broker_stopped" + of] == "0");
  CHECK(samples["situp_keepalive_alive" + of] == "0");
  CHECK(samples["situp_situpd_running"] == "0");
  CHECK_FALSE(has(nagios({status}).line, "pings'"));
  CHECK(has(nagios({status}).line, "received'"));
  status = full("he-ipv6");
  status.vitals->samples = {std::nullopt};
  status.counters.reset();
  CHECK(ends(nagios({status}).line, " 'wrong'=0 'he-ipv6 pings'=40c 'he-ipv6 lost'=2c"));
  status.vitals->samples = {999999, 1000000, 4000000000};
  samples = samples_of({status});
  CHECK(samples["situp_keepalive_round_trip_seconds" + of] == "1.000000");
  status.vitals->samples = {999999};
  samples = samples_of({status});
  CHECK(samples["situp_keepalive_round_trip_seconds" + of] == "0.999999");
}

TEST_CASE("each state is one of the states") {
  for (const State state :
       {State::up, State::unproven, State::degraded, State::drifted, State::down}) {
    TunnelStatus status;
    status.name = "he-ipv6";
    status.state = state;
    status.wrong = state == State::down;
    const auto samples = samples_of({status});
    unsigned ones = 0;
    for (const auto& [series, number] : samples)
      if (series.rfind("situp_tunnel_state{", 0) == 0 && number == "1") ++ones;
    CHECK(ones == 1);
    CHECK(samples.at(R"(situp_tunnel_state{device="he-ipv6",state=")" +
                     std::string(word_of(state)) + "\"}") == "1");
    CHECK(samples.at(R"(situp_tunnel_up{device="he-ipv6"})") ==
          (state == State::up || state == State::unproven ? "1" : "0"));
    CHECK(samples.at(R"(situp_tunnel_ok{device="he-ipv6"})") == (state == State::down ? "0" : "1"));
  }
}

TEST_CASE("a label's value ends no label, no line and no performance data") {
  TunnelStatus status = full("a'=|\"\\{},");
  status.broker->answer = "say \"no\\\"\n# \x1b[1m\xff|=";
  const auto samples = samples_of({status});
  CHECK(samples.count(R"(situp_tunnel_ok{device="a'=|\"\\{},"})") == 1);
  CHECK(samples.count(R"(situp_broker_info{device="a'=|\"\\{},",broker="he 123456",)"
                      R"(answer="say \"no\\\"?# ?[1m?|="})") == 1);
  status.trouble = {"line\none | two"};
  status.wrong = true;
  status.state = State::degraded;
  const std::string line = nagios({status}).line;
  CHECK(line.rfind("SITUP CRITICAL: a'=/\"\\{}, degraded (line?one / two) | 'tunnels'=1", 0) == 0);
  CHECK(std::count(line.begin(), line.end(), '|') == 1);
  CHECK(has(line, " 'a___\"\\{}, pings'=40c "));
}

TEST_CASE("doc/metrics.md has each metric with its type, labels and meaning") {
  const std::string text = read_small_file("doc/metrics.md", 65536).value_or("");
  std::string expected;
  for (const Metric& metric : metrics())
    expected += std::string("| `") + metric.name + "` | " + metric.type + " | " + metric.labels +
                (*metric.labels == '\0' ? "" : " ") + "| " + metric.help + " |\n";
  std::string table;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (line.rfind("| `situp_", 0) == 0) table += line + "\n";
  CHECK(table == expected);
}

TEST_CASE("Nagios gets the worst state, and the tunnels in it first") {
  CHECK(nagios({}).line == "SITUP OK: there is no tunnel | 'tunnels'=0 'wrong'=0");
  CHECK(nagios({}).state == NagiosState::ok);
  TunnelStatus up, down, drifted, degraded, unproven;
  up.name = "up0";
  up.state = State::up;
  down.name = "down0";
  CHECK(nagios({up, down}).line == "SITUP OK: up0 up, down0 down | 'tunnels'=2 'wrong'=0");
  unproven.name = "unproven0";
  unproven.state = State::unproven;
  CHECK(nagios({up, unproven}).state == NagiosState::warning);
  CHECK(nagios({up, unproven}).line ==
        "SITUP WARNING: unproven0 unproven (it has received no packet) | 'tunnels'=2 'wrong'=1");
  drifted.name = "drifted0";
  drifted.state = State::drifted;
  drifted.wrong = true;
  drifted.differs = {"ip link set dev drifted0 mtu 1480"};
  CHECK(nagios({drifted}).state == NagiosState::warning);
  degraded.name = "degraded0";
  degraded.state = State::degraded;
  degraded.wrong = true;
  degraded.trouble = {"2001:db8::1 does not answer through the tunnel", "second"};
  const NagiosResult result = nagios({up, drifted, degraded});
  CHECK(result.state == NagiosState::critical);
  CHECK(result.line ==
        "SITUP CRITICAL: degraded0 degraded (2001:db8::1 does not answer through the tunnel), "
        "drifted0 drifted (situp plan drifted0 shows what differs) | 'tunnels'=3 'wrong'=2");
  // One of which no more is known.
  drifted.differs.clear();
  CHECK(nagios({drifted, drifted}).line ==
        "SITUP WARNING: drifted0 drifted, drifted0 drifted | 'tunnels'=2 'wrong'=2");
  // One that should be up.
  down.wrong = true;
  down.trouble = {"it is to be up and is not: bring it up"};
  CHECK(nagios({down}).state == NagiosState::critical);
  // It differs from its stanza, and carries nothing.
  drifted.vitals = Vitals{};
  drifted.vitals->health = "dead";
  CHECK(nagios({drifted}).state == NagiosState::critical);
  drifted.vitals->health = "alive";
  CHECK(nagios({drifted}).state == NagiosState::warning);
}

TEST_CASE("Nagios gets UNKNOWN where tunnels may be hidden, unless it is worse") {
  TunnelStatus status;
  status.name = "he-ipv6";
  status.state = State::up;
  const HostStatus hidden{true, false};
  CHECK(nagios({status}, hidden).state == NagiosState::unknown);
  CHECK(nagios({status}, hidden).line ==
        "SITUP UNKNOWN: he-ipv6 up; a mistake in a file may hide tunnels: situp check names it | "
        "'tunnels'=1 'wrong'=0");
  status.state = State::drifted;
  status.wrong = true;
  CHECK(nagios({status}, hidden).state == NagiosState::warning);
  status.unseen = {"the broker's last answer: permission denied"};
  CHECK(has(nagios({status}).line,
            "; not seen of he-ipv6: the broker's last answer: permission denied | "));
  CHECK(nagios_unknown("no | such\nname") == "SITUP UNKNOWN: no / such?name");
}

TEST_CASE("performance data has the keepalive's figures and the traffic") {
  CHECK(has(nagios({full("he-ipv6")}).line,
            " | 'tunnels'=1 'wrong'=0 'he-ipv6 rtt'=1000021us 'he-ipv6 pings'=40c "
            "'he-ipv6 lost'=2c 'he-ipv6 received'=1c 'he-ipv6 sent'=3c "
            "'he-ipv6 receive_errors'=5c 'he-ipv6 send_errors'=7c"));
}
