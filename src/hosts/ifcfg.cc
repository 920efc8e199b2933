// SPDX-License-Identifier: GPL-2.0-or-later
#include "hosts/ifcfg.h"

#include <algorithm>

#include "base/text.h"
#include "model/stanza/options.h"
#include "model/stanza/words.h"

namespace situp {
namespace {

// network-functions-ipv6 adds its default routes with this one.
constexpr const char* stock_metric = "1";
constexpr const char* stock_length = "/64";

// The stock keys that belong to one tunnel. IPV6_DEFAULTGW and IPV6_DEFAULTDEV may stand in
// /etc/sysconfig/network and mean another interface.
constexpr const char* tunnel_keys[] = {"IPV6TUNNELIPV4", "IPV6TUNNELIPV4LOCAL", "IPV6ADDR",
                                       "IPV6ADDR_SECONDARIES", "IPV6_MTU"};

bool begins(std::string_view text, std::string_view with) {
  return text.substr(0, with.size()) == with;
}

Error wrong(const Ifcfg& ifcfg, std::string_view key, std::string why) {
  return {Exit::configuration, ifcfg.file + ": " + std::string(key), std::move(why)};
}

class Translation {
 public:
  explicit Translation(const Ifcfg& ifcfg) : ifcfg_(ifcfg), kind_(row_of(ifcfg.kind)) {
    Stanza& stanza = result_.stanza;
    stanza.iface = stanza.logical = ifcfg.device.str();
    stanza.family = "inet6";
    stanza.method = "manual";
    stanza.place.file = ifcfg.file;
  }

  IfcfgStanza make() {
    for (const KindRow& other : kind_rows())
      if (&other != &kind_) refuse(other);
    ends();
    ours();
    if (result_.stanza.options.empty()) add("DEVICETYPE", kind_.option("local"), "ec2");
    for (const std::string_view word : words_of(value("IPV6ADDR"))) address("IPV6ADDR", word);
    for (const std::string_view word : words_of(value("IPV6ADDR_SECONDARIES")))
      address("IPV6ADDR_SECONDARIES", word);
    if (!value("IPV6_MTU").empty()) add("IPV6_MTU", "mtu", value("IPV6_MTU"));
    default_route();
    return std::move(result_);
  }

 private:
  /// As the stock scripts do, an empty stock key is none at all.
  std::string_view value(const char* key) const {
    const auto found = ifcfg_.keys.find(key);
    return found == ifcfg_.keys.end() ? std::string_view() : std::string_view(found->second);
  }

  void add(std::string_view key, std::string name, std::string_view value) {
    result_.stanza.options.push_back(
        {std::move(name), std::string(value), {ifcfg_.file, 0}, std::string(key)});
  }

  void refuse(const KindRow& other) const {
    const std::string family = other.family;
    if (ifcfg_.type == family)
      throw wrong(ifcfg_, "TYPE",
                  "is " + family +
                      ", but network-scripts take DEVICETYPE, or the device's name, for " +
                      kind_.family + ": write DEVICETYPE=" + family);
    for (const auto& [key, unused] : ifcfg_.keys)
      if (kind_of_key(key) == &other)
        throw wrong(
            ifcfg_, key,
            "is for another kind of tunnel: write DEVICETYPE=" + family + ", or remove the key");
  }

  /// The stock keys for the tunnel's two ends.
  void ends() {
    const auto remote = value("IPV6TUNNELIPV4");
    if (!kind_.has_endpoint && !remote.empty())
      throw wrong(ifcfg_, "IPV6TUNNELIPV4",
                  std::string(kind_.a_title) +
                      " tunnel has no single endpoint: remove it, or name " + kind_.leader +
                      " with " + key_of(kind_.option(kind_.leader_option)));
    if (kind_.has_endpoint && remote.empty() && ifcfg_.keys.count("V4TUNNEL_ENDPOINT") == 0)
      throw wrong(ifcfg_, "IPV6TUNNELIPV4", "is missing: the far end's IPv4 address");
    if (!remote.empty()) both("V4TUNNEL_ENDPOINT", "IPV6TUNNELIPV4", "endpoint");
    // A command in the file gave no value; the stock scripts would then use any address.
    const bool local = ifcfg_.keys.count("IPV6TUNNELIPV4LOCAL") != 0;
    if (local && words_of(value("IPV6TUNNELIPV4LOCAL")).empty())
      throw wrong(ifcfg_, "IPV6TUNNELIPV4LOCAL",
                  "is empty: remove it, or name a source such as ec2, or any");
    if (local) both(key_of(kind_.option("local")), "IPV6TUNNELIPV4LOCAL", "local");
  }

  void both(const std::string& ours, const char* stock, const char* option) {
    if (ifcfg_.keys.count(ours) != 0)
      throw wrong(ifcfg_, ours,
                  std::string("says the same as ") + stock + ": remove one of the two");
    add(stock, kind_.option(option), value(stock));
  }

  void ours() {
    for (const auto& [key, text] : ifcfg_.keys) {
      if (kind_of_key(key) == nullptr) continue;
      if (key != key_of(name_in_hooks(key)))
        throw wrong(ifcfg_, key,
                    "keys are in capital letters: write " + key_of(name_in_hooks(key)));
      add(key, name_in_hooks(key), text);
    }
  }

  void address(const char* key, std::string_view word) {
    const bool whole = word.find('/') != std::string_view::npos;
    add(key, "address", std::string(word) + (whole ? "" : stock_length));
  }

