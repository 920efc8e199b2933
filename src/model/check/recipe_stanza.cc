// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/check/recipe_stanza.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/list.h"
#include "base/text.h"
#include "model/check/advice.h"
#include "model/check/host_advice.h"
#include "model/check/local_source.h"
#include "model/check/up_lines.h"
#include "model/stanza/spec.h"
#include "model/stanza/words.h"

namespace situp {
namespace {

/// Stands for the local address that a command finds out: private, as those behind NAT are.
constexpr const char* some_local = "10.0.0.1";

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

class Writer {
 public:
  Writer(const Stanza& old, const RecipeReader& reader, const HostProgram& host)
      : old_(old),
        reader_(reader),
        recipe_(reader.recipe()),
        kind_(row_of(recipe_.kind)),
        host_(host),
        own_(old.iface == recipe_.name),
        opted_in_(own_ && is_opted_in(old)) {}

  RecipeStanza write(unsigned keepalive) {
    result_.stanza = {recipe_.name, recipe_.name, "inet6", method(), {}, old_.place};
    if (const std::string why = first_blocker(); !why.empty()) return blocked(why);
    result_.differences = reader_.remarks();
    addresses();
    far_end();
    put("gateway", recipe_.gateway);
    put("metric", metric());
    outer_header();
    put(kind_.option("dev"), recipe_.dev);
    local();
    put(kind_.option("lan"), joined(recipe_.lan));
    put(kind_.option("routers"), joined(recipe_.routers));
    put(kind_.option("routers-nodefault"), joined(recipe_.routers_nodefault));
    const bool has_router = !recipe_.gateway.empty() && recipe_.gateway != "::";
    if (keepalive != 0 && has_router && first_option(old_, kind_.option("keepalive")) == nullptr)
      put(kind_.option("keepalive"), std::to_string(keepalive));
    if (own_) others();
    commands();
    return verified();
  }

 private:
  RecipeStanza blocked(const std::string& why) {
    result_.blocker = why;
    return std::move(result_);
  }

  void put(const std::string& name, const std::string& value) {
    if (!value.empty()) result_.stanza.options.push_back({name, value, old_.place});
  }

  void differs(std::string text) { result_.differences.push_back(std::move(text)); }

  bool is_stock() const {
    // The stock method wants an IPv4 address there, and can't make a route without a router.
    return own_ && old_.method == "v4tunnel" && host_.reads_method && recipe_.gateway != "::" &&
           Ipv4::parse(recipe_.remote) && recipe_.kind == Kind::sixin4;
  }

  std::string method() const {
    if (is_stock()) return "v4tunnel";
    const bool stays = opted_in_ && old_.method != "v4tunnel" && recipe_.gateway != "::";
    return stays ? old_.method : "manual";
  }

  std::string first_blocker() const {
    if (!reader_.blocker().empty()) return reader_.blocker();
    if (kind_.has_endpoint && recipe_.is_made && recipe_.remote.empty()) return why_not_six_to_four;
    if (std::any_of(recipe_.addresses.begin(), recipe_.addresses.end(),
                    [&](const auto& one) { return is_shell(one) && !isatap_prefix(one); }))
      return "an address of the tunnel holds the local one: isatap-prefix and isatap-routers make "
             "such a tunnel";
    const bool is_ours =
        old_.family == "inet6" && (is_listed("v4tunnel static manual", old_.method) || opted_in_);
    if (own_ && !is_ours && old_.method != "manual")
      return "the method " + old_.method + " of " + old_.family + " does more than the recipe";
    return {};
  }

  void addresses() {
    const Option* netmask = first_option(old_, "netmask");
    const std::string length = netmask == nullptr ? "64" : netmask->value;
    const bool as_it_stands = result_.stanza.method != "manual";
    for (const Option& option : old_.options) {
      if (!own_ || option.name != "address") continue;
      const bool bare = Ipv6::parse(option.value).has_value();
      put("address", bare && !as_it_stands ? option.value + "/" + length : option.value);
      if (bare && as_it_stands) put("netmask", length);
    }
    std::vector<std::string> prefixes;
    for (const std::string& address : recipe_.addresses) {
      if (const auto prefix = isatap_prefix(address))
        prefixes.push_back(prefix->str());
      else
        put("address", address);
    }
    for (const Option& option : old_.options)
      if (own_ && option.name == kind_.option("prefix"))
        for (const auto word : words_of(option.value)) prefixes.emplace_back(word);
    if (has_option(kind_, "prefix")) put(kind_.option("prefix"), joined(prefixes));
  }

