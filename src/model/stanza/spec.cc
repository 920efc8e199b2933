// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/stanza/spec.h"

#include <algorithm>
#include <iterator>

#include "model/stanza/words.h"

namespace situp {
namespace {

/// A word that stands for an interface's IPv4 address to a person.
bool is_interface_like(std::string_view word) {
  static constexpr const char* kinds[] = {"eth",   "en",   "wl",   "ww",     "br",
                                          "bond",  "ppp",  "lo",   "docker", "veth",
                                          "virbr", "team", "vlan", "ib",     "usb"};
  const auto begins = [word](std::string_view kind) { return word.substr(0, kind.size()) == kind; };
  return InterfaceName::parse(word).has_value() &&
         std::any_of(std::begin(kinds), std::end(kinds), begins);
}

class Reader {
 public:
  Reader(const Stanza& stanza, const HostProgram& host, const Complaints& complaints)
      : stanza_(stanza),
        options_(stanza),
        host_(host),
        complaints_(complaints),
        kind_(row_of(kind_of(stanza))) {}

  TunnelSpec read() {
    TunnelSpec spec;
    complaints_.attempt([&] { spec.iface = own_name(); });
    check_names();
    spec.sit.kind = kind_.kind;
    spec.stock = stanza_.method == "v4tunnel";
    spec.manual = stanza_.method == "manual";
    complaints_.attempt([&] { accept_ra(spec); });
    check_method();
    if (kind_.has_endpoint) complaints_.attempt([&] { spec.endpoint = endpoint(spec.stock); });
    complaints_.attempt([&] { spec.local = local(spec); });
    complaints_.attempt([&] {
      if (const Option* option = options_.find(kind_.option("dev"))) {
        spec.dev = interface_of(*option, one_word(*option));
        if (spec.dev == spec.iface)
          throw bad(*option, "is the tunnel itself: name the interface that its packets leave by");
      }
    });
    outer_header(spec.sit);
    complaints_.attempt([&] { mtu(spec); });
    if (kind_.has_domain) understand_domain(options_, complaints_, stanza_, spec);
    understand_inner(options_, host_, complaints_, spec);
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
    const Option* of_kind = nullptr;
    const Option* of_another = nullptr;
    for (const Option& option : stanza_.options) {
      if (const KindRow* kind = kind_of_option(option.name))
        (kind == &kind_ ? of_kind : of_another) = &option;
      complaints_.attempt([&] { check_name(option); });
      if (!complaints_.attempt([&] { check_value(option); })) options_.leave_out(option);
    }
    complaints_.attempt([&] {
      if (of_another != nullptr)
        throw bad(*of_kind, "one stanza is one tunnel, and " + of_another->name +
                                " is for another kind: make two interfaces of it");
      if (of_kind == nullptr)
        throw bad(stanza_, "iface " + stanza_.logical,
                  "not a tunnel of situp's: it has no " + option_families() + " option");
    });
  }

  void check_name(const Option& option) {
    refuse_stock_spelling(option);
    if (is_our_option(option.name)) {
      if (find_option(option.name) == nullptr) {
        const std::string nearest = nearest_option(option.name);
        // Else the meant option would be reported as missing, too.
        options_.leave_out(nearest);
        throw bad(option,
                  "situp has no such option" +
                      (nearest.empty() ? std::string("; ") : "; did you mean " + nearest + "? ") +
                      "see situp-interfaces(5)");
      }
    } else if (!host_.runs_methods) {
      if (is_carried_out(option.name, Carrier::method))
        throw bad(
            option,
            "situp up does not carry this out: remove it, or bring the interface up with ifup");
    }
  }

  /// The mistakes that would make several rules report one option.
  void check_value(const Option& option) const {
    const OptionRow* row = find_option(option.name);
    if (row == nullptr || (row->carrier != Carrier::situp && row->carrier != Carrier::both)) return;
    if (is_shell(option.value)) {
      if (row->carrier == Carrier::situp)
        throw bad(option,
                  "situp runs no shell commands: write the value itself, or a source such as ec2");
      if (host_.runs_methods) return;
      throw bad(option, "situp runs no shell commands, ifup does: write the value itself" +
                            std::string(option.name == "local"
                                            ? ", or v4tunnel-local with a source such as ec2"
                                            : ""));
    }
    refuse_decoration(option);
  }

