// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "model/stanza/words.h"

namespace situp {
namespace {

constexpr std::uint32_t longest_keepalive = 86400;

class InnerReader {
 public:
  InnerReader(const Options& options, const HostProgram& host, const Complaints& complaints)
      : options_(options), host_(host), complaints_(complaints) {}

  void read(TunnelSpec& spec) const {
    addresses(spec);
    if (spec.kind().holds_local) prefixes(spec);
    routers(spec.kind().option("routers"), spec.routers, {});
    routers(spec.kind().option("routers-nodefault"), spec.routers_nodefault, spec.routers);
    if (!spec.kind().has_domain) lan(spec);
    spec.routes = understand_routes(options_, complaints_, spec);
    complaints_.attempt([&] { keepalive(spec); });
    complaints_.attempt([&] { spec.withdraws = understand_dead(options_, spec); });
    spec.routed = understand_routed(options_, complaints_, spec);
    complaints_.attempt([&] { spec.firewall = understand_firewall(options_, spec); });
    complaints_.attempt([&] { spec.mss = understand_mss(options_, spec); });
  }

 private:
  /// True if ifup's method evaluates the value: a shell word in an option that its method carries
  /// out.
  bool left_alone(const Option& option, const TunnelSpec& spec) const {
    return host_.runs_shell && !spec.manual && is_shell(option.value);
  }

  void prefixes(TunnelSpec& spec) const {
    for (const Option* option : options_.all(spec.kind().option("prefix"))) {
      for (const auto word : words_of(option->value)) {
        complaints_.attempt([&] {
          const Ipv6Net prefix = prefix_of(*option, word);
          if (std::find(spec.prefixes.begin(), spec.prefixes.end(), prefix) != spec.prefixes.end())
            throw bad(*option, word, " is there twice");
          spec.prefixes.push_back(prefix);
        });
      }
    }
  }

  void addresses(TunnelSpec& spec) const {
    complaints_.attempt([&] { inner_addresses(spec); });
    complaints_.attempt([&] { preferred_lifetime(spec); });
    complaints_.attempt([&] {
      if (const Option* option = options_.find("gateway");
          option != nullptr && !left_alone(*option, spec))
        spec.gateway = gateway(*option, spec);
    });
    complaints_.attempt([&] { metric(spec); });
  }

  void preferred_lifetime(TunnelSpec& spec) const {
    const Option* option = options_.find("preferred-lifetime");
    if (option == nullptr || left_alone(*option, spec)) return;
    const auto word = one_word(*option);
    const auto seconds = parse_number(word, 0xfffffffe);
    if (!seconds && word != "forever")
      throw bad(*option, word, " is not a number of seconds or forever");
    spec.preferred_lifetime = seconds;
  }

  void metric(TunnelSpec& spec) const {
    const Option* option = options_.find("metric");
    if (option == nullptr || left_alone(*option, spec)) return;
    const auto number = parse_number(one_word(*option), 0xffffffff);
    if (!number || *number == 0) throw bad(*option, option->value, " is not a number from 1 up");
    spec.metric = number;
  }

  /// ifupdown's own methods take one address per stanza; if situp is the method, several are
  /// allowed.
  void inner_addresses(TunnelSpec& spec) const {
    const auto all = options_.all("address");
    if (all.size() > 1 && !spec.manual)
      throw bad(*all[1], "given twice: this method takes one address, the method manual several");
    const auto netmasks = options_.all("netmask");
    const Option* netmask = netmasks.empty() ? nullptr : netmasks[0];
    complaints_.attempt([&] { static_cast<void>(options_.find("netmask")); });
    if (netmask != nullptr && all.empty() && !options_.leaves_out("address"))
      throw bad(*netmask, "there is no address that it could belong to");
    if (netmask != nullptr && all.size() > 1)
      throw bad(*netmask, "there are several addresses: write each as ADDRESS/LENGTH");
    for (const Option* option : all) {
      if (left_alone(*option, spec)) continue;
      complaints_.attempt([&] {
        const Ipv6Net net = inner_address(*option, netmask, spec);
        for (const Ipv6Net& known : spec.addresses)
          if (known.address == net.address)
            throw bad(*option, net.address.str() + " is there twice");
        spec.addresses.push_back(net);
      });
    }
  }

