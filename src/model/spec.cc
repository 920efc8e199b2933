// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/spec.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace situp {
namespace {

constexpr const char* v4tunnel_words[] = {"v4tunnel-local", "v4tunnel-endpoint", "v4tunnel-dev",
                                          "v4tunnel-ttl",   "v4tunnel-tos",      "v4tunnel-pmtu",
                                          "v4tunnel-mtu",   "v4tunnel-lan"};
constexpr const char* isatap_words[] = {
    "isatap-local", "isatap-prefix", "isatap-routers", "isatap-routers-nodefault",
    "isatap-dev",   "isatap-ttl",    "isatap-tos",     "isatap-pmtu",
    "isatap-mtu"};
constexpr const char* later_words[] = {"v4tunnel-route", "v4tunnel-keepalive", "v4tunnel-broker",
                                       "v4tunnel-firewall"};
// Options of ifupdown's methods auto, static, manual and v4tunnel that change something which situp
// would not.
constexpr const char* stock_words[] = {"accept_ra", "autoconf",  "dad-attempts",   "dad-interval",
                                       "dhcp",      "hwaddress", "ll-attempts",    "ll-interval",
                                       "media",     "privext",   "request_prefix", "scope"};
// What situp itself understands of the stock words.
constexpr const char* shared_words[] = {"address", "netmask",  "gateway",
                                        "metric",  "mtu",      "ttl",
                                        "local",   "endpoint", "preferred-lifetime"};

template <std::size_t N>
bool among(const char* const (&words)[N], std::string_view name) {
  return std::find(std::begin(words), std::end(words), name) != std::end(words);
}

Error bad(const Option& option, std::string why) {
  std::string what = option.name;
  if (!option.place.file.empty())
    what = option.place.file + ":" + std::to_string(option.place.line) + ": " + what;
  return {Exit::configuration, std::move(what), std::move(why)};
}

/// For what is wrong with the stanza as a whole.
Error bad(const Stanza& stanza, const std::string& what, std::string why) {
  if (stanza.place.file.empty()) return {Exit::configuration, what, std::move(why)};
  return {Exit::configuration,
          stanza.place.file + ":" + std::to_string(stanza.place.line) + ": " + what,
          std::move(why)};
}

/// A word as a message shows it: short, printable and in quotes.
std::string quoted(std::string_view word) {
  std::string text = "\"";
  for (const char c : word.substr(0, 60)) text += c >= ' ' && c <= '~' ? c : '?';
  if (word.size() > 60) text += "…";
  return text + "\"";
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n';
}

std::vector<std::string_view> words_of(std::string_view value) {
  std::vector<std::string_view> words;
  std::size_t i = 0;
  while (i < value.size()) {
    while (i < value.size() && is_blank(value[i])) ++i;
    const std::size_t start = i;
    while (i < value.size() && !is_blank(value[i])) ++i;
    if (i > start) words.push_back(value.substr(start, i - start));
  }
  return words;
}

bool is_shell(std::string_view value) {
  return value.find_first_of("$`") != std::string_view::npos;
}

/// The options of one stanza by name, and what each value means.
class Reader {
 public:
  Reader(const Stanza& stanza, Door door) : stanza_(stanza), door_(door) {}