  void refuse_stock_spelling(const Option& option) {
    try {
      refuse_spelling(stanza_, option);
    } catch (const Complaint&) {
      if (name_in_hooks(option.name) == "endpoint") options_.leave_out(kind_.option("endpoint"));
      throw;
    }
  }

  void check_method() const {
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
      if (!managed && (kind_.stock_method == nullptr || method != kind_.stock_method))
        throw bad(stanza_, what,
                  kind_.option("…") + " options go with the methods " +
                      (kind_.stock_method == nullptr ? std::string()
                                                     : std::string(kind_.stock_method) + ", ") +
                      "static, manual and auto, not with " + quoted(method));
      if (method == "auto" && !host_.runs_methods)
        throw bad(
            stanza_, what,
            "situp up does not carry out the method auto: bring the interface up with ifup, or "
            "write manual");
    });
    if (method == "v4tunnel") return;
    for (const OptionRow& row : option_rows())
      if (row.is_of_v4tunnel) complaints_.attempt([&] { refuse_bare(row.name); });
  }

  /// Under methods other than v4tunnel ifupdown passes the bare words on without a meaning, and
  /// ifupdown-ng breaks on them.
  void refuse_bare(std::string_view word) const {
    const Option* option = options_.find(word);
    if (option == nullptr) return;
    if (!kind_.has_endpoint && word == "endpoint")
      throw bad(*option, std::string(kind_.a_title) +
                             " tunnel has no single endpoint: remove it, or name " + kind_.leader +
                             " with " + kind_.option(kind_.leader_option));
    throw bad(*option, "belongs to the method v4tunnel: write " + kind_.option(word));
  }

  /// ifup's methods static and auto carry it out, and show their own default to hooks.
  void accept_ra(TunnelSpec& spec) const {
    // The environment of hooks has the same name for '_' and '-'.
    spec.own_accept_ra = options_.find("accept_ra") != nullptr ||
                         options_.find("accept-ra") != nullptr ||
                         // ifupdown turns advertisements off for static with gateway and on for
                         // auto, and hooks see that as if it were in the stanza.
                         (stanza_.method == "static" && !options_.all("gateway").empty()) ||
                         stanza_.method == "auto";
    if (host_.runs_methods && (stanza_.method == "static" || stanza_.method == "auto")) return;
    const Option* option = options_.either("accept_ra", "accept-ra");
    if (option == nullptr || is_shell(option->value)) return;
    const auto word = one_word(*option);
    const auto number = parse_number(word, 2);
    if (!number)
      throw bad(*option, word, " is not 0 (off), 1 (on) or 2 (on, also where the host forwards)");
    spec.accept_ra = static_cast<std::uint8_t>(*number);
  }

