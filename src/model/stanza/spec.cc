// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/stanza/spec.h"

#include <algorithm>
#include <iterator>

#include "model/nearest.h"
#include "model/stanza/words.h"

namespace situp {
namespace {

constexpr const char* v4tunnel_words[] = {
    "v4tunnel-local", "v4tunnel-endpoint",  "v4tunnel-dev",    "v4tunnel-ttl",
    "v4tunnel-tos",   "v4tunnel-pmtu",      "v4tunnel-mtu",    "v4tunnel-lan",
    "v4tunnel-route", "v4tunnel-keepalive", "v4tunnel-broker", "v4tunnel-firewall"};
constexpr const char* isatap_words[] = {
    "isatap-local", "isatap-prefix", "isatap-routers", "isatap-routers-nodefault",
    "isatap-dev",   "isatap-ttl",    "isatap-tos",     "isatap-pmtu",
    "isatap-mtu"};
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

class Reader {
 public:
  Reader(const Stanza& stanza, Door door, const Complaints& complaints)
      : stanza_(stanza), options_(stanza), door_(door), complaints_(complaints) {}

  TunnelSpec read() {
    TunnelSpec spec;
    complaints_.attempt([&] { spec.iface = own_name(); });
    check_names();
    const bool isatap =
        std::any_of(stanza_.options.begin(), stanza_.options.end(),
                    [](const Option& o) { return o.name.rfind("isatap-", 0) == 0; });
    spec.kind = isatap ? Kind::isatap : Kind::sixin4;
    spec.stock = stanza_.method == "v4tunnel";
    spec.manual = stanza_.method == "manual";
    // The environment of hooks doesn't tell '_' from '-'.
    spec.own_accept_ra = options_.find("accept_ra") != nullptr ||
                         options_.find("accept-ra") != nullptr ||
                         // ifupdown turns advertisements off for this one and on for that, and
                         // tells hooks so as if the stanza had.
                         (stanza_.method == "static" && options_.find("gateway") != nullptr) ||
                         stanza_.method == "auto";
    prefix_ = option_prefix(isatap ? Kind::isatap : Kind::sixin4);
    check_method(isatap);
    if (!isatap) complaints_.attempt([&] { spec.endpoint = endpoint(spec.stock); });
    complaints_.attempt([&] { spec.local = local(isatap, spec); });
    complaints_.attempt([&] {
      if (const Option* option = options_.find(prefix_ + "dev")) {
        spec.dev = interface_of(*option, one_word(*option));
        if (spec.dev == spec.iface)
          throw bad(*option, "is the tunnel itself: name the interface that its packets leave by");
      }
    });
    outer_header(spec, isatap);
    complaints_.attempt([&] { mtu(spec); });
    understand_inner(options_, door_, complaints_, spec);
    complaints_.attempt([&] { broker(spec); });
    return spec;
  }

 private:
  InterfaceName own_name() const {
    const auto name = InterfaceName::parse(stanza_.iface);
    if (!name)
      throw bad(
          stanza_, quoted(stanza_.iface),
          "not a name that the kernel allows: 1 to 15 characters, no blank, slash, colon or %");
    if (name->str() == "live" || name->str()[0] == '.')
      throw bad(stanza_, name->str(),
                "situp keeps this name in /run/situp for itself: give the interface another one");
    return *name;
  }

  void check_names() {
    const Option* first_v4tunnel = nullptr;
    const Option* first_isatap = nullptr;
    for (const Option& option : stanza_.options) {
      if (is_our_option(option.name))
        (option.name[0] == 'i' ? first_isatap : first_v4tunnel) = &option;
      complaints_.attempt([&] { check_name(option); });
    }
    complaints_.attempt([&] {
      if (first_v4tunnel != nullptr && first_isatap != nullptr)
        throw bad(*first_isatap, "one stanza is one tunnel, and " + first_v4tunnel->name +
                                     " is for the other kind: make two interfaces of it");
      if (first_v4tunnel == nullptr && first_isatap == nullptr)
        throw bad(stanza_, "iface " + stanza_.logical,
                  "not a tunnel of situp's: it has no v4tunnel-… or isatap-… option");
    });
  }

