// SPDX-License-Identifier: GPL-2.0-or-later
// What decides between the reasons for which packets are lost, and what is told of them.
#include "model/doctor/passage.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <string>

#include "unit/model/doctor/lost_passage.h"

using namespace situp;

TEST_CASE("what was seen has each counter that has grown, and each interface") {
  Passage p = lost();
  p.left = 1;
  CHECK(judge(p).tried == "asked 2001:db8::1 3 times through he-ipv6");
  CHECK(judge(p).saw ==
        "0 of 3 answered; he-ipv6: sent +3, received +0; protocol 41: 1 packet left by eth0, none "
        "arrived; 216.66.80.26 itself answers ICMP");
  p.before = {.rx_packets = 5,
              .tx_packets = 10,
              .rx_errors = 10,
              .tx_errors = 10,
              .tx_carrier_errors = 10,
              .collisions = 10};
  p.after = {.rx_packets = 6,
             .tx_packets = 12,
             .rx_errors = 13,
             .tx_errors = 14,
             .tx_carrier_errors = 15,
             .collisions = 16};
  p.left = 0;
  p.arrived = 2;
  p.arrived_by = "eth1";
  p.outer_answers = false;
  p.not_sent = EPERM;
  p.answered = 1;
  p.round_trip = 1500;
  CHECK(judge(p).saw ==
        "1 of 3 answered, the fastest after 1.5 ms; could not be sent: operation not permitted; "
        "he-ipv6: sent +2, received +1, rx_errors +3, tx_errors +4, tx_carrier_errors +5, "
        "collisions +6; protocol 41: none left, 2 packets arrived by eth1; 216.66.80.26 itself "
        "does not answer ICMP either");
  p.outer_answers.reset();
  CHECK(judge(p).saw.find("ICMP") == std::string::npos);
}

TEST_CASE("each filter of this host is named, or both commands that list them") {
  Passage p = lost();
  p.not_sent = EPERM;
  CHECK(judge(p).advice ==
        "let it out; nft list ruleset shows the rules; iptables-save those of iptables");
  p.filters = {"ip filter INPUT", "inet fw output"};
  CHECK(judge(p).advice ==
        "let it out; nft list ruleset shows the rules (filters here: ip filter INPUT, inet fw "
        "output)");
}

TEST_CASE("who refuses is told by its address and the code") {
  Passage p = lost();
  const auto refused = [&p](const char* by, std::uint8_t code, std::uint16_t port) {
    p.refused_by = *Ipv4::parse(by);
    p.refusal = code;
    p.udp_port = port;
    return judge(p).means;
  };
  const std::string none = "216.66.80.26 says that it has no tunnel to this host (ICMP code ";
  const std::string out = " on its way out (ICMP code ";
  CHECK(refused("216.66.80.26", 2, 0) == none + "2)");
  CHECK(refused("216.66.80.26", 3, 0) == none + "3)");
  CHECK(refused("216.66.80.26", 1, 0) == "216.66.80.26 refuses protocol 41" + out + "1)");
  CHECK(refused("216.66.80.26", 13, 0) == "216.66.80.26 refuses protocol 41" + out + "13)");
  CHECK(refused("172.31.0.1", 2, 0) == "172.31.0.1 refuses protocol 41" + out + "2)");
  CHECK(refused("172.31.0.1", 3, 0) == "172.31.0.1 refuses protocol 41" + out + "3)");
  CHECK(refused("172.31.0.1", 3, 5555) == "172.31.0.1 refuses UDP port 5555" + out + "3)");
  CHECK(refused("216.66.80.26", 2, 5555) == none + "2)");
  CHECK(refused("216.66.80.26", 3, 5555) ==
        "216.66.80.26 takes no packets at UDP port 5555 (ICMP code 3)");
  // Code 4: a narrow path.
  CHECK(refused("216.66.80.26", 4, 5555).find("UDP port 5555 is dropped on the way") == 0);
  p.refused_by.reset();
  p.refusal = 3;
  CHECK(means(p, "UDP port 5555 is dropped on the way"));
}

