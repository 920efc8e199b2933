// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/doctor/passage.h"

#include <doctest/doctest.h>

#include <cerrno>

#include "unit/model/doctor/lost_passage.h"

using namespace situp;

TEST_CASE("what is answered is fine, and what is lost now and then no reason") {
  Passage p = lost();
  p.answered = 3;
  p.round_trip = 1500;
  CHECK(judge(p).mark == Mark::fine);
  CHECK(judge(p).saw == "3 of 3 answered, the fastest after 1.5 ms");
  p.answered = 2;
  CHECK(judge(p).mark == Mark::aside);
}

TEST_CASE("what could not be sent is told by its errno") {
  Passage p = lost();
  p.not_sent = EPERM;
  CHECK(means(p, "a filter of this host forbids IPv6 through he-ipv6"));
  p.not_sent = EACCES;
  CHECK(means(p, "a route of this host prohibits"));
  p.not_sent = ENETUNREACH;
  CHECK(means(p, "there is no way to 2001:db8::1 out of he-ipv6"));
  CHECK(judge(p).mark == Mark::sure);
}

TEST_CASE("the device's own counters come before what was seen outside") {
  Passage p = lost();
  p.after.tx_carrier_errors = 3;
  CHECK(means(p, "there is no IPv4 route to 216.66.80.26, or 172.31.14.146 is not this host's"));
  p = lost();
  p.after.collisions = 1;
  CHECK(means(p, "outer packets would enter the tunnel again"));
  p = lost();
  p.after.tx_errors = 3;
  p.kind = Kind::isatap;
  CHECK(means(p, "the next hop is no ISATAP address"));
  CHECK(judge(p).saw.find("tx_errors +3") != std::string::npos);
}

TEST_CASE("what is behind the other end") {
  Passage p = lost();
  p.answered = 1;
  CHECK(judge_beyond(p).mark == Mark::fine);
  p.answered = 0;
  CHECK(judge_beyond(p).means.find("what is behind it does not") != std::string::npos);
  p.inner_refused_by = *Ipv6::parse("2001:db8::ff");
  CHECK(judge_beyond(p).saw.find("2001:db8::ff refuses") != std::string::npos);
  p.answer_came = true;
  CHECK(judge_beyond(p).means.find("a filter of this host drops IPv6") != std::string::npos);
  p.not_sent = ENETUNREACH;
  CHECK(judge_beyond(p).means.find("there is no way to 2001:db8::1 out of") != std::string::npos);
}

TEST_CASE("only what was counted meanwhile counts") {
  Passage p = lost();
  p.before.tx_carrier_errors = p.after.tx_carrier_errors = 7;
  CHECK(means(p, "the network drops protocol 41"));
}

TEST_CASE("what is lost between the hosts: who is likelier") {
  Passage p = lost();
  CHECK(judge(p).mark == Mark::likely);
  CHECK(means(p, "likelier outbound than inbound"));
  CHECK(judge(p).advice.find("let custom protocol 41 in from 216.66.80.26/32") !=
        std::string::npos);
  p.before.rx_packets = p.after.rx_packets = 9;
  CHECK(means(p, "came in earlier and does no more"));
  p.outer_answers = false;
  CHECK(means(p, "nothing at all comes back from 216.66.80.26"));
  // Many a host answers no pings: it may still be the security group.
  CHECK(judge(p).advice.find("let custom protocol 41 in from 216.66.80.26/32") !=
        std::string::npos);
  p.kind = Kind::isatap;
  p.outer_answers = true;
  CHECK(means(p, "that host has no ISATAP interface"));
}

