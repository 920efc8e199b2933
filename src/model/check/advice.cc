// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/check/advice.h"

#include <algorithm>
#include <array>

#include "model/nearest.h"
#include "model/stanza/words.h"

namespace situp {
namespace {

/// Of an IPv4 packet (RFC 791 §3.1).
constexpr unsigned largest_packet = 65535;

Complaint of_stanza(const Stanza& stanza, std::string why) {
  return bad(stanza, "iface " + stanza.logical, std::move(why));
}

/// The IPv4 address inside a 6to4 address (2002::/16).
std::optional<Ipv4> embedded_in_six_to_four(const Ipv6& address) {
  if (address.bytes[0] != 0x20 || address.bytes[1] != 0x02) return std::nullopt;
  Ipv4 result;
  for (unsigned i = 0; i < 4; ++i) result.value = result.value << 8 | address.bytes[2 + i];
  return result;
}

class Advice {
 public:
  Advice(const Stanza& stanza, const TunnelSpec& spec, std::vector<Finding>& findings)
      : stanza_(stanza), spec_(spec), findings_(findings) {}

  void give() {
    if (stanza_.iface == "sit0")
      error(of_stanza(stanza_,
                      "sit0 is the kernel's own fallback device: give the tunnel another name"));
    sources();
    if (spec_.kind().has_endpoint)
      far_end();
    else if (spec_.kind().has_routers)
      neighbours();
    mtu();
    gateway();
    six_to_four_addresses();
    prefixes_as_addresses();
    swapped_ends();
    lan();
    keepalive();
  }

 private:
  void error(Complaint complaint) {
    findings_.push_back({Finding::Weight::error, std::move(complaint)});
  }
  void hint(Complaint complaint) {
    findings_.push_back({Finding::Weight::hint, std::move(complaint)});
  }
  const Option* option(std::string_view name) const { return first_option(stanza_, name); }
  /// The option under its own or its stock name.
  const Option* option(std::string_view rest, std::string_view stock) const {
    const Option* ours = option(spec_.kind().option(rest));
    return ours != nullptr ? ours : option(stock);
  }
  /// The line with the word; the stanza's if none has it.
  Complaint at_word(std::string_view word, const std::string& rest) const {
    for (const Option& one : stanza_.options)
      for (const auto part : words_of(one.value))
        if (part == word) return bad(one, word, rest);
    return of_stanza(stanza_, quoted(word) + rest);
  }
  /// The same for an address, which may stand there with a length or without.
  Complaint at_net(const Ipv6Net& net, const std::string& rest) const {
    for (const Option& one : stanza_.options)
      for (const auto part : words_of(one.value))
        if (const auto said = Ipv6Net::parse(part);
            (said && *said == net) || Ipv6::parse(part) == net.address)
          return bad(one, part, rest);
    return of_stanza(stanza_, quoted(net.str()) + rest);
  }
  std::optional<Ipv4> endpoint() const {
    if (!spec_.endpoint || !std::holds_alternative<Ipv4>(*spec_.endpoint)) return std::nullopt;
    return std::get<Ipv4>(*spec_.endpoint);
  }

  void sources() {
    bool ends = false;
    for (const Source& source : spec_.local) {
      if (ends) {
        hint(at_word(str(source), " is never asked: the address before it is taken as it stands"));
        return;
      }
      ends = std::holds_alternative<Ipv4>(source);
      const auto* from = std::get_if<FromInterface>(&source);
      if (from != nullptr && from->interface == spec_.iface)
        error(at_word(str(source), " is the tunnel itself, which has no IPv4 address"));
      const InterfaceName* named = interface_of(source);
      if (named != nullptr && spec_.dev && *named != *spec_.dev)
        hint(at_word(str(source), " gives " + named->str() + "'s address, and packets leave by " +
                                      spec_.dev->str() + " (" + spec_.kind().option("dev") +
                                      "), where the network may drop them: name one interface, "
                                      "unless one of the two is the other's VRF or bridge"));
    }
  }

