// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/check/local_source.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <vector>

#include "base/text.h"
#include "model/address.h"
#include "model/ask/source.h"
#include "model/check/shell.h"
#include "model/stanza/words.h"

namespace situp {
namespace {

using Words = std::vector<std::string>;

constexpr const char* by_route = ": route is the address that the kernel sends from";

/// Takes the first word off; empty if there is none.
std::string_view take(std::span<const std::string>& words) {
  if (words.empty()) return {};
  const std::string_view first = words.front();
  words = words.subspan(1);
  return first;
}

/// The word, if it is an interface's name as it stands; else empty.
std::string plain_name(std::string_view word) {
  return InterfaceName::parse(word) && !is_shell(word) ? std::string(word) : std::string();
}

LocalSource route_instead(const std::string& remark) {
  return {"route", remark + by_route};
}

/// A cloud's metadata service: its hosts, or its paths on the link-local host that many share.
struct Cloud {
  std::string_view word;  // the source, if situp asks it
  std::string_view title;
  std::string_view hosts;
  std::string_view paths;
  std::string_view primary;  // the paths of the address that the source gives
};

constexpr std::string_view shared_hosts = "169.254.169.254 [fd00:ec2::254] [fe80::a9fe:a9fe*";

constexpr std::array clouds{
    Cloud{"gce", "Google's", "metadata.google.internal* metadata [fd20:ce::254]",
          "computeMetadata/* 0.1/meta-data/*",
          "computeMetadata/v1/instance/network-interfaces/0/ip"},
    Cloud{"ibm", "IBM's", "api.metadata.cloud.ibm.com", "metadata/v1/instance*", ""},
    Cloud{"azure", "Azure's", "", "metadata/instance* metadata/loadbalancer*",
          "metadata/instance/network/interface/0/ipv4/ipAddress/0/privateIpAddress"},
    Cloud{"oracle", "Oracle's", "192.0.0.192", "opc/*",
          "opc/v1/vnics/0/privateIp "
          "opc/v2/vnics/0/privateIp"},
    Cloud{"cloud", "DigitalOcean's or UpCloud's", "", "metadata/v1*",
          "metadata/v1/interfaces/public/0/ipv4/address"},
    Cloud{"hetzner", "Hetzner's", "", "hetzner/*", "hetzner/v1/metadata/public-ipv4"},
    Cloud{"openstack", "OpenStack's", "", "openstack/*", ""},
    Cloud{"akamai", "Akamai's", "[fd00:a9fe:a9fe::1]", "v1/network* v1/instance*", ""},
    Cloud{"vultr", "Vultr's", "", "v1.json v1/*", "v1/interfaces/0/ipv4/address"},
    Cloud{"scaleway", "Scaleway's", "169.254.42.42 [fd00:42::42]", "conf*", ""},
    Cloud{"alibaba", "Alibaba's", "100.100.100.200", "", "latest/meta-data/private-ipv4"},
    Cloud{"tencent", "Tencent's", "metadata.tencentyun.com 169.254.0.23", "",
          "latest/meta-data/local-ipv4"},
    Cloud{"cloudstack", "CloudStack's", "data-server data-server.*",
          "latest/local-ipv4 latest/public-ipv4", "latest/local-ipv4 latest/meta-data/local-ipv4"},
    Cloud{"equinix", "Equinix's", "metadata.packet.net metadata.platformequinix.com", "", ""},
};

struct Url {
  std::string host;
  std::vector<std::string> path;  // between slashes; $(…) is whole
  std::string whole_path;

