// SPDX-License-Identifier: GPL-2.0-or-later
#include "hosts/config.h"

#include <fcntl.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <string_view>

#include "base/fd.h"
#include "hosts/ini.h"
#include "model/address.h"

namespace situp {
namespace {

constexpr std::uint32_t longest_wait = 300;

bool take_service_url(Config& config, std::string_view value) {
  config.service_url = ServiceUrl::parse(value);
  return config.service_url.has_value();
}

bool take_imds(Config& config, std::string_view value) {
  const auto imds = parse_imds(value);
  if (imds) config.imds = *imds;
  return imds.has_value();
}

template <std::chrono::seconds Config::*Member>
bool take_seconds(Config& config, std::string_view value) {
  const auto number = parse_number(value, longest_wait);
  if (number) config.*Member = std::chrono::seconds(*number);
  return number.has_value();
}

bool take_beyond(Config& config, std::string_view value) {
  const auto address = Ipv6::parse(value);
  if (!address || address->is_multicast() || address->is_link_local() || address->is_unspecified())
    return false;
  config.beyond = *address;
  return true;
}

bool take_next_hop(Config& config, std::string_view value) {
  if (value == "auto")
    config.next_hop.policy = NextHopPolicy::automatic;
  else if (value == "gateway")
    config.next_hop.policy = NextHopPolicy::gateway;
  else if (value == "kernel")
    config.next_hop.policy = NextHopPolicy::kernel;
  else
    return false;
  return true;
}

/// "0x736974", as ip-rule(8) prints it, or decimal.
bool take_mark(Config& config, std::string_view value) {
  std::uint32_t mark = 0;
  if (value.starts_with("0x")) {
    value.remove_prefix(2);
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), mark, 16);
    if (error != std::errc() || end != value.data() + value.size()) return false;
  } else {
    mark = parse_number(value, 0xffffffff).value_or(0);
  }
  config.next_hop.mark = mark;
  return mark != 0;
}

bool take_table(Config& config, std::string_view value) {
  constexpr std::uint32_t first = 256;  // /etc/iproute2/rt_tables and the kernel use those below
  const auto table = parse_number(value, 0xffffff00);
  if (table) config.next_hop.table = *table;
  return table && *table >= first;
}

bool take_preference(Config& config, std::string_view value) {
  constexpr std::uint32_t last = 32765;  // 32766 is the rule for the table main
  const auto preference = parse_number(value, last);
  if (preference) config.next_hop.preference = *preference;
  return preference && *preference != 0;
}

template <std::optional<UpdateUrl> Config::BrokerKeys::*Member>
bool take_url(Config::BrokerKeys& keys, std::string_view value) {
  keys.*Member = UpdateUrl::parse(value);
  return (keys.*Member).has_value();
}

bool take_ca_file(Config::BrokerKeys& keys, std::string_view value) {
  keys.ca_file = value;
  return value.starts_with('/');
}

template <typename Keys>
struct Key {
  std::string_view name;
  bool (*take)(Keys&, std::string_view value) = nullptr;
  const char* wanted = nullptr;
};

constexpr std::array metadata_keys{
    Key<Config>{"endpoint", take_service_url, "http://HOST or http://HOST:PORT"},
    Key<Config>{"imds", take_imds, "auto or v2"},
    Key<Config>{"timeout", take_seconds<&Config::timeout>, "whole seconds from 0 to 300"},
    Key<Config>{"boot-wait", take_seconds<&Config::boot_wait>, "whole seconds from 0 to 300"},
};
constexpr std::array tunnel_keys{
    Key<Config>{"next-hop", take_next_hop, "auto, gateway or kernel"},
    Key<Config>{"next-hop-mark", take_mark, "a number from 1 to 0xffffffff"},
    Key<Config>{"next-hop-table", take_table, "a number from 256 to 4294967040"},
    Key<Config>{"next-hop-preference", take_preference, "a number from 1 to 32765"},
};
constexpr std::array doctor_keys{
    Key<Config>{"beyond", take_beyond, "the IPv6 address of a host on the Internet"},
};
constexpr const char* url_form = "https://HOST/PATH or https://HOST:PORT/PATH";
constexpr std::array broker_keys{
    Key<Config::BrokerKeys>{"url", take_url<&Config::BrokerKeys::url>, url_form},
    Key<Config::BrokerKeys>{"record", take_url<&Config::BrokerKeys::tunnel_info_url>, url_form},
    Key<Config::BrokerKeys>{"ca-file", take_ca_file, "a path that begins with a slash"},
};

