// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/status/status.h"

#include <doctest/doctest.h>

#include "unit/model/status/one_tunnel.h"

using namespace situp;

namespace {

using State = TunnelStatus::State;
using Lines = std::vector<std::string>;

TunnelStatus judged(TunnelStatus status, bool expected = true) {
  judge(status, expected);
  return status;
}

}  // namespace

TEST_CASE("what is up as it should be is fine, what differs has drifted") {
  CHECK(judged(tunnel(State::up)).state == State::up);
  CHECK_FALSE(judged(tunnel(State::up)).wrong);
  TunnelStatus status = tunnel(State::up);
  status.differs = {"ip link set dev he-ipv6 mtu 1480"};
  CHECK(judged(status).state == State::drifted);
  CHECK(judged(status).wrong);
}

TEST_CASE("what is down is wrong only where it is to be up") {
  CHECK(judged(tunnel(State::down), true).wrong);
  CHECK(judged(tunnel(State::down), true).trouble.size() == 1);
  CHECK_FALSE(judged(tunnel(State::down), false).wrong);
  CHECK(judged(tunnel(State::down), false).trouble.empty());
}

TEST_CASE("what has only sent is unproven, where no keepalive tells more") {
  TunnelStatus status = tunnel(State::up);
  status.counters = Counters{};
  status.counters->tx_packets = 19;
  CHECK(judged(status).state == State::up);
  status.counters->tx_packets = 20;
  CHECK(judged(status).state == State::unproven);
  CHECK_FALSE(judged(status).wrong);
  CHECK(judged(status).notes ==
        std::vector<std::string>{"20 packets were sent, and none has come back: situp doctor "
                                 "he-ipv6 finds out why"});
  status.vitals = Vitals{};
  CHECK(judged(status).state == State::unproven);
  status.vitals->health = "alive";
  CHECK(judged(status).state == State::up);
  status.vitals.reset();
  status.counters->rx_packets = 1;
  CHECK(judged(status).state == State::up);
  status.counters->rx_packets = 0;
  status.differs = {"ip link set dev he-ipv6 mtu 1480"};
  CHECK(judged(status).state == State::drifted);
  CHECK(judged(tunnel(State::up)).notes.empty());
}

TEST_CASE("what does not carry is degraded") {
  TunnelStatus status = tunnel(State::up);
  status.vitals = Vitals{};
  status.vitals->health = "alive";
  CHECK(judged(status).state == State::up);
  status.vitals->health = "dead";
  status.vitals->target = Ipv6::parse("2001:db8::1");
  CHECK(judged(status).state == State::degraded);
  CHECK(judged(status).trouble[0] == "2001:db8::1 does not answer through the tunnel");
  status.vitals->health = "alive";
  status.vitals->trouble = "ec2: off";
  CHECK(judged(status).state == State::degraded);
  status.vitals.reset();
  status.broker = BrokerStatus{"he 1", "badauth", 0, true};
  CHECK(judged(status).state == State::degraded);
  // What also differs has drifted first of all.
  status.differs = {"x"};
  CHECK(judged(status).state == State::drifted);
}

TEST_CASE("a fault is told once, and what is down stays down") {
  TunnelStatus status = tunnel(State::up);
  status.vitals = Vitals{};
  status.vitals->health = "dead";
  CHECK(judged(status).trouble == Lines{"the far end does not answer through the tunnel"});
  status.vitals->trouble = "ec2: off";
  CHECK(judged(status).trouble ==
        Lines{"the far end does not answer through the tunnel", "ec2: off"});
  status.trouble = {"ec2: off"};
  CHECK(judged(status).trouble ==
        Lines{"ec2: off", "the far end does not answer through the tunnel"});
  status.vitals.reset();
  status.broker = BrokerStatus{"he 1", "good 203.0.113.10", 0, false};
  CHECK(judged(status).trouble == Lines{"ec2: off"});
  status.trouble.clear();
  CHECK(judged(status).state == State::up);
  CHECK(judged(status).trouble.empty());
  status.broker->stopped = true;
  CHECK(judged(status).trouble ==
        Lines{"the broker has refused, and is told no more: good 203.0.113.10"});
  TunnelStatus down = tunnel(State::down);
  down.differs = {"ip link add t0"};
  CHECK(judged(down, false).state == State::down);
  CHECK_FALSE(judged(down, false).wrong);
  CHECK(judged(down).trouble == Lines{"it is to be up and is not: bring it up"});
  down.trouble = {"ec2: off"};
  CHECK(judged(down).state == State::down);
  CHECK(judged(down).trouble == Lines{"ec2: off"});
  down.counters = Counters{};
  down.counters->tx_packets = 20;
  CHECK(judged(down).notes.empty());
  CHECK(judged(tunnel(State::degraded), false).wrong);
  CHECK(judged(tunnel(State::drifted), false).wrong);
}

