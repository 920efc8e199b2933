// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/stanza/options.h"

#include <algorithm>

#include "base/text.h"
#include "model/nearest.h"
#include "model/stanza/spec.h"
#include "model/stanza/words.h"

namespace situp {
namespace {

using Spec = const TunnelSpec&;

/// The order of addresses, routes and routers has no meaning; that of sources does.
template <auto Member>
bool same_set(Spec a, Spec b) {
  const auto &x = a.*Member, &y = b.*Member;
  return std::is_permutation(x.begin(), x.end(), y.begin(), y.end());
}

template <auto Member>
bool same(Spec a, Spec b) {
  return a.*Member == b.*Member;
}

std::uint8_t number_or_inherit(const Option& option, std::uint32_t least, std::uint8_t inherit,
                               const char* range) {
  const auto word = one_word(option);
  if (word == "inherit") return inherit;
  const auto number = parse_number(word, 255);
  if (!number || *number < least)
    throw bad(option, word, std::string(" is not ") + range + " or inherit");
  return static_cast<std::uint8_t>(*number);
}

void read_ttl(const Option& option, const KindRow& /*kind*/, Sit& sit) {
  sit.ttl = number_or_inherit(option, 1, 0, "a number from 1 to 255");
}

void read_tos(const Option& option, const KindRow& /*kind*/, Sit& sit) {
  sit.tos = number_or_inherit(option, 0, 1, "0, a number from 2 to 255");
  if (sit.tos == 1 && one_word(option) == "1")
    throw bad(option, "the kernel reads 1 as inherit: write inherit, or another number");
}

void read_pmtu(const Option& option, const KindRow& kind, Sit& sit) {
  const auto word = one_word(option);
  if (word != "yes" && word != "no") throw bad(option, word, " is not yes or no");
  sit.pmtu = word == "yes";
  if (!sit.pmtu && sit.ttl != 0)
    throw bad(option, "the kernel forbids fragments whenever a ttl is set: add " +
                          kind.option("ttl") + " inherit");
}

constexpr const char* encap_form = "fou PORT, or fou PORT sport and auto or a PORT";

std::uint16_t port_in(const Option& option, std::string_view word) {
  const auto number = parse_number(word, 0xffff);
  if (!number || *number == 0) throw bad(option, word, " is not a port from 1 to 65535");
  return static_cast<std::uint16_t>(*number);
}

void read_encap(const Option& option, const KindRow& /*kind*/, Sit& sit) {
  const auto words = words_of(option.value);
  if (!words.empty() && words[0] == "gue")
    throw bad(option, "situp makes no GUE, which adds 4 bytes to each packet: write fou PORT");
  const bool has_source = words.size() == 4 && words[2] == "sport";
  if (words.empty() || words[0] != "fou" || (words.size() != 2 && !has_source))
    throw bad(option, option.value, std::string(" is not ") + encap_form);
  sit.encap.port = sit.encap.source_port = port_in(option, words[1]);
  if (has_source) sit.encap.source_port = words[3] == "auto" ? 0 : port_in(option, words[3]);
}

// These change an address or a gateway; alone they have no effect.
bool same_preferred_lifetime(Spec a, Spec b) {
  return a.addresses.empty() || b.addresses.empty() || a.preferred_lifetime == b.preferred_lifetime;
}
bool same_metric(Spec a, Spec b) {
  const auto has_route = [](Spec spec) { return spec.gateway || !spec.relays.empty(); };
  return !has_route(a) || !has_route(b) || a.metric == b.metric;
}
bool same_accept_ra(Spec a, Spec b) {
  const auto has_routers = [](Spec spec) {
    return !spec.routers.empty() || !spec.routers_nodefault.empty();
  };
  return a.accept_ra == b.accept_ra &&
         (!has_routers(a) || !has_routers(b) || a.own_accept_ra == b.own_accept_ra);
}

constexpr Kind each[] = {Kind::sixin4, Kind::isatap, Kind::sixrd};
constexpr Kind sixin4[] = {Kind::sixin4};
constexpr Kind isatap[] = {Kind::isatap};
constexpr Kind sixrd[] = {Kind::sixrd};
constexpr Kind not_isatap[] = {Kind::sixin4, Kind::sixrd};

using Same = decltype(OptionRow::same);

constexpr OptionRow own(std::string_view name, std::span<const Kind> kinds, Same same) {
  return {.name = name, .carrier = Carrier::situp, .kinds = kinds, .same = same};
}
/// situpd carries it out.
constexpr OptionRow by_situpd(std::string_view name, std::span<const Kind> kinds, Same same) {
  return {
      .name = name, .carrier = Carrier::situp, .kinds = kinds, .same = same, .is_situpd_s = true};
}
/// An option of the outer header, which all kinds have.
template <auto Member>
constexpr OptionRow header(std::string_view name, decltype(OptionRow::read) read) {
  return {.name = name,
          .carrier = Carrier::situp,
          .kinds = each,
          .read = read,
          .same = [](Spec a, Spec b) { return a.sit.*Member == b.sit.*Member; }};
}
/// ifupdown's methods put the value into a command; situp reads it as well.
constexpr OptionRow shared(std::string_view name, Same same, bool is_once = false) {
  return {.name = name, .carrier = Carrier::both, .same = same, .is_once = is_once};
}
constexpr OptionRow of_v4tunnel(std::string_view name) {
  return {.name = name, .carrier = Carrier::both, .is_of_v4tunnel = true, .is_once = true};
}
constexpr OptionRow stock(std::string_view name, Carrier carrier) {
  return {.name = name, .carrier = carrier};
}

constexpr bool once = true;
constexpr OptionRow rows[] = {
    own("local", each, same<&TunnelSpec::local>),
    own("endpoint", sixin4, same<&TunnelSpec::endpoint>),
    own("dev", each, same<&TunnelSpec::dev>),
    header<&Sit::ttl>("ttl", read_ttl),
    header<&Sit::tos>("tos", read_tos),
    header<&Sit::pmtu>("pmtu", read_pmtu),
    header<&Sit::encap>("encap", read_encap),
    own("mtu", each, same<&TunnelSpec::mtu>),
    shared("address", same_set<&TunnelSpec::addresses>, once),
    shared("netmask", nullptr, once),
    shared("preferred-lifetime", same_preferred_lifetime),
    of_v4tunnel("endpoint"),
    of_v4tunnel("local"),
    shared("gateway", same<&TunnelSpec::gateway>, once),
    shared("metric", same_metric),
    of_v4tunnel("ttl"),
    shared("mtu", nullptr, once),
    own("prefix", isatap, same_set<&TunnelSpec::prefixes>),
    own("routers", isatap, same_set<&TunnelSpec::routers>),
    own("routers-nodefault", isatap, same_set<&TunnelSpec::routers_nodefault>),
    shared("accept_ra", same_accept_ra),
    shared("accept-ra", nullptr),  // ifupdown2's word, and that of all hooks
    own("prefix", sixrd, [](Spec a, Spec b) { return a.sit.domain == b.sit.domain; }),
    own("address", sixrd, same<&TunnelSpec::embedded>),
    own("relay", sixrd, same<&TunnelSpec::relays>),
    own("lan", sixin4, same_set<&TunnelSpec::lan>),
    own("lan", sixrd, same_set<&TunnelSpec::delegated_lan>),
    own("route", not_isatap, same_set<&TunnelSpec::routes>),
    own("filter", sixrd, same<&TunnelSpec::filters_domain>),
    own("routed", sixin4, same_set<&TunnelSpec::routed>),
    by_situpd("keepalive", each, same<&TunnelSpec::keepalive>),
    by_situpd("dead", each, same<&TunnelSpec::withdraws>),
    by_situpd("broker", sixin4, same<&TunnelSpec::broker>),
    own("firewall", each, same<&TunnelSpec::firewall>),
    own("mss", each, same<&TunnelSpec::mss>),
    stock("autoconf", Carrier::method),
    stock("dad-attempts", Carrier::method),
    stock("dad-interval", Carrier::method),
    stock("dhcp", Carrier::method),
    stock("hwaddress", Carrier::method),
    stock("ll-attempts", Carrier::method),
    stock("ll-interval", Carrier::method),
    stock("media", Carrier::method),
    stock("privext", Carrier::method),
    stock("request_prefix", Carrier::method),
    stock("scope", Carrier::method),
    stock("broadcast", Carrier::plugin),
    stock("client", Carrier::plugin),
    stock("dstaddr", Carrier::plugin),
    stock("hostname", Carrier::plugin),
    stock("label", Carrier::plugin),
    stock("mode", Carrier::plugin),
    stock("network", Carrier::plugin),
    stock("options", Carrier::plugin),
    stock("peer", Carrier::plugin),
    stock("remote", Carrier::plugin),
    stock("server", Carrier::plugin),
    stock("settle", Carrier::plugin),
    stock("tunnel", Carrier::plugin),
    stock("vendor", Carrier::plugin),
    stock("up", Carrier::command_line),
    stock("down", Carrier::command_line),
    stock("pre-up", Carrier::command_line),
    stock("post-up", Carrier::command_line),
    stock("pre-down", Carrier::command_line),
    stock("post-down", Carrier::command_line),
};

std::vector<std::string> all_names() {
  std::vector<std::string> names;
  for (const KindRow& kind : kind_rows())
    for (const OptionRow& row : rows)
      if (row.is_of(kind.kind)) names.push_back(kind.option(row.name));
  return names;
}

}  // namespace

std::span<const OptionRow> option_rows() {
  return rows;
}

const OptionRow* find_option(std::string_view name) {
  const KindRow* kind = kind_of_option(name);
  const std::string_view rest = kind == nullptr ? name : name.substr(name.find('-') + 1);
  for (const OptionRow& row : rows)
    if (row.name == rest &&
        (kind == nullptr ? row.carrier != Carrier::situp : row.is_of(kind->kind)))
      return &row;
  return nullptr;
}

std::string name_of(const OptionRow& row, const KindRow& kind) {
  return row.carrier == Carrier::situp ? kind.option(row.name) : std::string(row.name);
}

bool has_option(const KindRow& kind, std::string_view rest) {
  return find_option(kind.option(rest)) != nullptr;
}

bool is_carried_out(std::string_view name, Carrier carrier) {
  const OptionRow* row = find_option(name);
  return row != nullptr && row->carrier == carrier;
}

std::string nearest_option(std::string_view name) {
  // If the family is right, the slip is in the rest of the name.
  if (const KindRow* kind = kind_of_option(name)) {
    Nearest nearest(name.substr(name.find('-') + 1));
    for (const OptionRow& row : rows)
      if (row.is_of(kind->kind)) nearest.look_at(row.name);
    return nearest.word().empty() ? std::string() : kind->option(nearest.word());
  }
  static const std::vector<std::string> all = all_names();
  return std::string(Nearest(name).among(all).word());
}

bool is_our_option(std::string_view name) {
  return kind_of_option(name) != nullptr;
}

std::string name_in_hooks(std::string_view name) {
  std::string result;
  for (const char c : name)
    if (c == '_' || c == '-')
      result += '-';
    else if (is_letter_or_digit(c))
      result += lower(c);
  return result;
}

void refuse_spelling(const Stanza& stanza, const Option& option) {
  const std::string name = name_in_hooks(option.written());
  // The environment of hooks and its record have no spelling. Keys of ifcfg files and misspelt
  // options have other names.
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
  if (find_option(option.name) != nullptr) return;
  for (const OptionRow& row : rows)
    if ((row.carrier == Carrier::both || row.carrier == Carrier::method) &&
        name == name_in_hooks(row.name))
      throw bad(option,
                "ifupdown knows this option as " + std::string(row.name) + " only: write that");
}

}  // namespace situp