  void check_name(const Option& option) {
    refuse_stock_spelling(option);
    if (is_our_option(option.name)) {
      if (!among(v4tunnel_words, option.name) && !among(isatap_words, option.name)) {
        const auto nearest = nearest_option(option.name);
        // Or the option that was meant would be missed as well.
        meant_.emplace_back(nearest);
        throw bad(option, "situp has no such option" +
                              (nearest.empty() ? std::string("; ")
                                               : "; did you mean " + std::string(nearest) + "? ") +
                              "see situp-interfaces(5)");
      }
      if (is_shell(option.value))
        throw bad(option,
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

  void refuse_stock_spelling(const Option& option) {
    try {
      refuse_spelling(stanza_, option);
    } catch (const Complaint&) {
      if (name_in_hooks(option.name) == "endpoint") meant_.emplace_back("v4tunnel-endpoint");
      throw;
    }
  }

  void check_method(bool isatap) const {
    const std::string what = "iface " + stanza_.logical;
    const auto& method = stanza_.method;
    const bool managed = method == "static" || method == "manual" || method == "auto";
    complaints_.attempt([&] {
      if (stanza_.family != "inet6")
        throw bad(
            stanza_, what,
            "tunnels of situp's are IPv6: write \"inet6\" instead of " + quoted(stanza_.family));
    });
    complaints_.attempt([&] {
      if (isatap && !managed)
        throw bad(stanza_, what,
                  "isatap-… options go with the methods static, manual and auto, not with " +
                      quoted(method));
      if (!isatap && !managed && method != "v4tunnel")
        throw bad(
            stanza_, what,
            "v4tunnel-… options go with the methods v4tunnel, static, manual and auto, not with " +
                quoted(method));
      if (method == "auto" && door_ == Door::command)
        throw bad(
            stanza_, what,
            "situp up does not carry out the method auto: bring the interface up with ifup, or "
            "write manual");
    });
    if (method == "v4tunnel") return;
    for (const char* word : {"endpoint", "local", "ttl"})
      complaints_.attempt([&] { refuse_bare(word, isatap); });
  }

  /// Under methods other than v4tunnel ifupdown passes the bare words on without a meaning, and
  /// ifupdown-ng breaks on them.
  void refuse_bare(const char* word, bool isatap) const {
    const Option* option = options_.find(word);
    if (option == nullptr) return;
    if (isatap && option->name == "endpoint")
      throw bad(*option,
                "an ISATAP tunnel has no single endpoint: remove it, or name a router with "
                "isatap-routers");
    throw bad(*option, "belongs to the method v4tunnel: write " + prefix_ + word);
  }

  std::optional<Host> endpoint(bool stock) const {
    const Option* option = options_.either("v4tunnel-endpoint", "endpoint");
    if (option == nullptr && is_meant("v4tunnel-endpoint")) return std::nullopt;
    if (option == nullptr)
      throw bad(stanza_, "iface " + stanza_.logical,
                stock ? "has no endpoint: the far end's IPv4 address"
                      : "has no v4tunnel-endpoint: the far end's IPv4 address");
    Host result = host_of(*option, one_word(*option));
    if (stock && std::holds_alternative<HostName>(result))
      throw bad(*option,
                "the method v4tunnel takes an IPv4 address only: use the method manual and "
                "v4tunnel-endpoint for a host name");
    return result;
  }

  std::vector<Source> local(bool isatap, const TunnelSpec& spec) const {
    const std::string ours = prefix_ + "local";
    if (const Option* option = options_.find("local")) {
      if (!options_.all(ours).empty())
        throw bad(*option, "says the same as " + ours + ": remove one of the two");
      if (is_shell(option->value))
        throw bad(*option,
                  "is a shell command: with options of situp's, write v4tunnel-local ec2 instead");
      // refuse_bare() has said what to write instead.
      if (!spec.stock) return {FromEc2{}};
      const auto word = one_word(*option);
      const auto source = parse_source(word);
      if (source && std::holds_alternative<AnyLocal>(*source)) return {*source};
      if (!source) throw bad(*option, word, " is not an IPv4 address of an interface");
      if (!std::holds_alternative<Ipv4>(*source))
        throw bad(*option, word, " is a source of an address: write " + ours + ' ' + str(*source));
      refuse_both_ends(*option, *source, spec);
      return {*source};
    }
    std::vector<Source> chain;
    for (const Option* option : options_.all(ours)) {
      for (const auto word : words_of(option->value))
        complaints_.attempt([&] { chain.push_back(source(*option, word, isatap, spec, chain)); });
      complaints_.attempt([&] {
        if (words_of(option->value).empty()) throw bad(*option, "has no value");
      });
    }
    if (chain.empty()) chain.emplace_back(FromEc2{});
    return chain;
  }

  static Source source(const Option& option, std::string_view word, bool isatap,
                       const TunnelSpec& spec, const std::vector<Source>& before) {
    const auto source = parse_source(word);
    if (!source)
      throw bad(option, word, std::string(" is not a source of an address: ") + source_words);
    if (isatap && std::holds_alternative<AnyLocal>(*source))
      throw bad(option,
                "an ISATAP tunnel needs a local address: its own addresses are formed from it");
    if (isatap && std::holds_alternative<FromRoute>(*source))
      throw bad(option,
                "route needs an endpoint, and an ISATAP tunnel has none: write interface:… or ec2");
    if (!before.empty() && std::holds_alternative<AnyLocal>(before.back()))
      throw bad(option, "nothing can come after any: it never fails");
    refuse_both_ends(option, *source, spec);
    return *source;
  }

  static void refuse_both_ends(const Option& option, const Source& source, const TunnelSpec& spec) {
    if (const auto* literal = std::get_if<Ipv4>(&source);
        literal != nullptr && spec.endpoint && *spec.endpoint == Host(*literal))
      throw bad(option, "both ends of the tunnel are " + literal->str() +
                            ": write this host's own address, or a source such as ec2");
  }

  std::uint8_t number_or_inherit(const Option& option, std::uint32_t least, std::uint8_t inherit,
                                 const char* range) const {
    const auto word = one_word(option);
    if (word == "inherit") return inherit;
    const auto number = parse_number(word, 255);
    if (!number || *number < least)
      throw bad(option, word, std::string(" is not ") + range + " or inherit");
    return static_cast<std::uint8_t>(*number);
  }

  void outer_header(TunnelSpec& spec, bool isatap) const {
    spec.ttl = isatap ? 64 : 255;
    complaints_.attempt([&] {
      if (const Option* option = options_.either(prefix_ + "ttl", "ttl"))
        spec.ttl = number_or_inherit(*option, 1, 0, "a number from 1 to 255");
    });
    complaints_.attempt([&] { tos(spec); });
    complaints_.attempt([&] { pmtu(spec); });
  }

  void tos(TunnelSpec& spec) const {
    const Option* option = options_.find(prefix_ + "tos");
    if (option == nullptr) return;
    spec.tos = number_or_inherit(*option, 0, 1, "0, a number from 2 to 255");
    if (spec.tos == 1 && one_word(*option) == "1")
      throw bad(*option, "the kernel reads 1 as inherit: write inherit, or another number");
  }

  void pmtu(TunnelSpec& spec) const {
    const Option* option = options_.find(prefix_ + "pmtu");
    if (option == nullptr) return;
    const auto word = one_word(*option);
    if (word != "yes" && word != "no") throw bad(*option, word, " is not yes or no");
    spec.pmtu = word == "yes";
    if (!spec.pmtu && spec.ttl != 0)
      throw bad(*option, "the kernel forbids fragments whenever a ttl is set: add " + prefix_ +
                             "ttl inherit");
  }

  void mtu(TunnelSpec& spec) const {
    spec.mtu = 1480;
    const Option* option = options_.either(prefix_ + "mtu", "mtu");
    if (option == nullptr) return;
    const auto word = one_word(*option);
    if (word == "auto" && option->name != "mtu") {
      spec.mtu.reset();
      return;
    }
    const auto number = parse_number(word, 65555);
    if (!number || *number < 1280)
      throw bad(*option, word,
                std::string(" is not a number from 1280 (the least that IPv6 allows) to 65555") +
                    (option->name == "mtu" ? "" : " or auto"));
    spec.mtu = *number;
  }

  void broker(TunnelSpec& spec) const {
    const Option* option = options_.find("v4tunnel-broker");
    if (option == nullptr) return;
    const auto words = words_of(option->value);
    if (words.size() != 2)
      throw bad(*option, "takes a broker and the number of the tunnel there, such as he 123456");
    const auto name = BrokerName::parse(words[0]);
    if (!name)
      throw bad(*option, words[0],
                " is not a broker's name: he, or one that situp.conf has a section for");
    const auto tunnel = TunnelId::parse(words[1]);
    if (!tunnel) throw bad(*option, words[1], " is not the number of a tunnel: 1 to 10 digits");
    spec.broker = Broker{*name, *tunnel};
  }

  bool is_meant(std::string_view name) const {
    return std::find(meant_.begin(), meant_.end(), name) != meant_.end();
  }

  const Stanza& stanza_;
  Options options_;
  Door door_;
  const Complaints& complaints_;
  std::string prefix_;
  std::vector<std::string_view> meant_;  // by misspelt options
};

}  // namespace

std::string option_prefix(Kind kind) {
  return kind == Kind::isatap ? "isatap-" : "v4tunnel-";
}

std::string str(const Host& host) {
  if (const auto* address = std::get_if<Ipv4>(&host)) return address->str();
  return std::get<HostName>(host).str();
}

void refuse_spelling(const Stanza& stanza, const Option& option) {
  const std::string name = name_in_hooks(option.written());
  // The environment of hooks and the record of one don't tell; keys of ifcfg files and what was
  // misspelt are other names.
  if (option.place.file.empty() || (!option.key.empty() && name != option.name)) return;
  if (is_our_option(name)) {
    for (const Option& other : stanza.options) {
      if (&other == &option) return;
      if (other.name == name && other.written() != option.written() &&
          name_in_hooks(other.written()) == name)
        throw bad(option, "is " + other.written() +
                              " again, and hooks get only one of the two: spell both alike");
    }
    return;
  }
  if (name == "accept-ra") return;  // accept_ra for ifupdown, and this for ifupdown2
  const auto refuse = [&](const char* known) {
    if (option.name != known && name == name_in_hooks(known))
      throw bad(option,
                std::string("ifupdown knows this option as ") + known + " only: write that");
  };
  std::for_each(std::begin(shared_words), std::end(shared_words), refuse);
  std::for_each(std::begin(stock_words), std::end(stock_words), refuse);
}

bool is_opted_in(const Stanza& stanza) {
  return std::any_of(stanza.options.begin(), stanza.options.end(),
                     [](const Option& option) { return is_our_option(option.name); });
}

std::string_view nearest_option(std::string_view name) {
  if (!is_our_option(name)) return Nearest(name).among(v4tunnel_words).among(isatap_words).word();
  // The prefix is right, so that slips are in what is behind it.
  const std::string_view prefix = name.substr(0, name.find('-') + 1);
  Nearest nearest(name.substr(prefix.size()));
  const auto look_at = [&](std::string_view known) {
    if (known.substr(0, prefix.size()) == prefix) nearest.look_at(known.substr(prefix.size()));
  };
  std::for_each(std::begin(v4tunnel_words), std::end(v4tunnel_words), look_at);
  std::for_each(std::begin(isatap_words), std::end(isatap_words), look_at);
  if (nearest.word().empty()) return {};
  // The words are literals: what stands before a part of one is the rest of it.
  return {nearest.word().data() - prefix.size(), nearest.word().size() + prefix.size()};
}

TunnelSpec understand(const Stanza& stanza, Door door) {
  const Complaints the_first_is_thrown;
  return Reader(stanza, door, the_first_is_thrown).read();
}

TunnelSpec understand_all(const Stanza& stanza, Door door, std::vector<Complaint>& complaints) {
  const Complaints all(complaints);
  return Reader(stanza, door, all).read();
}

bool needs_upkeep(const TunnelSpec& spec) {
  const auto changes = [](const Source& source) {
    return !std::holds_alternative<Ipv4>(source) && !std::holds_alternative<AnyLocal>(source);
  };
  const bool named = spec.endpoint && std::holds_alternative<HostName>(*spec.endpoint);
  return spec.keepalive || spec.broker || named || !spec.routers.empty() ||
         !spec.routers_nodefault.empty() ||
         std::any_of(spec.local.begin(), spec.local.end(), changes);
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