  Ipv6Net inner_address(const Option& option, const Option* netmask, const TunnelSpec& spec) const {
    const auto word = one_word(option);
    if (const auto whole = Ipv6Net::parse(word)) {
      complaints_.attempt([&] {
        if (netmask != nullptr)
          throw bad(*netmask, "the address already says /" + std::to_string(whole->length) +
                                  ": remove one of the two");
      });
      return checked(option, *whole);
    }
    const auto bare = Ipv6::parse(word);
    if (!bare) throw bad(option, word, " is not an IPv6 address");
    if (netmask == nullptr) {
      if ((spec.stock || spec.manual) && !options_.leaves_out("netmask"))
        throw bad(option, "has no prefix length: write " + bare->str() + "/64");
      return checked(option, {*bare, 64});
    }
    const auto length = parse_number(one_word(*netmask), 128);
    if (!length) throw bad(*netmask, netmask->value, " is not a prefix length from 0 to 128");
    return checked(option, {*bare, static_cast<std::uint8_t>(*length)});
  }

  static Ipv6Net checked(const Option& option, Ipv6Net net) {
    if (net.address.is_multicast() || net.address.is_unspecified() ||
        net.address == *Ipv6::parse("::1"))
      throw bad(option, net.address.str() + " is not an address that an interface can have");
    if (net.length == 0)
      throw bad(option, "/0 would take in every address: write the prefix length, 64 as a rule");
    return net;
  }

  Ipv6 gateway(const Option& option, const TunnelSpec& spec) const {
    const auto word = one_word(option);
    const auto address = Ipv6::parse(word);
    if (!address || address->is_multicast())
      throw bad(option, word, " is not a router's IPv6 address");
    if (address->is_unspecified() && !spec.kind().holds_local) {
      if (spec.manual) return *address;
      throw bad(option, "a default route without a router goes with the method manual only");
    }
    if (spec.kind().holds_local && !spec.kind().embedded(*address))
      throw bad(option, std::string("on ") + spec.kind().a_title +
                            " tunnel the next hop's address must hold its IPv4 address: "
                            "fe80::5efe:A.B.C.D");
    return *address;
  }

  static Ipv6Net prefix_of(const Option& option, std::string_view word) {
    const auto prefix = Ipv6Net::parse(word);
    if (!prefix) throw bad(option, word, " is not an IPv6 prefix");
    // The kernel takes a packet only if its source lies in a prefix of the device: a /128
    // would drop every neighbour.
    if (prefix->length != 64)
      throw bad(option,
                quoted(word) + " must be a /64: the other half holds 5efe and the IPv4 address");
    if (prefix->has_host_bits())
      throw bad(option, word, " has bits behind the /64: write the prefix alone");
    if (prefix->address.is_multicast() || prefix->address.is_link_local())
      throw bad(option, word, " is not a prefix for addresses of an interface");
    return *prefix;
  }

  void routers(const std::string& name, std::vector<Host>& list,
               const std::vector<Host>& other) const {
    for (const Option* option : options_.all(name))
      for (const auto word : words_of(option->value))
        complaints_.attempt([&] { list.push_back(router(*option, word, list, other)); });
  }

  static Host router(const Option& option, std::string_view word, const std::vector<Host>& list,
                     const std::vector<Host>& other) {
    Host router = host_of(option, word);
    if (std::find(list.begin(), list.end(), router) != list.end())
      throw bad(option, word, " is there twice");
    if (std::find(other.begin(), other.end(), router) != other.end())
      throw bad(option, word,
                " is in " + kind_of_option(option.name)->option("routers") +
                    " too: a router is in one of the two lists");
    return router;
  }

  void lan(TunnelSpec& spec) const {
    for (const Option* option : options_.all(spec.kind().option("lan"))) {
      const auto words = words_of(option->value);
      complaints_.attempt([&] {
        if (words.empty() || words.size() % 2 != 0)
          throw bad(*option, "takes pairs: INTERFACE ADDRESS/LENGTH");
      });
      for (std::size_t i = 0; i + 1 < words.size(); i += 2)
        complaints_.attempt(
            [&] { spec.lan.push_back(lan_address(*option, words[i], words[i + 1], spec)); });
    }
  }