  std::optional<Host> endpoint(bool stock) const {
    const std::string ours = kind_.option("endpoint");
    const Option* option = options_.either(ours, "endpoint");
    if (option == nullptr && (options_.leaves_out(ours) || options_.leaves_out("endpoint")))
      return std::nullopt;
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

  std::vector<Source> local(const TunnelSpec& spec) const {
    const std::string ours = kind_.option("local");
    if (const Option* option = options_.find("local")) {
      if (!options_.all(ours).empty())
        throw bad(*option, "says the same as " + ours + ": remove one of the two");
      if (is_shell(option->value))
        throw bad(*option,
                  "is a shell command: with options of situp's, write v4tunnel-local ec2 instead");
      // refuse_bare() has reported it.
      if (!spec.stock) return {default_source()};
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
        complaints_.attempt([&] { chain.push_back(source(*option, word, spec, chain)); });
      complaints_.attempt([&] {
        if (words_of(option->value).empty()) throw bad(*option, "has no value");
      });
    }
    if (chain.empty()) chain.push_back(default_source());
    return chain;
  }

  Source source(const Option& option, std::string_view word, const TunnelSpec& spec,
                const std::vector<Source>& before) const {
    const auto source = parse_source(word);
    if (!source && is_interface_like(word))
      throw bad(option, word, " is an interface: write interface:" + std::string(word));
    if (!source) throw bad(option, word, ' ' + why_no_source(word));
    if (!kind_.has_endpoint && std::holds_alternative<AnyLocal>(*source))
      throw bad(option, std::string(kind_.a_title) +
                            " tunnel needs a local address: its own addresses are formed from it");
    if (!kind_.has_endpoint && std::holds_alternative<FromRoute>(*source))
      throw bad(option, std::string("route needs an endpoint, and ") + kind_.a_title +
                            " tunnel has none: write interface:… or ec2");
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

  void outer_header(Sit& sit) const {
    sit.ttl = kind_.ttl;
    for (const OptionRow& row : option_rows())
      if (row.read != nullptr && row.is_of(kind_.kind))
        complaints_.attempt([&] {
          const std::string ours = kind_.option(row.name);
          const bool has_twin = is_carried_out(row.name, Carrier::both);
          const Option* option = has_twin ? options_.either(ours, row.name) : options_.find(ours);
          if (option != nullptr) row.read(*option, kind_, sit);
        });
  }

  void mtu(TunnelSpec& spec) const {
    spec.mtu = internet_packet - outer_headers(spec.sit.encap);
    const Option* option = options_.either(kind_.option("mtu"), "mtu");
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
    const Option* option = options_.find(kind_.option("broker"));
    if (option == nullptr) return;
    const auto words = words_of(option->value);
    if (words.size() != 2)
      throw bad(*option, "takes a broker and the number of the tunnel there, such as he 123456");
    const auto name = BrokerName::parse(words[0]);
    if (!name)
      throw bad(*option, words[0],
                " is not a broker's name: he, netassist, or one that situp.conf has a section for");
    const auto tunnel = TunnelId::parse(words[1]);
    if (!tunnel) throw bad(*option, words[1], " is not the number of a tunnel: 1 to 10 digits");
    spec.broker = Broker{*name, *tunnel};
    const std::string encap = kind_.option("encap");
    if (spec.sit.encap.is_on())
      throw bad(*option, "the servers of brokers take protocol 41 only, and " + encap +
                             " sends UDP: remove one of the two");
  }

  const Stanza& stanza_;
  Options options_;
  const HostProgram& host_;
  const Complaints& complaints_;
  const KindRow& kind_;
};

/// Options that no rule here reads are for ifup and its plug-ins.
bool is_read_by_situp(const Option& option) {
  return is_our_option(option.name) || is_carried_out(option.name, Carrier::both);
}

}  // namespace

std::string str(const Host& host) {
  if (const auto* address = std::get_if<Ipv4>(&host)) return address->str();
  return std::get<HostName>(host).str();
}

bool is_opted_in(const Stanza& stanza) {
  return std::any_of(stanza.options.begin(), stanza.options.end(),
                     [](const Option& option) { return is_our_option(option.name); });
}

Kind kind_of(const Stanza& stanza) {
  Kind kind = Kind::sixin4;
  // With options of two kinds, which is an error, the last kind.
  for (const Option& option : stanza.options)
    if (const KindRow* row = kind_of_option(option.name)) kind = std::max(kind, row->kind);
  return kind;
}

TunnelSpec understand(const Stanza& stanza, const HostProgram& host) {
  const Complaints the_first_is_thrown;
  return Reader(stanza, host, the_first_is_thrown).read();
}

TunnelSpec understand_all(const Stanza& stanza, const HostProgram& host,
                          std::vector<Complaint>& complaints) {
  const Complaints all(complaints);
  return Reader(stanza, host, all).read();
}

std::vector<InterfaceName> TunnelSpec::lan_interfaces() const {
  std::vector<InterfaceName> ifaces;
  for (const LanAddress& one : lan) ifaces.push_back(one.iface);
  for (const DelegatedLan& one : delegated_lan) ifaces.push_back(one.iface);
  return ifaces;
}

bool needs_upkeep(const TunnelSpec& spec) {
  const auto changes = [](const Source& source) {
    return !std::holds_alternative<Ipv4>(source) && !std::holds_alternative<AnyLocal>(source);
  };
  const bool named = spec.endpoint && std::holds_alternative<HostName>(*spec.endpoint);
  return spec.keepalive || spec.broker || named || !spec.routers.empty() || !spec.relays.empty() ||
         !spec.routers_nodefault.empty() ||
         std::any_of(spec.local.begin(), spec.local.end(), changes);
}

std::vector<std::string> left_to_ifup(const Stanza& stanza) {
  std::vector<std::string> names;
  for (const Option& option : stanza.options) {
    if (is_read_by_situp(option)) continue;
    if (std::find(names.begin(), names.end(), option.name) == names.end())
      names.push_back(option.name);
  }
  return names;
}

Stanza own_part(Stanza stanza) {
  const auto is_left = [](const Option& option) { return !is_read_by_situp(option); };
  stanza.options.erase(std::remove_if(stanza.options.begin(), stanza.options.end(), is_left),
                       stanza.options.end());
  return stanza;
}

}  // namespace situp