  TunnelSpec read() {
    const auto name = InterfaceName::parse(stanza_.iface);
    if (!name)
      throw bad(
          stanza_, quoted(stanza_.iface),
          "not a name that the kernel allows: 1 to 15 characters, no blank, slash, colon or %");
    if (name->str() == "live" || name->str()[0] == '.')
      throw bad(stanza_, name->str(),
                "situp keeps this name in /run/situp for itself: give the interface another one");
    check_names();
    const bool isatap =
        std::any_of(stanza_.options.begin(), stanza_.options.end(),
                    [](const Option& o) { return o.name.rfind("isatap-", 0) == 0; });
    TunnelSpec spec;
    spec.iface = *name;
    spec.kind = isatap ? Kind::isatap : Kind::sixin4;
    spec.stock = stanza_.method == "v4tunnel";
    spec.manual = stanza_.method == "manual";
    prefix_ = isatap ? "isatap-" : "v4tunnel-";
    check_method(isatap);
    if (isatap) {
      if (const Option* option = find("endpoint"))
        throw bad(*option,
                  "an ISATAP tunnel has no single endpoint: remove it, or name a router with "
                  "isatap-routers");
    } else {
      spec.endpoint = endpoint(spec.stock);
    }
    spec.local = local(isatap, spec);
    if (const Option* option = find(prefix_ + "dev"))
      spec.dev = interface(*option, one_word(*option));
    outer_header(spec, isatap);
    mtu(spec);
    inner(spec);
    for (const Option* option : all("isatap-prefix"))
      for (const auto word : words_of(option->value))
        spec.prefixes.push_back(isatap_prefix(*option, word));
    routers("isatap-routers", spec.routers, {});
    routers("isatap-routers-nodefault", spec.routers_nodefault, spec.routers);
    lan(spec);
    return spec;
  }

 private:
  const Option* find(std::string_view name) const {
    const Option* found = nullptr;
    for (const Option& option : stanza_.options) {
      if (option.name != name) continue;
      if (found != nullptr) throw bad(option, "given twice: once is enough");
      found = &option;
    }
    return found;
  }

  std::vector<const Option*> all(std::string_view name) const {
    std::vector<const Option*> found;
    for (const Option& option : stanza_.options)
      if (option.name == name) found.push_back(&option);
    return found;
  }

  static std::string_view one_word(const Option& option) {
    const auto words = words_of(option.value);
    if (words.size() != 1)
      throw bad(option, words.empty() ? "has no value"
                                      : "takes one value, not " + std::to_string(words.size()));
    return words[0];
  }

  static InterfaceName interface(const Option& option, std::string_view word) {
    const auto name = InterfaceName::parse(word);
    if (!name) throw bad(option, quoted(word) + " is not an interface's name");
    return *name;
  }

  void check_names() const {
    const Option* first_v4tunnel = nullptr;
    const Option* first_isatap = nullptr;
    for (const Option& option : stanza_.options) {
      if (among(later_words, option.name))
        throw bad(option, "this version of situp can't do that yet: remove the option");
      if (is_our_option(option.name)) {
        const bool isatap = option.name[0] == 'i';
        if (!among(v4tunnel_words, option.name) && !among(isatap_words, option.name))
          throw bad(option, "situp has no such option; see situp-interfaces(5)");
        (isatap ? first_isatap : first_v4tunnel) = &option;
        if (is_shell(option.value))
          throw bad(
              option,
              "situp runs no shell commands: write the value itself, or a source such as ec2");
      } else if (door_ == Door::command) {
        if (among(stock_words, option.name))
          throw bad(
              option,
              "situp up does not carry this out: remove it, or bring the interface up with ifup");
        if (among(shared_words, option.name) && is_shell(option.value))
          throw bad(option, "situp runs no shell commands, ifup does: write the value itself" +
                                std::string(option.name == "local"
                                                ? ", or v4tunnel-local with a source such as ec2"
                                                : ""));
      }
    }
    if (first_v4tunnel != nullptr && first_isatap != nullptr)
      throw bad(*first_isatap, "one stanza is one tunnel, and " + first_v4tunnel->name +
                                   " is for the other kind: make two interfaces of it");
    if (first_v4tunnel == nullptr && first_isatap == nullptr)
      throw bad(stanza_, "iface " + stanza_.logical,
                "not a tunnel of situp's: it has no v4tunnel-… or isatap-… option");
  }