  static LanAddress lan_address(const Option& option, std::string_view name, std::string_view word,
                                const TunnelSpec& spec) {
    const InterfaceName iface = interface_of(option, name);
    const auto net = Ipv6Net::parse(word);
    if (!net) throw bad(option, word, " is not an IPv6 ADDRESS/LENGTH");
    if (iface == spec.iface)
      throw bad(option, iface.str() + " is the tunnel itself: that is what address is for");
    LanAddress lan_address{iface, checked(option, *net)};
    for (const LanAddress& known : spec.lan)
      if (known.iface == iface && known.address.address == net->address)
        throw bad(option, net->address.str() + " is there twice");
    return lan_address;
  }

  void keepalive(TunnelSpec& spec) const {
    const Option* option = options_.find(spec.kind().option("keepalive"));
    if (option == nullptr) return;
    const auto words = words_of(option->value);
    if (words.empty() || words.size() > 2)
      throw bad(*option, "takes SECONDS, maybe with a target's IPv6 address behind it, or off");
    if (words[0] == "off" && words.size() == 1) return;
    const auto seconds = parse_number(words[0], longest_keepalive);
    if (!seconds || *seconds == 0)
      throw bad(*option, words[0],
                " is not a number of seconds from 1 to " + std::to_string(longest_keepalive) +
                    ", or off");
    const KindRow& kind = spec.kind();
    std::optional<Ipv6> target = spec.gateway;
    // The router itself may write its link-local address in another way than the stanza.
    if (target && kind.holds_local && target->is_link_local())
      target = kind.link_local(*kind.embedded(*target));
    if (words.size() == 2) {
      target = Ipv6::parse(words[1]);
      if (!target || target->is_multicast() || target->is_unspecified())
        throw bad(*option, words[1], " is not an IPv6 address that could answer");
      for (const Ipv6Net& own : spec.addresses)
        if (own.address == *target)
          throw bad(*option, target->str() +
                                 " is the tunnel's own address, which always answers: "
                                 "name the far end's");
      if (kind.holds_local && is_on_link(*target, spec) && !kind.embedded(*target))
        throw bad(*option, std::string("on ") + kind.a_title +
                               " tunnel the address of a neighbour must hold its IPv4 address: "
                               "fe80::5efe:A.B.C.D");
    } else if (options_.leaves_out("gateway") || options_.leaves_out(kind.option("relay"))) {
      return;
    } else if (kind.has_domain) {
      if (spec.relays.empty() || spec.embedded)
        throw bad(*option,
                  std::string(spec.relays.empty() ? "there is no relay that could be asked"
                                                  : "with sixrd-address, no relay's IPv6 address "
                                                    "is known") +
                      ": name an address, " + std::string(words[0]) + " ADDRESS");
    } else if (!target && has_routers(kind)) {
      // The first of them, which only the running tunnel knows.
    } else if (!target || target->is_unspecified()) {
      throw bad(*option, "there is no gateway" + std::string(kind.has_routers ? " or router" : "") +
                             " that could be asked: name an address, " + std::string(words[0]) +
                             " ADDRESS");
    }
    spec.keepalive = Keepalive{*seconds, target};
  }

  bool has_routers(const KindRow& kind) const {
    const auto has = [&](const char* rest) {
      const std::string name = kind.option(rest);
      return !options_.all(name).empty() || options_.leaves_out(name);
    };
    return kind.has_routers && (has("routers") || has("routers-nodefault"));
  }

  static bool is_on_link(const Ipv6& address, const TunnelSpec& spec) {
    const auto contains = [&](const Ipv6Net& net) { return net.contains(address); };
    return address.is_link_local() ||
           std::any_of(spec.addresses.begin(), spec.addresses.end(), contains) ||
           std::any_of(spec.prefixes.begin(), spec.prefixes.end(), contains);
  }

  const Options& options_;
  const HostProgram& host_;
  const Complaints& complaints_;
};

}  // namespace

void understand_inner(const Options& options, const HostProgram& host, const Complaints& complaints,
                      TunnelSpec& spec) {
  InnerReader(options, host, complaints).read(spec);
}

}  // namespace situp
