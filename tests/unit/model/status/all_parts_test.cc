// SPDX-License-Identifier: GPL-2.0-or-later
// A tunnel of which all is known, and of which nothing is: each part has its line, or has none.
#include <doctest/doctest.h>

#include "model/status/status.h"

using namespace situp;

namespace {

using State = TunnelStatus::State;

TunnelStatus full() {
  TunnelStatus status;
  status.state = State::up;
  status.name = "t0";
  status.kind = Kind::sixrd;
  status.local = Ipv4::parse("172.31.14.146");
  status.local_sources = "ec2 interface:eth0";
  status.local_source = "ec2";
  status.owner = "ifup";
  status.changed_at = 1000;
  status.firewall = "stateful";
  status.mss = "clamp";
  status.encap = Encap{5555, 0, true};
  status.mtu = 1472;
  status.addresses = {"2001:db8:5:e92::1/64"};
  status.routes = {"default via ::172.31.0.10"};
  status.lan = {"eth1 2001:db8:6::1/64"};
  status.routers = {{*Ipv4::parse("172.31.0.20"), true}};
  status.delegated = Ipv6Net::parse("2001:db8:5:e92::/64");
  status.relays = {*Ipv4::parse("172.31.0.10"), *Ipv4::parse("172.31.0.11")};
  status.next_hop = NextHop{0x736974, 41, 7563636, *Ipv4::parse("172.31.0.1"),
                            InterfaceName::parse("eth0").value()};
  status.withdrawn = {"default via ::172.31.0.11"};
  status.no_on_link_rules = true;
  status.counters = Counters{2048, 2, 512, 3, 4, 5, 6, 7, 8};
  status.vitals = Vitals{};
  status.vitals->health = "alive";
  status.vitals->health_since = 1090;
  status.vitals->target = Ipv6::parse("2001:db8::1");
  status.vitals->sent = 9;
  status.vitals->lost = 1;
  status.vitals->samples = {1000, 4000, std::nullopt, 2000, 3000};
  status.vitals->right_at = 1095;
  status.vitals->events = {{1040, "dead: it does not answer"}, {1090, "alive"}};
  status.vitals->routers = {{*Ipv4::parse("172.31.0.20"), "dead"}};
  status.broker = BrokerStatus{"he 123456", "good 203.0.113.10", 980, false, 990};
  status.trouble = {"one", "two"};
  status.differs = {"ip link set dev t0 up"};
  status.notes = {"three"};
  status.unseen = {"four"};
  return status;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string details(const TunnelStatus& status) {
  return status_details(status, {}, 1100);
}

std::string json(const TunnelStatus& status) {
  return status_json({status});
}

}  // namespace

TEST_CASE("each part of a tunnel that is known has its line in the details") {
  CHECK(details(full()) ==
        "t0: up\n"
        "  wrong         one\n"
        "  wrong         two\n"
        "  to put right  ip link set dev t0 up\n"
        "  kind          6rd\n"
        "  local         172.31.14.146 (from ec2)\n"
        "  delegated     2001:db8:5:e92::/64\n"
        "  relay         172.31.0.10\n"
        "  relay         172.31.0.11\n"
        "  brought up    by ifup\n"
        "  as it is      since 1 min 40 s\n"
        "  firewall      stateful\n"
        "  note          three\n"
        "  encap         fou 5555 sport auto\n"
        "  mtu           1472\n"
        "  address       2001:db8:5:e92::1/64\n"
        "  lan           eth1 2001:db8:6::1/64\n"
        "  route         default via ::172.31.0.10\n"
        "  withdrawn     default via ::172.31.0.11, until the far end answers\n"
        "  router        172.31.0.20, dead\n"
        "  next hop      172.31.0.1 by eth0 (mark 0x736974, table 7563636)\n"
        "  unused        packets for unused addresses of its prefixes go back into the tunnel "
        "while this host forwards: there is no IPv6 rule against it\n"
        "  received      2.0 KiB, 2 packets\n"
        "  sent          512 B, 3 packets\n"
        "  errors        rx_errors 4: packets whose inner source does not hold the sender's IPv4 "
        "address\n"
        "  errors        rx_frame_errors 5: packets with congestion marks (ECN) that inside and "
        "outside contradict each other\n"
        "  errors        tx_carrier_errors 7: packets for which there was no IPv4 route, or the "
        "local address was not this host's\n"
        "  errors        tx_errors 6: packets whose next hop is no relay: a route needs via "
        "::A.B.C.D\n"
        "  errors        collisions 8: packets that would have gone into the tunnel again, or "
        "through a path of a tiny MTU\n"
        "  keepalive     alive since 10 s, 2001:db8::1, round trip 3.0 ms, lost 1 of 9\n"
        "                round trips from 1.0 ms to 4.0 ms, 2.5 ms on average\n"
        "  seen right    5 s ago\n"
        "  event         1 min ago: dead: it does not answer\n"
        "  event         10 s ago: alive\n"
        "  broker        he 123456: good 203.0.113.10\n"
        "                accepted 2 min ago\n"
        "  not seen      four\n");
}

TEST_CASE("a tunnel of which nothing is known has no more than its kind and its ends") {
  TunnelStatus status;
  status.name = "t0";
  CHECK(details(status) ==
        "t0: down\n"
        "  kind          6in4\n"
        "  local         -\n"
        "  remote        -\n");
  CHECK(json(status) ==
        R"([{"name":"t0","state":"down","ok":true,"trouble":[],"differs":[],"kind":"6in4",)"
        R"("local_sources":"","endpoint":"","notes":[],"addresses":[],"lan":[],"routes":[],)"
        R"("routers":[],"unseen":[]}])");
  status.local = Ipv4{};
  status.remote = Ipv4{};
  status.endpoint = "any";
  CHECK(has(details(status), "  local         any\n  remote        any\n"));
  CHECK(has(json(status), R"("local":"any",)"));
  CHECK(has(json(status), R"("remote":"any","endpoint":"any",)"));
  status.vitals = Vitals{};
  status.broker = BrokerStatus{"he 123456", "", 0, true, 0};
  CHECK(details(status) ==
        "t0: down\n"
        "  kind          6in4\n"
        "  local         any\n"
        "  remote        any\n"
        "  broker        he 123456: never told\n");
  CHECK_FALSE(has(json(status), "keepalive"));
}

TEST_CASE("each part of a tunnel that is known has its place in the JSON text") {
  CHECK(json(full()) ==
        R"([{"name":"t0","state":"up","ok":true,"trouble":["one","two"],)"
        R"("differs":["ip link set dev t0 up"],"kind":"6rd","local":"172.31.14.146",)"
        R"("local_sources":"ec2 interface:eth0","local_source":"ec2",)"
        R"("delegated":"2001:db8:5:e92::/64","relays":["172.31.0.10","172.31.0.11"],)"
        R"("is_relay":false,"owner":"ifup","changed_at":1000,"firewall":"stateful","mss":"clamp",)"
        R"("notes":["three"],"encap":"fou 5555 sport auto","mtu":1472,)"
        R"("addresses":["2001:db8:5:e92::1/64"],"lan":["eth1 2001:db8:6::1/64"],)"
        R"("routes":["default via ::172.31.0.10"],"withdrawn":["default via ::172.31.0.11"],)"
        R"("routers":[{"address":"172.31.0.20","default":true,"health":"dead"}],)"
        R"("on_link_rules":false,"next_hop":{"by":"gateway","gateway":"172.31.0.1",)"
        R"("interface":"eth0","mark":7563636,"table":7563636,"preference":41},)"
        R"("counters":{"rx_bytes":2048,"rx_packets":2,"tx_bytes":512,"tx_packets":3,)"
        R"("rx_errors":4,"rx_frame_errors":5,"tx_errors":6,"tx_carrier_errors":7,)"
        R"("collisions":8},"errors":[)"
        R"("rx_errors 4: packets whose inner source does not hold the sender's IPv4 address",)"
        R"("rx_frame_errors 5: packets with congestion marks (ECN) that inside and outside )"
        R"(contradict each other",)"
        R"("tx_carrier_errors 7: packets for which there was no IPv4 route, or the local address )"
        R"(was not this host's",)"
        R"("tx_errors 6: packets whose next hop is no relay: a route needs via ::A.B.C.D",)"
        R"("collisions 8: packets that would have gone into the tunnel again, or through a path )"
        R"(of a tiny MTU"],)"
        R"("keepalive":{"health":"alive","target":"2001:db8::1","sent":9,"lost":1,"rtt_us":3000,)"
        R"("rtt_min_us":1000,"rtt_mean_us":2500,"rtt_max_us":4000},)"
        R"("broker":{"broker":"he 123456","answer":"good 203.0.113.10","accepted_at":980,)"
        R"("called_at":990,"stopped":false},"unseen":["four"]}])");
}