  void check_method(bool isatap) const {
    const std::string what = "iface " + stanza_.logical;
    if (stanza_.family != "inet6")
      throw bad(
          stanza_, what,
          "tunnels of situp's are IPv6: write \"inet6\" instead of " + quoted(stanza_.family));
    const auto& method = stanza_.method;
    const bool managed = method == "static" || method == "manual" || method == "auto";
    if (isatap && !managed)
      throw bad(stanza_, what,
                "isatap-… options go with the methods static, manual and auto, not with " +
                    quoted(method));
    if (!isatap && !managed && method != "v4tunnel")
      throw bad(
          stanza_, what,
          "v4tunnel-… options go with the methods v4tunnel, static, manual and auto, not with " +
              quoted(method));
    if (method == "v4tunnel") return;
    // Under these methods ifupdown passes the bare words on without a meaning, and ifupdown-ng
    // breaks on them.
    for (const char* word : {"endpoint", "local", "ttl"})
      if (const Option* option = find(word);
          option != nullptr && !(isatap && option->name == "endpoint"))
        throw bad(*option, "belongs to the method v4tunnel: write " +
                               (isatap && option->name != "endpoint" ? std::string("isatap-")
                                                                     : std::string("v4tunnel-")) +
                               word);
  }

  /// Ours and the stock word for the same thing: at most one of them.
  const Option* either(const std::string& ours, const char* stock) const {
    const Option* a = find(ours);
    const Option* b = find(stock);
    if (a != nullptr && b != nullptr)
      throw bad(*a, std::string("says the same as ") + stock + ": remove one of the two");
    return a != nullptr ? a : b;
  }

  Host endpoint(bool stock) const {
    const Option* option = either("v4tunnel-endpoint", "endpoint");
    if (option == nullptr)
      throw bad(stanza_, "iface " + stanza_.logical,
                stock ? "has no endpoint" : "has no v4tunnel-endpoint: the far end's IPv4 address");
    const Host result = host(*option, one_word(*option));
    if (stock && std::holds_alternative<HostName>(result))
      throw bad(*option,
                "the method v4tunnel takes an IPv4 address only: use the method manual and "
                "v4tunnel-endpoint for a host name");
    return result;
  }

  static Host host(const Option& option, std::string_view word) {
    if (const auto address = Ipv4::parse(word)) {
      if (address->is_unusable_as_endpoint())
        throw bad(option, address->str() + " can't be the other end of a tunnel");
      return *address;
    }
    if (const auto name = HostName::parse(word)) return *name;
    throw bad(option, quoted(word) + " is neither an IPv4 address nor a host name");
  }

  std::vector<Source> local(bool isatap, const TunnelSpec& spec) const {
    const std::string ours = prefix_ + "local";
    if (const Option* option = find("local"); option != nullptr) {
      either(ours, "local");
      if (!all(ours).empty())
        throw bad(*option, "says the same as " + ours + ": remove one of the two");
      const auto word = one_word(*option);
      const auto address = Ipv4::parse(word);
      if (!address && word == "any") return {AnyLocal{}};
      if (!address || address->is_unusable_as_endpoint())
        throw bad(*option,
                  quoted(option->value) + " is not an IPv4 address" +
                      (is_shell(option->value) ? " but a shell command: with options of situp's, "
                                                 "write v4tunnel-local ec2 instead"
                                               : ""));
      return {Source(*address)};
    }
    std::vector<Source> chain;
    for (const Option* option : all(ours)) {
      for (const auto word : words_of(option->value)) {
        const auto source = parse_source(word);
        if (!source)
          throw bad(*option, quoted(word) + " is not a source of an address: " + source_words);
        if (isatap && std::holds_alternative<AnyLocal>(*source))
          throw bad(*option,
                    "an ISATAP tunnel needs a local address: its own addresses are formed from it");
        if (isatap && std::holds_alternative<FromRoute>(*source))
          throw bad(
              *option,
              "route needs an endpoint, and an ISATAP tunnel has none: write interface:… or ec2");
        if (!chain.empty() && std::holds_alternative<AnyLocal>(chain.back()))
          throw bad(*option, "nothing can come after any: it never fails");
        if (const auto* literal = std::get_if<Ipv4>(&*source);
            literal != nullptr && spec.endpoint && *spec.endpoint == Host(*literal))
          throw bad(*option, "both ends of the tunnel are " + literal->str());
        chain.push_back(*source);
      }
      if (chain.empty()) throw bad(*option, "has no value");
    }
    if (chain.empty()) chain.push_back(FromEc2{});
    return chain;
  }

