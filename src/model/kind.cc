// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/kind.h"

#include <array>

namespace situp {
namespace {

constexpr const char* broker_carries =
    "see that the stanza's address is the one that the broker has given";

constexpr std::array kinds{
    KindRow{.kind = Kind::sixin4,
            .family = "v4tunnel",
            .word = "6in4",
            .title = "6in4",
            .a_title = "a 6in4",
            .noun = "tunnel",
            .device = "a sit device",
            .stock_method = "v4tunnel",
            .ttl = 255,
            .has_endpoint = true,
            .link_local = sixin4_link_local,
            .embedded = embedded_in_link_local,
            .receive_errors = "packets whose inner or outer source was refused",
            .transmit_errors = "packets that could not be sent",
            .refused_sender = "the kernel refuses the sender of what comes back",
            .not_sent = "the kernel can't send what goes into the tunnel",
            .beyond_remedy = broker_carries},
    KindRow{
        .kind = Kind::isatap,
        .family = "isatap",
        .word = "isatap",
        .title = "ISATAP",
        .a_title = "an ISATAP",
        .noun = "link",
        .device = "an ISATAP device",
        .ttl = 64,
        .has_routers = true,
        .holds_local = true,
        .leader = "a router",
        .leader_option = "routers",
        .link_local = isatap_link_local,
        .embedded = embedded_in_isatap,
        .receive_errors =
            "packets from sources that ISATAP refuses: neither a router of the list nor an "
            "address of the prefix that holds the sender's IPv4 address",
        .transmit_errors =
            "packets whose next hop is no ISATAP address: a route needs via fe80::5efe:A.B.C.D",
        .refused_sender =
            "ISATAP refuses the sender: it is neither on the router list nor has an address "
            "of the prefix",
        .refused_sender_remedy = "write the router into isatap-routers, or the right isatap-prefix",
        .not_sent = "the next hop is no ISATAP address",
        .not_sent_remedy = "routes need via fe80::5efe:A.B.C.D of a router",
        .beyond_remedy = broker_carries},
    KindRow{.kind = Kind::sixrd,
            .family = "sixrd",
            .word = "6rd",
            .title = "6rd",
            .a_title = "a 6rd",
            .noun = "tunnel",
            .device = "a sit device for any remote end",
            .ttl = 64,
            .leader = "the relay",
            .leader_option = "relay",
            .has_domain = true,
            .embedded = embedded_in_compatible,
            .receive_errors = "packets whose inner source does not hold the sender's IPv4 address",
            .transmit_errors = "packets whose next hop is no relay: a route needs via ::A.B.C.D",
            .refused_sender =
                "the kernel refuses the sender: its inner address does not hold its IPv4 address",
            .refused_sender_remedy =
                "the kernel's log names both addresses (Src spoofed): write the same sixrd-prefix "
                "on all hosts of the domain",
            .not_sent = "the next hop is neither in the domain nor a relay",
            .not_sent_remedy = "write the relay into sixrd-relay",
            .beyond_remedy =
                "see on the relay that it forwards (sysctl net.ipv6.conf.all.forwarding), that its "
                "default route takes packets from the whole domain, and that the broker routes the "
                "domain's prefix to it"},
};

}  // namespace

std::span<const KindRow> kind_rows() {
  return kinds;
}

const KindRow& row_of(Kind kind) {
  for (const KindRow& row : kinds)
    if (row.kind == kind) return row;
  return kinds.front();
}

const KindRow* kind_of_family(std::string_view family) {
  for (const KindRow& row : kinds)
    if (family == row.family) return &row;
  return nullptr;
}

const KindRow* kind_of_option(std::string_view name) {
  const auto dash = name.find('-');
  return dash == std::string_view::npos ? nullptr : kind_of_family(name.substr(0, dash));
}

std::string option_families() {
  std::string text;
  for (const KindRow& row : kinds)
    text += (text.empty() ? "" : &row == &kinds.back() ? " or " : ", ") + row.option("…");
  return text;
}

}  // namespace situp