  /// The prefix of an address that situp forms of the local one.
  std::optional<Ipv6Net> isatap_prefix(const std::string& address) const {
    if (!kind_.holds_local) return std::nullopt;
    const bool is_found_out = is_shell(recipe_.local);
    const auto local = Ipv4::parse(is_found_out ? some_local : recipe_.local);
    const auto net =
        Ipv6Net::parse(is_found_out ? replaced(address, recipe_.local, some_local) : address);
    if (!local || !net || net.value().length != 64 ||
        isatap_address(net->prefix().address, local.value()) != net->address)
      return std::nullopt;
    return net->prefix();
  }

  void far_end() {
    if (kind_.has_endpoint)
      return put(is_stock() ? "endpoint" : kind_.option("endpoint"), recipe_.remote);
    if (!recipe_.remote.empty())
      differs("no remote: " + std::string(kind_.a_title) + " " + kind_.noun +
              " of situp's reaches "
              "each host of its prefix, not " +
              recipe_.remote + " alone");
    const auto gateway = Ipv6::parse(recipe_.gateway);
    const auto router = gateway ? kind_.embedded(*gateway) : std::nullopt;
    if (!router) return;
    for (const auto* list : {&recipe_.routers, &recipe_.routers_nodefault})
      if (contains(*list, router->str())) return;
    recipe_.routers_nodefault.push_back(router->str());
    differs(router->str() +
            " is on the router list: the kernel drops what other hosts than its "
            "routers send from beyond the prefix");
  }

  std::string metric() const {
    // A command's route has the kernel's metric, not that which this host gives to gateway.
    const bool made_by_command =
        !recipe_.gateway.empty() && (!own_ || first_option(old_, "gateway") == nullptr);
    const auto usual = DefaultRoute{}.metric;
    return made_by_command && recipe_.metric.empty() && host_.default_metric != usual
               ? std::to_string(usual)
               : recipe_.metric;
  }

  void outer_header() {
    if (recipe_.carries_ipv4) differs("mode ip6ip, not any: the tunnel carries no IPv4");
    const bool fragments = recipe_.pmtu == "no";
    std::string ttl = recipe_.ttl;
    if (ttl.empty() && !opted_in_) {
      if (fragments)
        ttl = "inherit";
      else
        differs("ttl " + std::to_string(kind_.ttl) + ", not that of the inner packet");
    }
    const bool has_ours = own_ && first_option(old_, kind_.option("ttl")) != nullptr;
    if (is_stock() && !has_ours)
      put("ttl", ttl);
    else if (has_ours || ttl != std::to_string(kind_.ttl))
      put(kind_.option("ttl"), ttl);
    put(kind_.option("tos"), recipe_.tos);
    if (fragments || (own_ && first_option(old_, kind_.option("pmtu")) != nullptr))
      put(kind_.option("pmtu"), recipe_.pmtu);
    std::string mtu = recipe_.mtu;
    if (mtu.empty() && !opted_in_)
      differs("mtu 1480, not that of the interface by which packets leave, less 20");
    // Without it, ifupdown2 sets 1500.
    if (mtu.empty() && host_.default_mtu != 0) mtu = "1480";
    const std::string ours = kind_.option("mtu");
    put(own_ && first_option(old_, ours) != nullptr ? ours : "mtu", mtu);
  }

  void local() {
    if (recipe_.local.empty() && opted_in_) return;
    std::string word = recipe_.local.empty() ? "any" : recipe_.local;
    if (is_shell(word)) {
      const LocalSource source = local_source(word);
      if (!source.remark.empty()) differs(source.remark);
      word = source.word;
    }
    put(kind_.option("local"), word);
  }