TEST_CASE("where the other end does not answer IPv4 either, the advice says how to tell why") {
  Passage p = lost();
  p.outer_answers = false;
  CHECK(judge(p).means ==
        "nothing at all comes back from 216.66.80.26, neither ICMP over IPv4 nor protocol 41: both "
        "are dropped on the way, or it is down");
  CHECK(judge(p).advice.find("if another address of the Internet answers") == 0);
  p.before.rx_packets = p.after.rx_packets = 1;
  CHECK(means(p, "nor protocol 41, which did so earlier: both"));
  p.kind = Kind::isatap;
  CHECK(judge(p).advice.find("if other hosts around it answer: let custom protocol 41") == 0);
  p.kind = Kind::sixin4;
  p.outer_answers.reset();
  CHECK(means(p, "protocol 41 came in earlier and does no more"));
}

TEST_CASE("packets that the kernel refuses are told by their counter alone") {
  Passage p = lost();
  p.after.rx_errors = 1;
  CHECK(means(p, "the kernel refuses the sender of what comes back"));
  CHECK(judge(p).advice == "ip -s link show he-ipv6");
  CHECK(judge(p).mark == Mark::sure);
  p = lost();
  p.after.tx_errors = 1;
  CHECK(means(p, "the kernel can't send what goes into the tunnel"));
  CHECK(judge(p).advice == "ip -s link show he-ipv6");
}

TEST_CASE("without privilege, a filter of this host may drop what comes out of the tunnel") {
  Passage p = lost();
  p.after.rx_packets = 3;
  CHECK_FALSE(means(p, "a filter of this host"));
  p.watched = false;
  CHECK(means(p, ", or a filter of this host drops IPv6 that comes in by he-ipv6"));
}

TEST_CASE("where no packet leaves, a filter is blamed only if packets were watched") {
  Passage p = lost();
  p.left = 0;
  p.wrong_way = WrongWay{"eth1", "eth0", false, "write v4tunnel-dev eth0"};
  p.outer_answers.reset();
  CHECK(means(p, "a filter of this host drops protocol 41 on its way out"));
  p.watched = false;
  CHECK(means(p, "packets leave by eth1"));
  p.wrong_way.reset();
  p.outer_answers = false;
  CHECK(means(p, "nothing at all comes back"));
  p.watched = true;
  CHECK(means(p, "nothing leaves this host towards 216.66.80.26"));
  p.left = 1;
  CHECK(means(p, "nothing at all comes back"));
}

TEST_CASE("what was seen of a host beyond the other end") {
  Passage p = lost();
  CHECK(judge_beyond(p).tried == "asked 2001:db8::1 through he-ipv6");
  CHECK(judge_beyond(p).saw == "0 of 3 answered");
  CHECK(judge_beyond(p).mark == Mark::likely);
  p.inner_refused_by = *Ipv6::parse("2001:db8::ff");
  p.inner_type = 1;
  p.inner_refusal = 5;
  CHECK(judge_beyond(p).saw == "0 of 3 answered; 2001:db8::ff refuses (ICMPv6 type 1, code 5)");
  p.before.rx_errors = 1;
  p.after.rx_errors = 2;
  CHECK(judge_beyond(p).saw == "0 of 3 answered; the kernel refused packets that came in");
  p.answer_came = true;
  CHECK(judge_beyond(p).saw == "0 of 3 answered");
  CHECK(judge_beyond(p).mark == Mark::sure);
  p.not_sent = EACCES;
  CHECK(judge_beyond(p).saw == "0 of 3 answered; could not be sent: permission denied");
  CHECK(judge_beyond(p).means == "a route of this host prohibits IPv6 to 2001:db8::1");
  p.answered = 1;
  CHECK(judge_beyond(p).saw == "1 of 3 answered");
}

TEST_CASE("a path that carries 1280 bytes is wide enough for IPv6") {
  const Probe least = judge(PathMtu{1480, 1280}, "v4tunnel-mtu");
  CHECK(least.tried == "asked with packets of up to 1480 bytes");
  CHECK(least.saw == "1280 bytes came back");
  CHECK(least.means.find("packets of more than 1280 bytes are lost") == 0);
  const Probe below = judge(PathMtu{1480, 1279}, "v4tunnel-mtu");
  CHECK(below.saw == "1279 bytes came back");
  CHECK(below.means.find("small packets pass and large ones don't") == 0);
  CHECK(below.mark == Mark::sure);
  CHECK(judge(PathMtu{1480, 0}, "v4tunnel-mtu").saw == "not even 1280 bytes came back");
  CHECK(judge(PathMtu{1480, 1479}, "v4tunnel-mtu").advice ==
        "write v4tunnel-mtu 1479 into the stanza");
  CHECK(judge(PathMtu{1480, 1500}, "v4tunnel-mtu").mark == Mark::fine);
}