  std::uint8_t number_or_inherit(const Option& option, std::uint32_t least, std::uint8_t inherit,
                                 const char* range) const {
    const auto word = one_word(option);
    if (word == "inherit") return inherit;
    const auto number = parse_number(word, 255);
    if (!number || *number < least)
      throw bad(option, quoted(word) + " is not " + range + " or inherit");
    return static_cast<std::uint8_t>(*number);
  }

  void outer_header(TunnelSpec& spec, bool isatap) const {
    spec.ttl = isatap ? 64 : 255;
    if (const Option* option = either(prefix_ + "ttl", "ttl"))
      spec.ttl = number_or_inherit(*option, 1, 0, "a number from 1 to 255");
    if (const Option* option = find(prefix_ + "tos")) {
      spec.tos = number_or_inherit(*option, 0, 1, "0, a number from 2 to 255");
      if (spec.tos == 1 && one_word(*option) == "1")
        throw bad(*option, "the kernel reads 1 as inherit: write inherit, or another number");
    }
    if (const Option* option = find(prefix_ + "pmtu")) {
      const auto word = one_word(*option);
      if (word != "yes" && word != "no") throw bad(*option, quoted(word) + " is not yes or no");
      spec.pmtu = word == "yes";
      if (!spec.pmtu && spec.ttl != 0)
        throw bad(*option, "the kernel forbids fragments whenever a ttl is set: add " + prefix_ +
                               "ttl inherit");
    }
  }

  void mtu(TunnelSpec& spec) const {
    spec.mtu = 1480;
    const Option* option = either(prefix_ + "mtu", "mtu");
    if (option == nullptr) return;
    const auto word = one_word(*option);
    if (word == "auto" && option->name != "mtu") {
      spec.mtu.reset();
      return;
    }
    const auto number = parse_number(word, 65555);
    if (!number || *number < 1280)
      throw bad(*option, quoted(word) +
                             " is not a number from 1280 (the least that IPv6 allows) to 65555" +
                             (option->name == "mtu" ? "" : " or auto"));
    spec.mtu = *number;
  }

  /// True where a value is ifup's own business: a shell word in an option that its method carries
  /// out.
  bool left_alone(const Option& option, const TunnelSpec& spec) const {
    return door_ == Door::ifup && !spec.manual && is_shell(option.value);
  }

  void inner(TunnelSpec& spec) const {
    const Option* address = find("address");
    const Option* netmask = find("netmask");
    if (address != nullptr && !left_alone(*address, spec))
      spec.address = inner_address(*address, netmask, spec);
    else if (address == nullptr && netmask != nullptr)
      throw bad(*netmask, "there is no address that it could belong to");
    if (const Option* option = find("preferred-lifetime")) {
      if (!left_alone(*option, spec)) {
        const auto word = one_word(*option);
        const auto seconds = parse_number(word, 0xfffffffe);
        if (!seconds && word != "forever")
          throw bad(*option, quoted(word) + " is not a number of seconds or forever");
        spec.preferred_lifetime = seconds;
      }
    }
    if (const Option* option = find("gateway"); option != nullptr && !left_alone(*option, spec))
      spec.gateway = gateway(*option, spec);
    if (const Option* option = find("metric"); option != nullptr && !left_alone(*option, spec)) {
      spec.metric = parse_number(one_word(*option), 0xffffffff);
      if (!spec.metric || *spec.metric == 0)
        throw bad(*option, quoted(option->value) + " is not a number from 1 up");
    }
  }

  Ipv6Net inner_address(const Option& option, const Option* netmask, const TunnelSpec& spec) const {
    const auto word = one_word(option);
    if (const auto whole = Ipv6Net::parse(word)) {
      if (netmask != nullptr)
        throw bad(*netmask, "the address already says /" + std::to_string(whole->length) +
                                ": remove one of the two");
      return checked(option, *whole);
    }
    const auto bare = Ipv6::parse(word);
    if (!bare) throw bad(option, quoted(word) + " is not an IPv6 address");
    if (netmask == nullptr) {
      if (spec.stock || spec.manual)
        throw bad(option, "has no prefix length: write " + bare->str() + "/64");
      return checked(option, {*bare, 64});
    }
    const auto length = parse_number(one_word(*netmask), 128);
    if (!length)
      throw bad(*netmask, quoted(netmask->value) + " is not a prefix length from 0 to 128");
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
    if (!address || address->is_multicast() || address->is_unspecified())
      throw bad(option, quoted(word) + " is not a router's IPv6 address");
    if (spec.kind == Kind::isatap && !embedded_in_isatap(*address))
      throw bad(option,
                "on an ISATAP tunnel the next hop's address must hold its IPv4 address: "
                "fe80::5efe:A.B.C.D");
    return *address;
  }