  void far_end() {
    if (const auto end = endpoint(); end && *end == *Ipv4::parse("192.88.99.1"))
      hint(at_word(end->str(),
                   " was the anycast address of 6to4 relays, which are gone (RFC 7526)"));
    if (spec_.addresses.empty() && !spec_.stock && option("address") == nullptr)
      hint(of_stanza(stanza_, "has no address: the tunnel will have a link-local one only"));
  }

  void neighbours() {
    const auto covers = [](const Ipv6Net& net, const Ipv6& address) {
      return net.length <= 64 && net.contains(address);
    };
    for (const Ipv6Net& net : spec_.addresses) {
      const auto by = [&](const Ipv6Net& other) { return covers(other, net.address); };
      if (std::any_of(spec_.prefixes.begin(), spec_.prefixes.end(), by) ||
          std::any_of(spec_.addresses.begin(), spec_.addresses.end(), by))
        continue;
      error(bad(*option("address"),
                net.str() + " leaves all neighbours outside, and the kernel drops ISATAP "
                            "packets from outside of the device's prefixes: write /64"));
    }
    const KindRow& kind = spec_.kind();
    const auto given = [this](const std::string& name) { return option(name) != nullptr; };
    if (!given("address") && !given(kind.option("prefix")) && !given(kind.option("routers")) &&
        !given(kind.option("routers-nodefault")))
      hint(of_stanza(stanza_, "has neither " + kind.option("prefix") + " nor " +
                                  kind.option("routers") +
                                  ": the tunnel will have a link-local address only"));
    unlisted_router();
  }

  /// The kernel drops packets that a router carries from elsewhere, unless the router is on the
  /// list (net/ipv6/sit.c, isatap_chksrc).
  void unlisted_router() {
    const KindRow& kind = spec_.kind();
    const auto router = spec_.gateway ? kind.embedded(*spec_.gateway) : std::nullopt;
    if (!router) return;
    // A name may stand for it.
    const auto may_be = [&](const Host& host) {
      return host == Host(*router) || std::holds_alternative<HostName>(host);
    };
    for (const auto* list : {&spec_.routers, &spec_.routers_nodefault})
      if (std::any_of(list->begin(), list->end(), may_be)) return;
    error(bad(*option("gateway"), spec_.gateway->str() +
                                      " is on no router list, and the kernel drops what " +
                                      "such a router carries from elsewhere: add " +
                                      kind.option("routers-nodefault") + " " + router->str()));
  }

  void mtu() {
    const Option* given = option("mtu", "mtu");
    if (given == nullptr) return;
    const auto end = endpoint();
    const bool internet = spec_.kind().has_endpoint && (!end || !end->is_private());
    const Encap& encap = spec_.sit.encap;
    const unsigned headers = outer_headers(encap);
    const unsigned internet_mtu = internet_packet - headers;
    const auto headers_are = [&](const char* alone) {
      return std::to_string(headers) + (encap.is_on() ? " are those of IPv4 and UDP" : alone);
    };
    const std::string reason = "packets of more than " + std::to_string(internet_mtu) +
                               " bytes don't fit: the Internet carries 1500, and " +
                               headers_are(" are the outer header's");
    const std::string advice = ": write " + std::to_string(internet_mtu);
    if (spec_.mtu && *spec_.mtu > largest_packet - headers)
      error(bad(*given, "can't fit: an IPv4 packet has at most 65535 bytes, and " +
                            headers_are(" are its header's")));
    else if (end && internet && spec_.mtu && *spec_.mtu > internet_mtu)
      hint(bad(*given, reason + advice));
    else if (end && internet && !spec_.mtu)
      hint(bad(*given, "is what the way out has, " + std::to_string(9001 - headers) + " on EC2; " +
                           reason + advice));
  }