TEST_CASE("the rule to add is the cloud's own") {
  Passage p = lost();
  const auto advises = [&p](const char* cloud, const std::string& text) {
    p.cloud = service_named(cloud);
    const Probe probe = judge(p);
    CAPTURE(probe.advice);
    return probe.advice.find(text) != std::string::npos &&
           probe.advice.find('{') == std::string::npos;
  };
  CHECK(advises("ec2", "let custom protocol 41 in from 216.66.80.26/32 in the security group"));
  CHECK(advises("openstack", "--protocol ipv6-encap --remote-ip 216.66.80.26/32 GROUP"));
  CHECK(advises("alibaba", "--IpProtocol all"));
  CHECK(advises("hetzner", "take this server out of its Cloud Firewall, which has no word for "));
  // Azure drops it everywhere, Google to the Internet.
  for (const char* cloud : {"gce", "azure"}) {
    CHECK(advises(cloud, "a tunnel over UDP"));
    CHECK(means(p, "drops protocol 41 to and from the Internet, whatever its firewall rules say"));
  }
  p.outer = *Ipv4::parse("10.0.0.7");
  CHECK(advises("gce", "--allow 41 --source-ranges 10.0.0.7/32"));
  CHECK(advises("azure", "a tunnel over UDP"));
  CHECK(means(p, "Azure drops protocol 41 between instances"));
  // A router that refuses is known better.
  p.refused_by = *Ipv4::parse("10.0.0.1");
  p.refusal = 13;
  CHECK(means(p, "10.0.0.1 refuses protocol 41"));
}

TEST_CASE("what comes from beyond is refused by the kernel") {
  Passage p = lost();
  p.kind = Kind::isatap;
  p.after.rx_errors = p.before.rx_errors + 3;
  CHECK(judge_beyond(p).mark == Mark::sure);
  CHECK(judge_beyond(p).means.find("neither on the router list") != std::string::npos);
  CHECK(judge_beyond(p).advice.find("isatap-routers") != std::string::npos);
}

TEST_CASE("who refuses by ICMP is named") {
  Passage p = lost();
  p.refused_by = p.outer;
  p.refusal = 2;
  CHECK(means(p, "216.66.80.26 says that it has no tunnel to this host"));
  p.refused_by = *Ipv4::parse("172.31.0.1");
  p.refusal = 13;
  CHECK(means(p, "172.31.0.1 refuses protocol 41 on its way out (ICMP code 13)"));
  SUBCASE("a path that is too narrow refuses nobody") {
    p.refusal = 4;
    CHECK(means(p, "the network drops protocol 41"));
  }
}

TEST_CASE("packets that leave by an interface that does not hold their source are told of") {
  Passage p = lost();
  p.left_by = "eth1";
  p.wrong_way = WrongWay{"eth1", "eth0", false, "write v4tunnel-dev eth0"};
  const char* const text =
      "packets leave by eth1, and their source address, 172.31.14.146, is eth0's";
  for (const auto answers : {std::optional(true), std::optional(false), std::optional<bool>()}) {
    p.outer_answers = answers;
    CHECK(means(p, text));
    CHECK(judge(p).mark == Mark::likely);
    CHECK(judge(p).advice == "write v4tunnel-dev eth0");
  }
  // Without privilege.
  p.watched = false;
  CHECK(means(p, text));
  p.watched = true;
  // The next router does not answer there.
  p.left = 0;
  p.outer_answers = false;
  CHECK(means(p, text));
  SUBCASE("unless a filter here stops them") {
    p.outer_answers = true;
    CHECK(means(p, "a filter of this host drops protocol 41 on its way out"));
    p.wrong_way->by_dev = true;  // pings go elsewhere
    CHECK(means(p, text));
  }
  SUBCASE("unless answers arrive") {
    p.left = 3;
    p.arrived = 3;
    p.arrived_by = "eth0";
    p.strict_rp_filter = true;
    CHECK(means(p, "rp_filter drops what arrives by eth0"));
  }
  SUBCASE("unless all is well") {
    p.answered = 3;
    CHECK(judge(p).mark == Mark::fine);
  }
}