TEST_CASE("of what is wrong the first fault is shown, and then that there are differences") {
  TunnelStatus status = tunnel(State::drifted);
  CHECK(first_trouble(status) == "");
  status.differs = {"ip link set dev he-ipv6 mtu 1480"};
  CHECK(first_trouble(status) == "situp plan he-ipv6 shows what differs");
  status.trouble = {"one", "two"};
  CHECK(first_trouble(status) == "one");
}

TEST_CASE("error counters say what they mean, and zeros nothing") {
  CHECK(what_counters_say(row_of(Kind::isatap), {}).empty());
  Counters counters;
  counters.rx_errors = 12;
  CHECK(what_counters_say(row_of(Kind::isatap), counters)[0].rfind(
            "rx_errors 12: packets from sources that ISATAP refuses", 0) == 0);
  counters = {};
  counters.tx_carrier_errors = 1;
  CHECK(what_counters_say(row_of(Kind::sixin4), counters)[0].rfind("tx_carrier_errors 1: ", 0) ==
        0);
}

TEST_CASE("all of one tunnel") {
  TunnelStatus status = tunnel(State::up);
  status.addresses = {"2001:db8::2/64"};
  status.routes = {"default via 2001:db8::1 metric 1024"};
  status.differs = {"ip link set dev he-ipv6 mtu 1480"};
  status.mtu = 1400;
  status.counters = Counters{};
  status.counters->rx_errors = 2;
  CHECK(status_details(judged(status), {}, 1000) ==
        "he-ipv6: drifted\n"
        "  to put right  ip link set dev he-ipv6 mtu 1480\n"
        "  kind          6in4\n"
        "  local         172.31.14.146 (from ec2)\n"
        "  remote        216.66.80.26 (broker.example.net)\n"
        "  brought up    by ifup\n"
        "  mtu           1400\n"
        "  address       2001:db8::2/64\n"
        "  route         default via 2001:db8::1 metric 1024\n"
        "  received      0 B, 0 packets\n"
        "  sent          0 B, 0 packets\n"
        "  errors        rx_errors 2: packets whose inner or outer source was refused\n");
  CHECK_FALSE(has(status_details(judged(status), {}, 1000), "  relay "));
  status.is_relay = true;
  CHECK(has(status_details(judged(status), {}, 1000), "  relay         this host\n"));
  status.is_relay = false;
  status.vitals = Vitals{};
  status.vitals->health = "unknown";
  CHECK(has(status_details(judged(status), {}, 1000), "  keepalive     unknown, "));
  status.vitals->health = "alive";
  status.vitals->health_since = 1000 - 3725;
  status.vitals->sent = 9;
  status.vitals->lost = 1;
  status.vitals->samples = {1500};
  status.vitals->note(990, "repaired");
  const auto text = status_details(judged(status), {}, 1000);
  CHECK(has(text, "keepalive     alive since 1 h 2 min, round trip 1.5 ms, lost 1 of 9\n"));
  CHECK(has(text, "event         10 s ago: repaired\n"));
}

TEST_CASE("of several sources the one that answered is shown") {
  TunnelStatus status = tunnel(State::up);
  status.local_sources = "ec2 interface:eth0";
  CHECK(has(status_details(status, {}, 0), "172.31.14.146 (from ec2 interface:eth0)\n"));
  CHECK_FALSE(has(status_json({status}), "local_source\""));
  status.local_source = "interface:eth0";
  CHECK(has(status_details(status, {}, 0), "172.31.14.146 (from interface:eth0)\n"));
  CHECK(has(status_json({status}),
            R"("local_sources":"ec2 interface:eth0","local_source":"interface:eth0")"));
}

TEST_CASE("round trips are counted exactly, the lost ones not at all") {
  Vitals vitals;
  CHECK_FALSE(round_trips(vitals));
  vitals.samples = {std::nullopt, std::nullopt};
  CHECK_FALSE(round_trips(vitals));
  vitals.samples = {1500, std::nullopt};
  REQUIRE(round_trips(vitals));
  CHECK(round_trips(vitals)->median == 1500);
  CHECK(round_trips(vitals)->least == 1500);
  CHECK(round_trips(vitals)->mean == 1500);
  CHECK(round_trips(vitals)->most == 1500);
  vitals.samples = {4000000000, 4000000000, 1000};
  CHECK(round_trips(vitals)->mean == 2666667000);
  CHECK(as_milliseconds(0) == "0.0 ms");
  CHECK(as_milliseconds(1500) == "1.5 ms");
  CHECK(as_milliseconds(1000000) == "1000.0 ms");
}