  std::string part(std::size_t i) const { return i < path.size() ? path[i] : std::string(); }
};

/// Also without a scheme, as curl takes it.
std::optional<Url> parse_url(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://"})
    if (text.starts_with(scheme)) text.remove_prefix(scheme.size());
  Url url;
  url.host = take_until(text, '/');
  // The colons of an IPv6 address are inside its brackets.
  const bool bracketed = url.host.starts_with('[');
  const auto port = url.host.find(bracketed ? "]:" : ":");
  if (port != std::string::npos) url.host.erase(bracketed ? port + 1 : port);
  if (url.host.ends_with('.')) url.host.pop_back();
  const bool literal = bracketed && url.host.ends_with(']');
  if (!literal && !Ipv4::parse(url.host) && !HostName::parse(url.host)) return std::nullopt;
  url.whole_path = text.substr(0, text.find('?'));
  for (std::size_t at = 0, begin = 0; at <= text.size(); ++at) {
    if (text.substr(at, 1) == "`" || text.substr(at, 2) == "$(") at = end_of_part(text, at);
    const auto next = text.substr(at, 1);
    if (!next.empty() && next != "/" && next != "?") continue;
    if (at > begin) url.path.emplace_back(text.substr(begin, at - begin));
    begin = at + 1;
    if (next == "?") break;
  }
  return url;
}

/// The interface that `ip address show` or ifconfig is asked about.
std::string interface_in(const Words& words) {
  std::span<const std::string> rest(words);
  const auto program = take(rest);
  const bool is_ip = program == "ip";
  if (!is_ip && program != "ifconfig" && program != "ethtool") return {};
  while (!rest.empty() && rest.front().starts_with('-'))
    if (take(rest) == "-f") take(rest);
  if (is_ip) {
    const auto object = take(rest);
    if (!std::string_view("address").starts_with(object) &&
        !std::string_view("link").starts_with(object))
      return {};
    if (!rest.empty() && is_listed("show list lst sh s ls l", rest.front())) take(rest);
  }
  while (!rest.empty()) {
    const auto word = take(rest);
    // ip-address(8): words that may stand before or in the place of a name.
    if (is_listed("scope to label type master vrf group", word)) {
      take(rest);
    } else if (!is_listed("dev up permanent dynamic primary nomaster secondary temporary "
                          "deprecated tentative",
                          word)) {
      return word.starts_with('-') ? std::string() : plain_name(word);
    }
  }
  return {};
}

/// The interface of the MAC that a command prints.
std::string interface_of_mac(std::string_view command) {
  constexpr std::string_view folder = "/sys/class/net/";
  constexpr std::string_view file = "/address";
  for (const ShellCommand& one : commands_of(command)) {
    const Words words = program_of(one.words);
    for (std::string_view word : words) {
      if (!word.starts_with(folder)) continue;
      word.remove_prefix(folder.size());
      if (!word.ends_with(file)) continue;
      word.remove_suffix(file.size());
      if (std::string name = plain_name(word); !name.empty()) return name;
    }
    if (std::string name = interface_in(words); !name.empty()) return name;
  }
  return {};
}

constexpr const char* public_address =
    "the command asks for the public address, which no interface holds behind NAT";

/// …/network/interfaces/macs/MAC/KEY[/PUBLIC]
LocalSource of_mac(const Service& service, const std::string& mac, const std::string& key,
                   const std::string& rest) {
  const std::string name(service.name);
  if (key == "ipv4-associations" && Ipv4::parse(rest)) return {name + ":" + rest, {}};
  const std::string remark = key == "local-ipv4s" ? std::string() : public_address;
  const std::string_view command = substituted(mac);
  // The service's own list has the primary interface's MAC under mac.
  const auto ends_in_mac = [](const ShellCommand& one) {
    return std::any_of(one.words.begin(), one.words.end(), [](const std::string& word) {
      return word.ends_with("/meta-data/mac") || word.ends_with("/meta-data/mac/");
    });
  };
  const auto commands = commands_of(command);
  if (std::any_of(commands.begin(), commands.end(), ends_in_mac)) return {name, remark};
  if (const std::string dev = interface_of_mac(command); !dev.empty())
    return {name + ":" + dev, remark};
  return {name, "the command asks for the interface of the MAC " + printable_within(mac, 60) +
                    ": " + name + " is the primary one's address, " + name +
                    ":INTERFACE another one's"};
}

/// A path with meta-data/ on a host that EC2's service has.
LocalSource of_ec2(const Service& service, const Url& url) {
  const std::string name(service.name);
  LocalSource source{name, {}};
  const std::string key = url.part(2);
  if (key == "network" && url.part(4) == "macs" && !url.part(6).empty())
    source = of_mac(service, url.part(5), url.part(6), url.part(7));
  else if (key == "public-ipv4")
    source.remark = std::string(public_address) + ": " + name + " is the private one";
  else if (key != "local-ipv4")
    source.remark = "the command asks for " + printable_within(url.whole_path, 100) + ": " + name +
                    " is the primary private address";
  if (source.remark.empty() && url.host == "[fd00:ec2::254]")
    source.remark = "the command asks the service at " + url.host +
                    ", situp at http://169.254.169.254 unless situp.conf(5) names another URL";
  return source;
}

LocalSource of_url(const Url& url) {
  const Service& ec2 = services().front();
  const bool shared = is_listed(shared_hosts, url.host);
  for (const Cloud& cloud : clouds) {
    if (!is_listed(cloud.hosts, url.host) && !(shared && is_listed(cloud.paths, url.whole_path)) &&
        !(cloud.word == "cloudstack" && is_listed(cloud.paths, url.whole_path)))
      continue;
    const std::string word(cloud.word);
    if (parse_source(word) && is_listed(cloud.primary, url.whole_path)) return {word, {}};
    if (parse_source(word))
      return {word, "the command asks for " + printable_within(url.whole_path, 100) + ": " + word +
                        " is the address that the instance's primary interface has"};
    return route_instead("the command asks " + std::string(cloud.title) +
                         " metadata service, which situp does not ask yet");
  }
  const bool is_ec2 = shared || is_listed("instance-data instance-data.*", url.host);
  const bool has_meta_data = url.part(1) == "meta-data";
  if (is_ec2 && has_meta_data) return of_ec2(ec2, url);
  if (is_ec2 || has_meta_data)
    return route_instead("the command asks a metadata service at " +
                         printable_within(url.host, 60) + " that situp does not know");
  return route_instead("the command asks " + printable_within(url.host, 60) +
                       " for the public address, which no interface holds behind NAT");
}

/// The URL among the arguments of curl and the like.
std::optional<Url> url_in(const Words& words) {
  for (const std::string& word : words)
    if (word.starts_with("http://") || word.starts_with("https://")) return parse_url(word);
  std::span<const std::string> rest(words);
  while (!rest.empty()) {
    const auto word = take(rest);
    if (!word.starts_with('-')) {
      if (word.find_first_of("./") != std::string_view::npos)
        if (auto url = parse_url(word)) return url;
    } else if (is_listed("-H -m -X -o -A -U -u -T -t -d -e -x --header --max-time --request "
                         "--output --user-agent --retry --connect-timeout --interface --timeout",
                         word)) {
      take(rest);
    }
  }
  return std::nullopt;
}

LocalSource of_ec2_program(const Words& words, bool prints_all) {
  const std::string name(services().front().name);
  const auto has = [&](std::string_view list) {
    return std::any_of(words.begin(), words.end(),
                       [list](const std::string& word) { return is_listed(list, word); });
  };
  LocalSource source{name, {}};
  if (has("-v --public-ipv4"))
    source.remark = std::string(public_address) + ": " + name + " is the private one";
  else if (!prints_all && !has("-o --local-ipv4"))
    source.remark =
        "the command asks for something else: " + name + " is the primary private address";
  return source;
}

LocalSource of_situp(std::span<const std::string> words) {
  LocalSource source;
  source.is_situps = true;
  for (const std::string& word : words) {
    if (!parse_source(word)) break;
    source.word += (source.word.empty() ? "" : " ") + word;
  }
  if (source.word.empty()) source.word = str(default_source());
  return source;
}

/// Of one command; empty if its program is none of those that recipes ask.
std::optional<LocalSource> of_command(const Words& words, bool is_alone) {
  std::span<const std::string> rest(words);
  const auto program = take(rest);
  if (is_listed("curl wget GET lynx w3m lwp-request fetch http", program)) {
    const auto url = url_in(words);
    if (!url) return route_instead("situp does not know the URL that the command asks");
    return of_url(*url);
  }
  if (program == "ec2metadata" || program == "ec2-metadata")
    return of_ec2_program(words, !is_alone && words.size() == 1);
  if (program == "situp" && take(rest) == "address") return of_situp(rest);
  if (const std::string dev = interface_in(words); !dev.empty())
    return LocalSource{"interface:" + dev, {}};
  if (program == "ip" &&
      std::any_of(words.begin(), words.end(), [](const auto& word) { return word == "get"; }))
    return LocalSource{"route", {}};
  if (program == "ip" || program == "ifconfig")
    return route_instead("the command names no interface");
  if (program == "hostname")
    return route_instead(
        "the command prints the addresses that the host has or its name stands for");
  if (is_listed("dig host nslookup drill", program))
    return route_instead("the command asks DNS for an address");
  return std::nullopt;
}

/// Of a command of several; empty also if it only prepares another one.
std::optional<LocalSource> of_part(const ShellCommand& one, bool is_alone, Variables& variables) {
  const Words words = expanded(one.words, variables);
  if (takes_assignment(words, variables)) return std::nullopt;
  const auto fetches_token = [](const std::string& word) { return word.ends_with("/api/token"); };
  if (std::any_of(words.begin(), words.end(), fetches_token)) return std::nullopt;
  return of_command(program_of(words), is_alone);
}

}  // namespace

LocalSource local_source(std::string_view value) {
  const std::string_view command = substituted(value);
  const auto commands = commands_of(command);
  Variables variables;
  std::optional<LocalSource> source;
  std::string_view before;  // the operator before the command
  for (const ShellCommand& one : commands) {
    if (source) {
      if (before == "||" && source->remark.empty() && !is_listed("true : false exit", one.words[0]))
        source->remark = "the command runs " + printable_within(one.text, 60) +
                         " if that fails: write another SOURCE behind " + source->word;
    } else {
      source = of_part(one, commands.size() == 1, variables);
    }
    before = one.after;
  }
  if (!source)
    source = route_instead("situp does not know what " +
                           printable_within(command.empty() ? value : command, 60) + " prints");
  const bool has_token = command.find("metadata-token") != std::string_view::npos;
  const auto from = parse_source(words_of(source->word).front());
  const Service* service = from ? service_of(*from) : nullptr;
  source->asks_without_token =
      !source->is_situps && service != nullptr && !service->token.path.empty() && !has_token;
  return *source;
}

}  // namespace situp