  void gateway() {
    if (!spec_.gateway || spec_.gateway->is_unspecified()) return;
    const Option* given = option("gateway");
    if (given == nullptr) return;
    const auto own = [&](const Ipv6Net& net) { return net.address == *spec_.gateway; };
    if (std::any_of(spec_.addresses.begin(), spec_.addresses.end(), own))
      return error(bad(*given, "is the tunnel's own address: write the far end's"));
    if (spec_.gateway->is_link_local() || (spec_.addresses.empty() && spec_.prefixes.empty()))
      return;
    const auto has = [&](const Ipv6Net& net) { return net.contains(*spec_.gateway); };
    if (std::any_of(spec_.addresses.begin(), spec_.addresses.end(), has) ||
        std::any_of(spec_.prefixes.begin(), spec_.prefixes.end(), has))
      return;
    hint(bad(*given,
             spec_.gateway->str() + " lies outside of the tunnel's prefix" +
                 (spec_.addresses.empty() ? std::string() : ", " + spec_.addresses.front().str()) +
                 ": is one of the two mistyped?"));
  }

  void prefixes_as_addresses() {
    const auto is_prefix = [](const Ipv6Net& net) {
      return net.length < 127 && net.address == net.prefix().address;
    };
    const auto one_of = [](const Ipv6Net& net, std::uint8_t last) {
      Ipv6 address = net.address;
      address.bytes.back() = last;
      return address.str();
    };
    for (const Ipv6Net& net : spec_.addresses)
      if (is_prefix(net))
        hint(at_net(
            net, " is the prefix itself: write one of its addresses, such as " + one_of(net, 2)));
    for (const LanAddress& one : spec_.lan) {
      if (is_prefix(one.address))
        hint(at_net(one.address, " is the prefix itself: write one of its addresses, such as " +
                                     one_of(one.address, 1)));
      if (one.address.length < 64)
        hint(at_net(one.address,
                    " is wider than a LAN: hosts form addresses of their own in a /64 only"));
    }
  }

  /// Brokers give ::1 to their end and ::2 to the other one.
  void swapped_ends() {
    if (!spec_.kind().has_endpoint) return;
    const auto end = [](const Ipv6Net& net, std::uint8_t last) {
      Ipv6 address = net.prefix().address;
      address.bytes.back() = last;
      return address;
    };
    for (const Ipv6Net& net : spec_.addresses)
      if (net.length < 127 && net.address == end(net, 1) && spec_.gateway == end(net, 2))
        hint(bad(*option("gateway"),
                 "the broker's end has ::1 as a rule, and this host ::2: are address and "
                 "gateway swapped?"));
  }

  void six_to_four_addresses() {
    const auto end = endpoint();
    for (const auto* list : {&spec_.addresses, &spec_.prefixes}) {
      for (const Ipv6Net& net : *list) {
        const auto embedded = embedded_in_six_to_four(net.address);
        if (!embedded) continue;
        const Option* given =
            option(list == &spec_.addresses ? "address" : spec_.kind().option("prefix"));
        if (given == nullptr) continue;
        if (end && SixrdDomain{}.delegated(*end).contains(net.address))
          hint(bad(*given, net.str() + " is in the 6to4 prefix of the endpoint " + end->str() +
                               ": the Internet sends what is for it to the endpoint itself"));
        else if (embedded->is_private())
          hint(bad(*given, net.str() + " is in the 6to4 prefix of " + embedded->str() +
                               ", a private address: the Internet doesn't lead there"));
      }
    }
  }

  void lan() {
    const Option* given = option("v4tunnel-lan");
    if (given == nullptr) return;
    for (const LanAddress& one : spec_.lan)
      for (const Ipv6Net& net : spec_.addresses)
        if (net.contains(one.address.address) || one.address.contains(net.address))
          hint(at_word(one.address.str(),
                       (net.contains(one.address.address) ? " is in" : " contains") +
                           std::string(" the tunnel's own prefix, ") + net.str() +
                           ": brokers route another one to you (Routed /64), for the LAN"));
  }