TEST_CASE("as JSON") {
  TunnelStatus status = tunnel(State::up);
  status.routers = {{*Ipv4::parse("172.31.0.10"), false}};
  const auto text = status_json({judged(status)});
  CHECK(has(text, R"([{"name":"he-ipv6","state":"up","ok":true,"trouble":[],"differs":[],)"
                  R"("kind":"6in4","local":"172.31.14.146","local_sources":"ec2",)"));
  CHECK(has(text, R"("routers":[{"address":"172.31.0.10","default":false}])"));
  CHECK_FALSE(has(text, "counters"));
  CHECK(status_json({}) == "[]");
}

TEST_CASE("details say since when, what filters, and which routers are alive") {
  TunnelStatus status = tunnel(State::up);
  status.changed_at = 1000;
  status.firewall = "stateful";
  status.routers = {{*Ipv4::parse("172.31.0.10"), true}, {*Ipv4::parse("172.31.0.11"), false}};
  status.vitals = Vitals{};
  status.vitals->health = "alive";
  status.vitals->routers = {{*Ipv4::parse("172.31.0.11"), "dead"}};
  status.vitals->samples = {1000, 9000, 2000};
  const std::string text = status_details(status, {}, 1060);
  CHECK(has(text, "  as it is      since 1 min\n"));
  CHECK(has(text, "  firewall      stateful\n"));
  CHECK(has(text, "  router        172.31.0.10\n"));
  CHECK(has(text, "  router        172.31.0.11 (never the default), dead\n"));
  CHECK(has(text, "round trips from 1.0 ms to 9.0 ms, 4.0 ms on average\n"));
  const std::string json = status_json({status});
  CHECK(has(json, R"("rtt_us":2000,"rtt_min_us":1000,"rtt_mean_us":4000,"rtt_max_us":9000)"));
  CHECK(has(json, R"("changed_at":1000,"firewall":"stateful")"));
  CHECK(has(json, R"({"address":"172.31.0.11","default":false,"health":"dead"})"));
}

TEST_CASE("a time is told in its two largest units") {
  TunnelStatus status = tunnel(State::up);
  status.changed_at = 1;
  const auto since = [&](std::int64_t seconds) {
    const std::string text = status_details(status, {}, 1 + seconds);
    const std::size_t start = text.find("since ") + 6;
    return text.substr(start, text.find('\n', start) - start);
  };
  CHECK(since(0) == "0 s");
  CHECK(since(59) == "59 s");
  CHECK(since(60) == "1 min");
  CHECK(since(3599) == "59 min 59 s");
  CHECK(since(3600) == "1 h");
  CHECK(since(86399) == "23 h 59 min");
  CHECK(since(86400) == "1 d");
  CHECK(since(90000) == "1 d 1 h");
  CHECK(since(90061) == "1 d 1 h");
  CHECK(since(172799) == "1 d 23 h");
  CHECK(since(172800) == "2 d");
  CHECK(since(3660) == "1 h 1 min");
  CHECK(since(7199) == "1 h 59 min");
  CHECK(since(7200) == "2 h");
  CHECK(since(119) == "1 min 59 s");
  CHECK(since(120) == "2 min");
  CHECK(since(1) == "1 s");
  CHECK(since(-5) == "0 s");
}

TEST_CASE("numbers of bytes have the unit that they fill") {
  struct {
    std::uint64_t number;
    const char* text;
  } const rows[] = {{0, "0 B"},           {1023, "1023 B"},        {1024, "1.0 KiB"},
                    {1048576, "1.0 MiB"}, {1ULL << 40, "1.0 TiB"}, {1ULL << 50, "1024.0 TiB"}};
  for (const auto& row : rows) {
    TunnelStatus status = tunnel(State::up);
    status.counters = Counters{};
    status.counters->rx_bytes = row.number;
    CHECK(has(status_details(status, {}, 0), std::string("received      ") + row.text + ", "));
  }
}

TEST_CASE("withdrawn routes are shown as such") {
  TunnelStatus status = tunnel(State::up);
  CHECK_FALSE(has(status_json({status}), "withdrawn"));
  status.withdrawn = {"default via 2001:db8::1 metric 1024"};
  CHECK(has(status_details(status, {}, 0),
            "  withdrawn     default via 2001:db8::1 metric 1024, until the far end answers\n"));
  CHECK(has(status_json({status}),
            R"("routes":[],"withdrawn":["default via 2001:db8::1 metric 1024"])"));
}