  static Ipv6Net isatap_prefix(const Option& option, std::string_view word) {
    const auto prefix = Ipv6Net::parse(word);
    if (!prefix) throw bad(option, quoted(word) + " is not an IPv6 prefix");
    // The kernel takes an ISATAP packet only if its source lies in a prefix of the device: a /128
    // would drop every neighbour.
    if (prefix->length != 64)
      throw bad(option,
                quoted(word) + " must be a /64: the other half holds 5efe and the IPv4 address");
    if (prefix->has_host_bits())
      throw bad(option, quoted(word) + " has bits behind the /64: write the prefix alone");
    if (prefix->address.is_multicast() || prefix->address.is_link_local())
      throw bad(option, quoted(word) + " is not a prefix for addresses of an interface");
    return *prefix;
  }

  void routers(const char* name, std::vector<Host>& list, const std::vector<Host>& other) const {
    for (const Option* option : all(name)) {
      for (const auto word : words_of(option->value)) {
        const Host router = host(*option, word);
        if (std::find(list.begin(), list.end(), router) != list.end())
          throw bad(*option, quoted(word) + " is there twice");
        if (std::find(other.begin(), other.end(), router) != other.end())
          throw bad(*option, quoted(word) +
                                 " is in isatap-routers too: a router is in one of the two lists");
        list.push_back(router);
      }
    }
  }

  void lan(TunnelSpec& spec) const {
    for (const Option* option : all("v4tunnel-lan")) {
      const auto words = words_of(option->value);
      if (words.empty() || words.size() % 2 != 0)
        throw bad(*option, "takes pairs: INTERFACE ADDRESS/LENGTH");
      for (std::size_t i = 0; i < words.size(); i += 2) {
        const InterfaceName iface = interface(*option, words[i]);
        const auto net = Ipv6Net::parse(words[i + 1]);
        if (!net) throw bad(*option, quoted(words[i + 1]) + " is not an IPv6 ADDRESS/LENGTH");
        if (iface == spec.iface)
          throw bad(*option, iface.str() + " is the tunnel itself: that is what address is for");
        const LanAddress lan_address{iface, checked(*option, *net)};
        for (const LanAddress& known : spec.lan)
          if (known.iface == iface && known.address.address == net->address)
            throw bad(*option, net->address.str() + " is there twice");
        spec.lan.push_back(lan_address);
      }
    }
  }

  const Stanza& stanza_;
  Door door_;
  std::string prefix_;
};

}  // namespace

std::string str(const Host& host) {
  if (const auto* address = std::get_if<Ipv4>(&host)) return address->str();
  return std::get<HostName>(host).str();
}

bool is_our_option(std::string_view name) {
  return name.substr(0, 9) == "v4tunnel-" || name.substr(0, 7) == "isatap-";
}

bool is_opted_in(const Stanza& stanza) {
  return std::any_of(stanza.options.begin(), stanza.options.end(),
                     [](const Option& option) { return is_our_option(option.name); });
}

TunnelSpec understand(const Stanza& stanza, Door door) {
  return Reader(stanza, door).read();
}

std::vector<std::string> left_to_ifup(const Stanza& stanza) {
  std::vector<std::string> names;
  for (const Option& option : stanza.options) {
    if (is_our_option(option.name) || among(shared_words, option.name)) continue;
    if (std::find(names.begin(), names.end(), option.name) == names.end())
      names.push_back(option.name);
  }
  return names;
}

}  // namespace situp