TEST_CASE("a filter of this host is told by what passes its interfaces") {
  Passage p = lost();
  p.filters = {"inet filter output (output)"};
  p.left = 0;
  CHECK(means(p, "drops protocol 41 on its way out"));
  CHECK(judge(p).advice.find("inet filter output (output)") != std::string::npos);
  p.outer_answers = false;
  CHECK(means(p, "the next IPv4 router does not answer, or a filter"));
  p = lost();
  p.arrived = 3;
  p.arrived_by = "eth0";
  CHECK(means(p, "drops protocol 41 from 216.66.80.26 after it has arrived"));
  p.strict_rp_filter = true;
  CHECK(means(p, "rp_filter drops what arrives by eth0"));
  p.arrived_for = *Ipv4::parse("172.31.32.10");
  CHECK(means(p, "is for 172.31.32.10, and the tunnel's local address is 172.31.14.146"));
  p = lost();
  p.arrived = 3;
  p.after.rx_packets = 3;
  CHECK(means(p, "something came out of the tunnel, and no answer from 2001:db8::1: it is away"));
  CHECK(judge(p).mark == Mark::likely);
  p.inner_refused_by = *Ipv6::parse("2001:db8::ff");
  p.inner_type = 1;
  p.inner_refusal = 3;
  CHECK(means(p,
              "2001:db8::ff says that 2001:db8::1 can't be reached from there (ICMPv6 type 1, "
              "code 3): the tunnel itself works"));
  // It came before this host's filters.
  p.answer_came = true;
  CHECK(means(p, "the answer came out of the tunnel: a filter of this host drops IPv6"));
  CHECK(judge(p).mark == Mark::sure);
}

TEST_CASE("ISATAP's check of sources is told by its counter") {
  Passage p = lost();
  p.kind = Kind::isatap;
  p.arrived = 3;
  p.after.rx_errors = 3;
  CHECK(means(p, "ISATAP refuses the sender"));
}

TEST_CASE("without privilege nobody saw the packets, and no filter is blamed for it") {
  Passage p = lost();
  p.watched = false;
  p.left = 0;
  CHECK(means(p, "the network drops protocol 41"));
  CHECK(judge(p).saw.find("left") == std::string::npos);
}

TEST_CASE("the MTU that gets through is the one to write") {
  CHECK(judge(PathMtu{1480, 1480}, "v4tunnel-mtu").mark == Mark::fine);
  const Probe small = judge(PathMtu{1480, 1380}, "v4tunnel-mtu");
  CHECK(small.mark == Mark::sure);
  CHECK(small.advice == "write v4tunnel-mtu 1380 into the stanza");
  CHECK(judge(PathMtu{1480, 0}, "v4tunnel-mtu").means.find("large ones don't") !=
        std::string::npos);
}

TEST_CASE("UDP around the tunnel is called that, and has reasons of its own") {
  Passage p = lost();
  p.udp_port = 5555;
  CHECK(judge(p).saw.find("UDP port 5555: 3 packets left by eth0, none arrived") !=
        std::string::npos);
  CHECK(means(p,
              "UDP port 5555 is dropped on the way, the other end has no v4tunnel-encap fou "
              "5555, or a NAT in between rewrites ports"));
  CHECK(judge(p).advice.find("let UDP port 5555 in from 216.66.80.26/32 in the cloud's firewall") ==
        0);
  p.before.rx_packets = p.after.rx_packets = 7;
  CHECK(means(p, "UDP port 5555 came in earlier and does no more"));
  p.refused_by = p.outer;
  p.refusal = 3;
  CHECK(means(p, "216.66.80.26 takes no packets at UDP port 5555 (ICMP code 3)"));
  CHECK(judge(p).mark == Mark::sure);
  // Of protocol 41, the same code is a tunnel that is missing.
  p.udp_port = 0;
  CHECK(means(p, "216.66.80.26 says that it has no tunnel to this host"));
  p = lost();
  p.udp_port = 5555;
  p.left = 0;
  CHECK(judge(p).advice.find("ip daddr 216.66.80.26 udp dport 5555 accept") != std::string::npos);
  p = lost();
  p.udp_port = 5555;
  p.arrived = 3;
  CHECK(judge(p).advice.find("ip saddr 216.66.80.26 udp dport 5555 accept") != std::string::npos);
  // A cloud that drops protocol 41 says nothing about UDP.
  p = lost();
  p.cloud = service_named("azure");
  CHECK(means(p, "drops protocol 41"));
  CHECK(judge(p).advice.find("v4tunnel-encap fou PORT where both ends are yours") !=
        std::string::npos);
  p.udp_port = 5555;
  CHECK_FALSE(means(p, "drops protocol 41"));
}
