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

constexpr const char* url_form = "https://HOST/PATH or https://HOST:PORT/PATH";

bool take_url(Config::BrokerKeys& keys, std::string_view value) {
  keys.url_is_plain = UpdateUrl::parse(value).has_value();
  keys.url = UpdateUrl::parse_template(value);
  return keys.url.has_value();
}

bool take_record(Config::BrokerKeys& keys, std::string_view value) {
  keys.tunnel_info_url = UpdateUrl::parse(value);
  return keys.tunnel_info_url.has_value();
}

/// The value may hold a key.
std::string record_trouble(std::string_view) {
  return std::string("takes ") + url_form + ", without a user or a query";
}

template <TextList AnswerTexts::*Member>
bool take_texts(Config::BrokerKeys& keys, std::string_view value) {
  const auto texts = TextList::parse(value);
  if (texts) keys.texts.*Member = *texts;
  return texts.has_value();
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
  /// The error in more words, which may not show the value.
  std::string (*trouble)(std::string_view value) = nullptr;
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
constexpr const char* texts_form = "1 to 8 texts of at most 64 bytes, with commas between them";
constexpr std::array broker_keys{
    Key<Config::BrokerKeys>{"url", take_url, url_form, UpdateUrl::template_trouble},
    Key<Config::BrokerKeys>{"done", take_texts<&AnswerTexts::done>, texts_form},
    Key<Config::BrokerKeys>{"refused", take_texts<&AnswerTexts::refused>, texts_form},
    Key<Config::BrokerKeys>{"later", take_texts<&AnswerTexts::later>, texts_form},
    Key<Config::BrokerKeys>{"record", take_record, url_form, record_trouble},
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
    if (key.trouble != nullptr) return std::string(name) + ' ' + key.trouble(value);
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

/// The error in keys that don't go together, or empty.
std::string trouble_of(const BrokerName& name, const Config::BrokerKeys& keys) {
  const BrokerProtocol* row = protocol_with(name);
  if (row != nullptr && row->has_template()) return {};
  const AnswerTexts& texts = keys.texts;
  if (texts.done.empty()) {
    if (keys.url && !keys.url_is_plain)
      return "has a url with placeholders or a query, and no done: add done, with the texts by "
             "which the broker says that it has the address";
    if (!texts.refused.empty() || !texts.later.empty())
      return "has refused or later, and no done: add done, with the texts by which the broker says "
             "that it has the address";
  } else if (!keys.url) {
    return "has done, and no url: add it";
  }
  return {};
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
    if (const auto broker = broker_of(section)) {
      if (name == "user" || name == "key" || name == "password")
        return std::string(name) + " belongs into " SITUP_SYSCONFDIR
                                   "/situp/credentials, which only root can read: move it there";
      return take(broker_keys, config.brokers[*broker], section, name, value);
    }
    if (section == "tunnel") return take(tunnel_keys, config, section, name, value);
    if (section == "doctor") return take(doctor_keys, config, section, name, value);
    return take(metadata_keys, config, section, name, value);
  };
  read_ini(path, fd, rules);
  for (const auto& [name, keys] : config.brokers)
    if (const auto trouble = trouble_of(name, keys); !trouble.empty())
      throw Error(Exit::configuration, path, "[broker " + name.str() + "] " + trouble);
  return config;
}

}  // namespace

namespace {

/// The names of the brokers that need no section, and those that have one.
std::string known_brokers(const Config& config) {
  std::string names;
  const auto add = [&names](std::string_view name) {
    names.append(names.empty() ? "" : ", ").append(name);
  };
  for (const BrokerProtocol& row : protocols()) add(row.broker);
  for (const auto& [name, keys] : config.brokers)
    if (protocol_with(name) == nullptr) add(name.str());
  return names;
}

/// An empty section for a broker that has none. Throws an Error for a name that isn't known.
Config::BrokerKeys keys_of(const Config& config, const BrokerName& name) {
  const auto found = config.brokers.find(name);
  if (found != config.brokers.end()) return found->second;
  if (protocol_with(name) != nullptr) return {};
  throw Error(Exit::configuration, "broker " + name.str(),
              "situp knows " + known_brokers(config) + " only: correct the name, or add [broker " +
                  name.str() + "] with its url to situp.conf");
}

/// `given`, or the URL of a broker that needs no section. `remedy`: the rest of the error.
UpdateUrl url_or_known(const BrokerName& name, const std::optional<UpdateUrl>& given,
                       const char* remedy, std::string_view BrokerProtocol::*known) {
  if (given) return *given;
  const BrokerProtocol* row = protocol_with(name);
  const auto url = row == nullptr ? std::nullopt : UpdateUrl::parse_template(row->*known);
  if (!url)
    throw Error(Exit::configuration, "broker " + name.str(), std::string("has no ") + remedy);
  return *url;
}

}  // namespace

ServiceUrl Config::url_of(const Service& service) const {
  return service_url.value_or(situp::url_of(service));
}

BrokerService Config::broker(const BrokerName& name) const {
  const BrokerKeys keys = keys_of(*this, name);
  const UpdateUrl url = url_or_known(name, keys.url, "url in situp.conf: add it to its section",
                                     &BrokerProtocol::url);
  AnswerTexts texts = keys.texts;
  const BrokerProtocol* row = protocol_with(name);
  if (texts.done.empty() && row != nullptr)
    texts.done = TextList::parse(row->done).value_or(TextList());
  return {texts.done.empty() ? &protocol_of(name) : &template_protocol(), url, keys.ca_file, texts};
}

BrokerService Config::tunnel_info_service(const BrokerName& name) const {
  const BrokerKeys keys = keys_of(*this, name);
  const BrokerProtocol& protocol = protocol_of(name);
  return {protocol.tunnel_info_query.empty() ? &protocols().front() : &protocol,
          url_or_known(name, keys.tunnel_info_url,
                       "record in situp.conf: add it to its section, or write the stanza from the "
                       "tunnel's page at the broker",
                       &BrokerProtocol::tunnel_info_url),
          keys.ca_file};
}

bool Config::has_tunnel_info(const BrokerName& name) const {
  const BrokerProtocol* row = protocol_with(name);
  const auto found = brokers.find(name);
  return (found != brokers.end() && found->second.tunnel_info_url) ||
         (row != nullptr && !row->tunnel_info_url.empty());
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
