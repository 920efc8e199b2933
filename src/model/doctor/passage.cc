// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/doctor/passage.h"

#include <cerrno>

#include "base/error.h"
#include "base/text.h"

namespace situp {
namespace {

// Codes of ICMP type 3 (RFC 792, RFC 1812 §5.2.7.1).
constexpr std::uint8_t protocol_unreachable = 2;
constexpr std::uint8_t port_unreachable = 3;  // Linux: no such tunnel (net/ipv4/tunnel4.c)
constexpr std::uint8_t fragmentation_needed = 4;

struct Difference {
  std::uint64_t sent, received, rx_errors, tx_errors, tx_carrier_errors, collisions;
};

Difference difference(const Passage& p) {
  const Counters& a = p.after;
  const Counters& b = p.before;
  return {a.tx_packets - b.tx_packets,
          a.rx_packets - b.rx_packets,
          a.rx_errors - b.rx_errors,
          a.tx_errors - b.tx_errors,
          a.tx_carrier_errors - b.tx_carrier_errors,
          a.collisions - b.collisions};
}

std::string packets(std::uint64_t count) {
  return count == 0   ? std::string("none")
         : count == 1 ? std::string("1 packet")
                      : std::to_string(count) + " packets";
}

/// The outer packets.
std::string carrier(const Passage& p) {
  return p.udp_port == 0 ? "protocol 41" : "UDP port " + std::to_string(p.udp_port);
}

/// The same for nft(8), to or from (`daddr` or `saddr`) the other end.
std::string nft_match(const Passage& p, const char* end) {
  const std::string address = std::string("ip ") + end + " " + p.outer.str();
  return p.udp_port == 0 ? "ip protocol 41 " + address
                         : address + " udp dport " + std::to_string(p.udp_port);
}

/// The option that the other end needs, too.
std::string encap_option(const Passage& p) {
  return row_of(p.kind).option("encap") + " fou " + std::to_string(p.udp_port);
}

std::string what_was_seen(const Passage& p, const Difference& d) {
  std::string text = std::to_string(p.answered) + " of " + std::to_string(p.asked) + " answered";
  if (p.answered != 0) text += ", the fastest after " + as_milliseconds(p.round_trip);
  if (p.answered == p.asked) return text;
  if (p.not_sent != 0) text += "; could not be sent: " + meaning_of(p.not_sent);
  const auto counter = [&text](const char* name, std::uint64_t count) {
    if (count != 0) text += ", " + std::string(name) + " +" + std::to_string(count);
  };
  text += "; " + p.iface + ": sent +" + std::to_string(d.sent) + ", received +" +
          std::to_string(d.received);
  counter("rx_errors", d.rx_errors);
  counter("tx_errors", d.tx_errors);
  counter("tx_carrier_errors", d.tx_carrier_errors);
  counter("collisions", d.collisions);
  if (!p.watched) return text;
  text += "; " + carrier(p) + ": " + packets(p.left) + " left" +
          (p.left == 0 ? "" : " by " + p.left_by) + ", " + packets(p.arrived) + " arrived" +
          (p.arrived == 0 ? "" : " by " + p.arrived_by);
  if (p.outer_answers)
    text += "; " + p.outer.str() +
            (*p.outer_answers ? " itself answers ICMP" : " itself does not answer ICMP either");
  return text;
}

std::string list(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string look_at_filters(const Passage& p) {
  const std::string known = list(p.filters);
  return "nft list ruleset shows the rules" +
         (known.empty() ? std::string("; iptables-save those of iptables")
                        : " (filters here: " + known + ")");
}

/// The reason and the remedy.
struct Reason {
  Mark mark = Mark::sure;
  std::string means, advice;
};

Reason not_sent(const Passage& p) {
  if (p.not_sent == EPERM)
    return {Mark::sure, "a filter of this host forbids IPv6 through " + p.iface,
            "let it out; " + look_at_filters(p)};
  if (p.not_sent == EACCES)
    return {Mark::sure, "a route of this host prohibits IPv6 to " + p.target.str(),
            "look for it: ip -6 route show table all type prohibit"};
  return {Mark::sure, "there is no way to " + p.target.str() + " out of " + p.iface,
          "situp plan " + p.iface + " shows which address or route is missing"};
}

/// The kind's remedy, or a general one.
std::string remedy(const char* text, const Passage& p) {
  return text != nullptr ? text : "ip -s link show " + p.iface;
}

Reason refused_sender(const Passage& p) {
  const KindRow& kind = row_of(p.kind);
  return {Mark::sure, kind.refused_sender, remedy(kind.refused_sender_remedy, p)};
}

Reason lost_in_the_device(const Passage& p, const Difference& d) {
  if (d.tx_carrier_errors != 0)
    return {Mark::sure,
            "there is no IPv4 route to " + p.outer.str() + ", or " + p.local.str() +
                " is not this host's address",
            "ip route get " + p.outer.str() + " from " + p.local.str() + " says which"};
  if (d.collisions != 0)
    return {Mark::sure, "outer packets would enter the tunnel again",
            "see that the IPv4 route to " + p.outer.str() + " leads out of another interface"};
  const KindRow& kind = row_of(p.kind);
  return {Mark::sure, kind.not_sent, remedy(kind.not_sent_remedy, p)};
}

/// How the cloud's filter lets the outer packets in.
std::string rule_of(const Passage& p) {
  if (p.udp_port != 0)
    return "let " + carrier(p) + " in from " + p.outer.str() + "/32 in the cloud's firewall";
  constexpr std::string_view usual =
      "let custom protocol 41 in from {from}/32 in the security group";
  const bool has_own = p.cloud != nullptr && !p.cloud->protocol41.rule.empty();
  std::string rule(has_own ? p.cloud->protocol41.rule : usual);
  for (std::string before; before != rule;) {
    before = rule;
    rule = replaced(before, "{from}", p.outer.str());
  }
  return rule;
}

/// Nothing comes back of UDP, which the two hosts alone speak.
Reason lost_udp(const Passage& p) {
  if (p.refused_by == p.outer && p.refusal == port_unreachable)
    return {Mark::sure,
            p.outer.str() + " takes no packets at " + carrier(p) + " (ICMP code " +
                std::to_string(p.refusal) + ")",
            "bring the tunnel up there, with " + encap_option(p)};
  return {Mark::likely,
          carrier(p) +
              (p.before.rx_packets == 0
                   ? " is dropped on the way, the other end has no " + encap_option(p)
                   : " came in earlier and does no more: it is dropped on the way, the "
                     "other end is down") +
              ", or a NAT in between rewrites ports, through which this tunnel can't pass",
          rule_of(p) +
              ", of both; see that it is up there; through a NAT that rewrites ports, "
              "WireGuard passes"};
}

Reason lost_outside(const Passage& p) {
  const std::string rule = rule_of(p);
  if (p.refused_by == p.outer && p.udp_port != 0 && p.refusal == port_unreachable)
    return lost_udp(p);
  if (p.refused_by == p.outer &&
      (p.refusal == protocol_unreachable || p.refusal == port_unreachable))
    return {Mark::likely,
            p.outer.str() + " says that it has no tunnel to this host (ICMP code " +
                std::to_string(p.refusal) + ")",
            "see that the other end's record holds this host's public address"};
  if (p.refused_by && p.refusal != fragmentation_needed)
    return {Mark::sure,
            p.refused_by->str() + " refuses " + carrier(p) + " on its way out (ICMP code " +
                std::to_string(p.refusal) + ")",
            "let " + carrier(p) + " out to " + p.outer.str() + " there"};
  if (p.cloud != nullptr && p.udp_port == 0) {
    const bool is_inside = p.outer.is_private();
    const Protocol41& known = p.cloud->protocol41;
    if ((is_inside ? known.inside : known.internet) == Passes::never)
      return {Mark::likely,
              std::string(p.cloud->title) + " drops protocol 41 " +
                  (is_inside ? "between instances" : "to and from the Internet") +
                  ", whatever its firewall rules say",
              "use the cloud's own IPv6, or a tunnel over UDP: " + row_of(p.kind).option("encap") +
                  " fou PORT where both ends are yours, else WireGuard"};
  }
  if (p.outer_answers == false)
    return {Mark::likely,
            "nothing at all comes back from " + p.outer.str() + ", neither ICMP over IPv4 nor " +
                carrier(p) + (p.before.rx_packets == 0 ? "" : ", which did so earlier") +
                ": both are dropped on the way, or it is down",
            (!row_of(p.kind).has_endpoint
                 ? "if other hosts around it answer: " + rule + " of both"
                 : "if another address of the Internet answers, as of ping -4 1.1.1.1: " + rule +
                       ", let " + carrier(p) + " out") +
                "; otherwise see whether " + p.outer.str() + " is up"};
  if (p.udp_port != 0) return lost_udp(p);
  if (!row_of(p.kind).has_endpoint)
    return {Mark::likely,
            p.outer.str() +
                " answers IPv4, and no protocol 41 comes back from it: it is dropped "
                "between the two, or that host has no " +
                row_of(p.kind).title + " interface",
            rule + " of both"};
  if (p.before.rx_packets != 0)
    return {Mark::likely,
            "protocol 41 came in earlier and does no more: it is likelier dropped on its way in, "
            "or the other end sends it to another address by now",
            rule + ", and see that the broker's record holds the public address"};
  return {Mark::likely,
          "the network drops protocol 41, likelier outbound than inbound: no packet has ever come "
          "in, and "
          "security groups let answers in; or the other end sends it elsewhere",
          "see that the broker's record holds the public address; let protocol 41 out to " +
              p.outer.str() + ", and " + rule};
}

Reason lost_on_arrival(const Passage& p, const Difference& d) {
  if (p.arrived_for)
    return {Mark::sure,
            "what comes back is for " + p.arrived_for->str() +
                ", and the tunnel's local address is " + p.local.str(),
            "situp plan " + p.iface + " shows whether another source gives that address"};
  if (d.rx_errors != 0) return refused_sender(p);
  if (p.strict_rp_filter)
    return {Mark::sure,
            "rp_filter drops what arrives by " + p.arrived_by + ", as the route to " +
                p.outer.str() + " leads elsewhere",
            "sysctl net.ipv4.conf." + p.arrived_by + ".rp_filter=2, or route " + p.outer.str() +
                " out of " + p.arrived_by};
  return {
      Mark::sure,
      "a filter of this host drops " + carrier(p) + " from " + p.outer.str() +
          " after it has arrived",
      "accept it in the input chain: " + nft_match(p, "saddr") + " accept; " + look_at_filters(p)};
}

std::string inner_code(const Passage& p) {
  return " (ICMPv6 type " + std::to_string(p.inner_type) + ", code " +
         std::to_string(p.inner_refusal) + ")";
}

/// Packets come through the tunnel, but the ping gets no answer.
Reason lost_inside(const Passage& p) {
  const std::string another =
      "have another host asked: " + row_of(p.kind).option("keepalive") + " SECONDS TARGET";
  if (p.answer_came)
    return {Mark::sure,
            "the answer came out of the tunnel: a filter of this host drops IPv6 that comes in "
            "by " +
                p.iface,
            "let ICMPv6 in there; " + look_at_filters(p)};
  if (p.inner_refused_by)
    return {Mark::sure,
            p.inner_refused_by->str() + " says that " + p.target.str() +
                " can't be reached from there" + inner_code(p) + ": the tunnel itself works",
            "see that the stanza's address is the one that the broker has given, or " + another};
  return {
      Mark::likely,
      "something came out of the tunnel, and no answer from " + p.target.str() +
          ": it is away or answers no pings" +
          (p.watched ? "" : ", or a filter of this host drops IPv6 that comes in by " + p.iface),
      another};
}

Reason where_it_is_lost(const Passage& p, const Difference& d) {
  if (p.not_sent != 0) return not_sent(p);
  if (d.tx_carrier_errors != 0 || d.collisions != 0 || d.tx_errors != 0)
    return lost_in_the_device(p, d);
  if (d.received != 0) return lost_inside(p);
  if (p.arrived != 0 || d.rx_errors != 0) return lost_on_arrival(p, d);
  // A filter of this host drops packets before any network sees them.
  const bool is_filtered = p.watched && p.left == 0 && p.outer_answers != false;
  if (p.wrong_way && (!is_filtered || p.wrong_way->by_dev))
    return {Mark::likely,
            "packets leave by " + p.wrong_way->leaves_by + ", and their source address, " +
                p.local.str() + ", is " + p.wrong_way->held_by +
                "'s: the network there drops them, or sends what comes back elsewhere",
            p.wrong_way->advice};
  if (p.watched && p.left == 0 && p.outer_answers == false)
    return {Mark::likely,
            "nothing leaves this host towards " + p.outer.str() +
                ": the next IPv4 router does not answer, or a filter of this host is in the way",
            "ip neigh show; " + look_at_filters(p)};
  if (p.watched && p.left == 0)
    return {Mark::sure, "a filter of this host drops " + carrier(p) + " on its way out",
            "accept it in the output chain: " + nft_match(p, "daddr") + " accept; " +
                look_at_filters(p)};
  return lost_outside(p);
}

Probe with(Probe probe, Reason reason) {
  probe.mark = reason.mark;
  probe.means = std::move(reason.means);
  probe.advice = std::move(reason.advice);
  return probe;
}

}  // namespace

Probe judge(const Passage& p) {
  const Difference d = difference(p);
  Probe probe{
      "passage",
      "asked " + p.target.str() + " " + std::to_string(p.asked) + " times through " + p.iface,
      what_was_seen(p, d)};
  if (p.answered == p.asked) return probe;
  if (p.answered != 0) {
    probe.mark = Mark::aside;
    probe.means = "the tunnel works, and loses packets";
    probe.advice = "try again: a ping lost now and then is normal";
    return probe;
  }
  return with(std::move(probe), where_it_is_lost(p, d));
}

Probe judge_beyond(const Passage& p) {
  Probe probe{"beyond", "asked " + p.target.str() + " through " + p.iface,
              std::to_string(p.answered) + " of " + std::to_string(p.asked) + " answered"};
  if (p.answered != 0) return probe;
  Reason reason{Mark::likely,
                "the other end answers, and what is behind it does not: the other end does not "
                "carry this host's packets on, or " +
                    p.target.str() + " is away",
                std::string(row_of(p.kind).beyond_remedy) +
                    "; [doctor] beyond in situp.conf names another host to ask"};
  if (p.not_sent != 0) {
    probe.saw += "; could not be sent: " + meaning_of(p.not_sent);
    reason = not_sent(p);
  } else if (p.answer_came) {
    reason = lost_inside(p);
  } else if (difference(p).rx_errors != 0) {
    probe.saw += "; the kernel refused packets that came in";
    reason = refused_sender(p);
  } else if (p.inner_refused_by) {
    probe.saw += "; " + p.inner_refused_by->str() + " refuses" + inner_code(p);
  }
  return with(std::move(probe), std::move(reason));
}

Probe judge(const PathMtu& path, const std::string& option) {
  constexpr unsigned least = 1280;
  Probe probe{"path MTU", "asked with packets of up to " + std::to_string(path.device) + " bytes",
              path.largest == 0 ? "not even 1280 bytes came back"
                                : std::to_string(path.largest) + " bytes came back"};
  if (path.largest >= path.device) return probe;
  probe.mark = Mark::sure;
  if (path.largest < least) {
    probe.means =
        "small packets pass and large ones don't: something drops fragments or large "
        "packets, even those that IPv6 needs (1280 bytes)";
    probe.advice = "see that the IPv4 path to the endpoint carries 1300 bytes";
    return probe;
  }
  probe.means = "packets of more than " + std::to_string(path.largest) +
                " bytes are lost, so that connections hang when they have much to say";
  probe.advice = "write " + option + " " + std::to_string(path.largest) + " into the stanza";
  return probe;
}

}  // namespace situp