TEST_CASE("the next hop is the one that situp makes, or the kernel's one") {
  TunnelStatus status = full();
  status.next_hop.reset();
  CHECK_FALSE(has(details(status), "  next hop"));
  CHECK_FALSE(has(json(status), "next_hop"));
  status.kernel_next_hop = true;
  CHECK(has(details(status),
            "  next hop      the kernel's one for all neighbours, so that some may be out of "
            "reach: write next-hop = gateway in situp.conf\n"));
  CHECK(has(json(status), R"("next_hop":{"by":"kernel"},)"));
}

TEST_CASE("the MSS is told where it is not as the firewall has it") {
  struct {
    const char* firewall;
    const char* mss;
    bool told;
  } const rows[] = {{"stateful", "clamp", false},
                    {"stateful", "off", true},
                    {"off", "clamp", true},
                    {"off", "off", false}};
  for (const auto& row : rows) {
    TunnelStatus status = full();
    status.firewall = row.firewall;
    status.mss = row.mss;
    CHECK(has(details(status), std::string("  firewall      ") + row.firewall + "\n"));
    CHECK(has(details(status), std::string("  mss           ") + row.mss + "\n") == row.told);
    CHECK(has(json(status), std::string("\"mss\":\"") + row.mss + "\""));
  }
}

TEST_CASE("an end that the stanza writes as an address is told once") {
  TunnelStatus status;
  status.name = "t0";
  status.remote = Ipv4::parse("216.66.80.26");
  status.endpoint = "216.66.80.26";
  status.local_sources = "interface:eth0";
  CHECK(has(details(status), "  local         - (from interface:eth0)\n"));
  CHECK(has(details(status), "  remote        216.66.80.26\n"));
  status.endpoint = "tunnel.example";
  CHECK(has(details(status), "  remote        216.66.80.26 (tunnel.example)\n"));
  CHECK(has(json(status), R"("remote":"216.66.80.26","endpoint":"tunnel.example",)"));
  // Of a kind without a single far end there is none to tell.
  status.kind = Kind::isatap;
  CHECK_FALSE(has(details(status), "remote"));
  CHECK_FALSE(has(json(status), "remote"));
  CHECK_FALSE(has(json(status), "endpoint"));
}