  /// Whether an address is on the tunnel's own link, as far as the file tells.
  bool on_link(const Ipv6& address) const {
    for (const Option& option : result_.stanza.options) {
      if (option.name != "address" && option.name != kind_.option("prefix")) continue;
      for (const std::string_view word : words_of(option.value))
        if (const auto net = Ipv6Net::parse(word); net && net->contains(address)) return true;
    }
    return false;
  }

  /// ipv6_set_default_route(): a scope goes before IPV6_DEFAULTDEV, and situp ignores a route for
  /// another interface. Without either, the kernel looks for the router's interface itself.
  void default_route() {
    std::string_view router = value("IPV6_DEFAULTGW");
    if (router == "::") router = {};
    const std::size_t percent = std::min(router.find('%'), router.size());
    const auto scope = router.substr(std::min(percent + 1, router.size()));
    router = router.substr(0, percent);
    const auto dev = scope.empty() ? value("IPV6_DEFAULTDEV") : scope;
    if (router.empty() && dev.empty()) return;
    if (!dev.empty() && dev != ifcfg_.device.str()) return;
    const auto address = Ipv6::parse(router);
    if (dev.empty() && address && (address->is_link_local() || !on_link(*address))) {
      result_.remarks.push_back("IPV6_DEFAULTGW " + address->str() +
                                (address->is_link_local() ? " is a link-local address"
                                                          : " is in no prefix of this tunnel") +
                                ", so no default route is made: IPV6_DEFAULTDEV=" +
                                ifcfg_.device.str() + " would be for it");
      return;
    }
    const char* key = router.empty() ? "IPV6_DEFAULTDEV" : "IPV6_DEFAULTGW";
    add(key, "gateway", router.empty() ? "::" : router);
    add(key, "metric", stock_metric);
  }

  const Ifcfg& ifcfg_;
  const KindRow& kind_;
  IfcfgStanza result_;
};

}  // namespace

bool Ifcfg::says_something() const {
  const auto given = [this](const char* key) {
    const auto found = keys.find(key);
    return found != keys.end() && !found->second.empty();
  };
  return std::any_of(std::begin(tunnel_keys), std::end(tunnel_keys), given) ||
         std::any_of(keys.begin(), keys.end(),
                     [](const auto& known) { return kind_of_key(known.first) != nullptr; });
}

Ifcfg read_ifcfg(const IfcfgVariables& variables) {
  Ifcfg ifcfg;
  std::string device, config;
  const KindRow* kind = nullptr;
  for (const auto& [name, value] : variables) {
    if (name == "DEVICE")
      device = value;
    else if (name == "DEVICETYPE")
      kind = kind_of_family(value);
    else if (name == "TYPE")
      ifcfg.type = value;
    else if (name == "CONFIG")
      config = value;
    else if (name == "CLASS")
      ifcfg.automatic = value == "auto";
    else if (begins(name, "IPV6") || kind_of_key(name) != nullptr)
      ifcfg.keys[name] = value;
  }
  if (config.empty() || kind == nullptr)
    throw Error(
        Exit::usage, "hook",
        "is called by network-scripts' ifup-v4tunnel, ifdown-isatap and their kin; by hand, "
        "use ifup");
  ifcfg.kind = kind->kind;
  ifcfg.file = printable(std::string(ifcfg_directory) + '/' + config);
  const auto name = InterfaceName::parse(device);
  if (!name)
    throw wrong(ifcfg, "DEVICE",
                device.empty() ? "is missing" : quoted(device) + " is not an interface's name");
  ifcfg.device = *name;
  return ifcfg;
}

Ifcfg read_ifcfg(const char* const* variables) {
  IfcfgVariables all;
  for (; *variables != nullptr; ++variables) {
    std::string_view value = *variables;
    if (value.find('=') == std::string_view::npos) continue;
    const std::string_view name = take_until(value, '=');
    all[std::string(name)] = value;
  }
  return read_ifcfg(all);
}

const KindRow* kind_of_key(std::string_view key) {
  const auto underscore = key.find('_');
  if (underscore == std::string_view::npos) return nullptr;
  for (const KindRow& row : kind_rows())
    if (key.substr(0, underscore) == key_of(row.family)) return &row;
  return nullptr;
}

IfcfgStanza as_stanza(const Ifcfg& ifcfg) {
  return Translation(ifcfg).make();
}

std::string key_of(std::string_view option) {
  std::string key(option);
  for (char& c : key) c = c == '-' ? '_' : upper(c);
  return key;
}

Error in_ifcfg_words(const Error& error) {
  if (error.status() != Exit::configuration) return error;
  std::string text;
  std::string_view rest = error.why();
  const auto is_word = [](unsigned char c) { return std::islower(c) != 0 || c == '-' || c == '4'; };
  bool within_quotes = false;
  while (!rest.empty()) {
    std::size_t length = 0;
    while (length < rest.size() && is_word(static_cast<unsigned char>(rest[length]))) ++length;
    const std::string_view word = rest.substr(0, length);
    if (!within_quotes && is_our_option(word))
      text += key_of(word);
    else if (word == "situp-interfaces")
      text += "situp-ifcfg";
    else
      text += word;
    rest.remove_prefix(length);
    if (rest.empty()) break;
    within_quotes ^= rest.front() == '"';
    text += rest.front();
    rest.remove_prefix(1);
  }
  return {error.status(), error.subject(), text};
}

}  // namespace situp