  void keepalive() {
    constexpr std::uint32_t tracked = 600, udp_tracked = 30;
    const Option* given = option(spec_.kind().option("keepalive"));
    if (given == nullptr || !spec_.keepalive) return;
    if (spec_.sit.encap.is_on()) {
      if (spec_.keepalive->seconds > udp_tracked)
        hint(bad(*given,
                 "firewalls and NATs forget a UDP flow after 30 seconds: write 25, or let "
                 "the port in at both ends"));
    } else if (spec_.keepalive->seconds > tracked)
      hint(bad(*given,
               "EC2 forgets a flow of protocol 41 after 600 seconds, and then lets nothing in: "
               "write 120"));
  }

  const Stanza& stanza_;
  const TunnelSpec& spec_;
  std::vector<Finding>& findings_;
};

/// Of the stock options that concern a tunnel.
std::string nearest_stock_option(std::string_view name) {
  Nearest nearest(name);
  for (const OptionRow& row : option_rows())
    if (row.carrier == Carrier::both || row.carrier == Carrier::command_line)
      nearest.look_at(row.name);
  return std::string(nearest.word());
}

}  // namespace

void correct_slips(Stanza& stanza, std::vector<Finding>& findings) {
  for (Option& option : stanza.options) {
    if (is_our_option(option.name)) continue;
    if (find_option(option.name) != nullptr) continue;
    std::string meant = nearest_option(option.name);
    if (meant.empty()) meant = nearest_stock_option(option.name);
    if (meant.empty()) continue;
    findings.push_back(
        {Finding::Weight::error,
         bad(option, "neither situp nor ifupdown has this option; did you mean " + meant + "?")});
    option.key = option.name;
    option.name = meant;
  }
}

void advise(const Stanza& stanza, const TunnelSpec& spec, std::vector<Finding>& findings) {
  Advice(stanza, spec, findings).give();
}

void Together::add(const Stanza& stanza, const TunnelSpec& spec, bool automatic,
                   std::vector<Finding>& findings) {
  const Seen now{stanza.logical, stanza.place, automatic};
  const auto [known, first] = by_name_.try_emplace(stanza.logical, now);
  if (!first) {
    findings.push_back(
        {Finding::Weight::error,
         of_stanza(stanza,
                   "a second stanza of this name has options of situp's: put all of them "
                   "into the one at " +
                       str(known->second.place))});
    return;
  }
  ends(stanza, spec, now, findings);
  if (automatic) default_route(stanza, spec, now, findings);
}

void Together::ends(const Stanza& stanza, const TunnelSpec& spec, const Seen& now,
                    std::vector<Finding>& findings) {
  if (spec.kind().has_endpoint && !spec.endpoint) return;
  std::string key = spec.endpoint ? str(*spec.endpoint) : "any";
  for (const Source& source : spec.local) key += " " + str(source);
  if (spec.dev) key += " dev " + spec.dev->str();
  const auto [known, first] = by_ends_.try_emplace(key, now);
  if (first) return;
  const bool both = now.automatic && known->second.automatic;
  findings.push_back(
      {both ? Finding::Weight::error : Finding::Weight::hint,
       of_stanza(stanza, "has the same two ends as " + known->second.logical + " at " +
                             str(known->second.place) +
                             ", and the kernel allows that once: only one of them can be up")});
}

void Together::default_route(const Stanza& stanza, const TunnelSpec& spec, const Seen& now,
                             std::vector<Finding>& findings) {
  if (!spec.gateway) return;
  const auto [known, first] =
      by_metric_.try_emplace(spec.metric.value_or(host_.default_metric), now);
  if (first) return;
  const Option* gateway = first_option(stanza, "gateway");
  const std::string why =
      "a second default route with the same metric; " + known->second.logical + " at " +
      str(known->second.place) +
      " has one, and the kernel takes one of each: add metric 2048, or leave it out";
  findings.push_back(
      {Finding::Weight::error, gateway == nullptr ? of_stanza(stanza, why) : bad(*gateway, why)});
}

}  // namespace situp