  /// Keeps options that do not belong to the recipe.
  void others() {
    constexpr std::string_view written = "address netmask gateway metric mtu ttl local endpoint";
    for (const Option& option : old_.options) {
      const std::string_view name = option.name;
      const KindRow* kind = kind_of_option(name);
      const std::string_view rest = kind == nullptr ? "" : name.substr(name.find('-') + 1);
      if (is_listed(written, name) || is_carried_out(name, Carrier::command_line) ||
          is_listed("local endpoint dev ttl tos pmtu mtu lan prefix routers routers-nodefault",
                    rest))
        continue;
      if (is_carried_out(name, Carrier::method) && result_.stanza.method != old_.method)
        differs("without " + option.name + ", which the method " + old_.method + " carries out");
      else
        result_.stanza.options.push_back(option);
    }
  }

  void commands() {
    // Without it, ifupdown-ng 0.11 takes a failure for a success.
    const Option guard{"up", "test -e /sys/class/net/$IFACE", old_.place};
    const auto is_guard = [&](const Option& option) { return option.value == guard.value; };
    if (host_.passes_over_failures && !is_stock() &&
        std::none_of(old_.options.begin(), old_.options.end(), is_guard))
      result_.stanza.options.push_back(guard);
    for (const Option& option : old_.options) {
      if (!is_carried_out(option.name, Carrier::command_line)) continue;
      const auto line = std::find_if(reader_.lines().begin(), reader_.lines().end(),
                                     [&](const RecipeLine& one) { return one.option == &option; });
      if (line == reader_.lines().end()) {
        if (own_) result_.stanza.options.push_back(option);
        continue;
      }
      Option kept = option;
      kept.value = line->stays;
      if (own_ && !kept.value.empty()) result_.stanza.options.push_back(kept);
      // The device is not there yet when pre-up lines run.
      if (kept.name == "pre-up") kept.name = "up";
      kept.value = own_ ? line->moves : expanded(line->moves, reader_.variables());
      if (!kept.value.empty()) result_.stanza.options.push_back(kept);
    }
  }

  /// By the rules for a stanza that the user has written.
  RecipeStanza verified() {
    const Stanza& stanza = result_.stanza;
    std::vector<Complaint> complaints;
    const TunnelSpec spec = understand_all(stanza, host_, complaints);
    for (Complaint& complaint : contradictions(stanza, spec, host_.default_metric))
      complaints.push_back(std::move(complaint));
    std::vector<Finding> findings;
    advise(stanza, spec, findings);
    advise_for_host(stanza, host_, findings);
    for (const Finding& finding : findings)
      if (finding.weight == Finding::Weight::error) complaints.push_back(finding.complaint);
    if (!complaints.empty()) return blocked(complaints[0].about() + ": " + complaints[0].why());
    return std::move(result_);
  }

  const Stanza& old_;
  const RecipeReader& reader_;
  Recipe recipe_;
  const KindRow& kind_;
  const HostProgram& host_;
  bool own_, opted_in_;
  RecipeStanza result_;
};

}  // namespace

const char* const why_not_six_to_four =
    "without a remote end it is 6to4, which fails behind NAT with the private address in its "
    "prefix; "
    "its relays (192.88.99.1) are gone (RFC 7526), so that it reaches other 6to4 hosts only: use a "
    "tunnel broker, or, for those hosts, sixrd-prefix 2002::/16";

std::string six_to_four_stanza(const Stanza& old, bool automatic) {
  const Option* local = first_option(old, "local");
  const auto address = local == nullptr ? std::nullopt : Ipv4::parse(local->value);
  const std::string& name = old.logical;
  return "# in the place of " + str(old.place) + "\n" +
         (automatic ? "auto " + name + "\n" : std::string()) + "iface " + name +
         " inet6 manual\n    sixrd-prefix 2002::/16\n    sixrd-local " +
         (address ? address->str() : std::string("cloud")) + "\n" +
         (address && !address->is_private() ? "" : "    sixrd-address public\n") +
         "    sixrd-firewall stateful\n\n";
}

bool is_six_to_four(const Stanza& stanza) {
  if (stanza.family != "inet6") return false;
  const Option* end = first_option(stanza, "endpoint");
  return stanza.method == "6to4" ||
         (stanza.method == "v4tunnel" && end != nullptr && is_listed("any 0.0.0.0", end->value));
}

RecipeStanza recipe_stanza(const Stanza& old, const RecipeReader& reader, const HostProgram& host,
                           unsigned keepalive) {
  return Writer(old, reader, host).write(keepalive);
}

}  // namespace situp