/// The error of the value, or empty.
template <typename Keys, std::size_t N>
std::string take(const std::array<Key<Keys>, N>& keys, Keys& to, std::string_view section,
                 std::string_view name, std::string_view value) {
  std::string names;
  for (const auto& key : keys) {
    if (key.name != name) {
      names += (names.empty() ? "" : ", ") + std::string(key.name);
      continue;
    }
    if (key.take(to, value)) return {};
    return std::string(name) + " is " + ini_quoted(value) + "; it takes " + key.wanted;
  }
  return "unknown key " + ini_quoted(name) + "; [" + std::string(section) + "] has " + names;
}

/// The NAME of "broker NAME".
std::optional<BrokerName> broker_of(std::string_view section) {
  constexpr std::string_view kind = "broker ";
  if (!section.starts_with(kind)) return std::nullopt;
  return BrokerName::parse(section.substr(kind.size()));
}

Config parse(const std::string& path, int fd) {
  Config config;
  IniRules rules;
  rules.section = [&](std::string_view section) -> std::string {
    if (const auto broker = broker_of(section)) {
      config.brokers.try_emplace(*broker);
      return {};
    }
    if (section == "metadata" || section == "tunnel" || section == "doctor") return {};
    if (section == "broker" || section.starts_with("broker "))
      return "a broker's section is [broker NAME], with a name of lower-case letters, digits and "
             "hyphens";
    return "unknown section " + ini_quoted(section);
  };
  rules.pair = [&](std::string_view section, std::string_view name, std::string_view value) {
    if (const auto broker = broker_of(section))
      return take(broker_keys, config.brokers[*broker], section, name, value);
    if (section == "tunnel") return take(tunnel_keys, config, section, name, value);
    if (section == "doctor") return take(doctor_keys, config, section, name, value);
    return take(metadata_keys, config, section, name, value);
  };
  read_ini(path, fd, rules);
  return config;
}

}  // namespace

namespace {

/// The names of the brokers that need no section.
std::string known_brokers() {
  std::string names;
  for (const BrokerProtocol& row : protocols())
    names += (names.empty() ? "" : ", ") + std::string(row.broker);
  return names;
}

/// `known`: the URL of a broker that needs no section.
BrokerService service_of(const Config& config, const BrokerName& name,
                         std::optional<UpdateUrl> Config::BrokerKeys::*member, const char* key,
                         std::string_view BrokerProtocol::*known) {
  const auto found = config.brokers.find(name);
  const bool has_section = found != config.brokers.end();
  const BrokerProtocol* row = protocol_with(name);
  auto url = has_section ? found->second.*member : std::nullopt;
  if (!url && row != nullptr) url = UpdateUrl::parse(row->*known);
  if (!url)
    throw Error(Exit::configuration, "broker " + name.str(),
                has_section || row != nullptr
                    ? std::string("has no ") + key + " in situp.conf: add it to its section"
                    : "situp knows " + known_brokers() +
                          " only: correct the name, or add [broker " + name.str() +
                          "] with its url to situp.conf");
  return {&protocol_of(name), *url, has_section ? found->second.ca_file : std::string()};
}

}  // namespace

ServiceUrl Config::url_of(const Service& service) const {
  return service_url.value_or(situp::url_of(service));
}

BrokerService Config::broker(const BrokerName& name) const {
  return service_of(*this, name, &BrokerKeys::url, "url", &BrokerProtocol::url);
}

BrokerService Config::tunnel_info_service(const BrokerName& name) const {
  return service_of(*this, name, &BrokerKeys::tunnel_info_url, "record",
                    &BrokerProtocol::tunnel_info_url);
}

Config Config::read(const std::string& path, Missing missing) {
  const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd) return parse(path, fd.get());
  if (errno != ENOENT) throw system_error(path, errno);
  if (missing == Missing::is_an_error)
    throw Error(Exit::configuration, path, "there is no such file: correct what --config says");
  return {};
}

Config Config::read_named(const std::string& path) {
  return path.empty() ? read(default_path, Missing::is_fine) : read(path, Missing::is_an_error);
}

}  // namespace situp
