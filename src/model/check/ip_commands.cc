// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/check/ip_commands.h"

#include <algorithm>
#include <utility>

#include "base/list.h"
#include "base/text.h"
#include "model/address.h"
#include "model/check/shell.h"

namespace situp {
namespace {

using Words = std::vector<std::string>;

/// ip(8) takes the beginning of a word for the first of its words that begins so.
std::string whole(std::string_view part, std::string_view list) {
  while (!list.empty())
    if (const auto word = take_until(list, ' '); !part.empty() && word.starts_with(part))
      return std::string(word);
  return std::string(part);
}

void take_front(Words& words, std::size_t count) {
  words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(count));
}

std::vector<IpCommand> of_ip(Words words) {
  IpCommand command;
  while (!words.empty() && words[0].starts_with('-')) {
    const std::string_view option = words[0];
    const bool has_value = is_listed("-f -family --family", option) && words.size() > 1;
    // The others name another network namespace or a file of commands.
    if (!has_value && !is_listed("-6 -4 -o -oneline -s -d -c -color -force", option)) return {};
    command.inet6 |= option == "-6" || (has_value && words[1] == "inet6");
    take_front(words, has_value ? 2 : 1);
  }
  if (words.size() < 2) return {};
  command.object = words[0] == "tunl" ? "tunnel" : whole(words[0], "address route link tunnel");
  const std::string_view verbs = command.object == "address" ? "add change replace delete flush"
                                 : command.object == "route"
                                     ? "add change replace append delete flush"
                                 : command.object == "link"   ? "add set change replace delete"
                                 : command.object == "tunnel" ? "add change delete prl 6rd"
                                                              : "";
  command.verb = words[1] == "chg" ? "change" : whole(words[1], verbs);
  if (!is_listed(verbs, command.verb)) return {};
  if (command.object == "link" && command.verb == "change") command.verb = "set";
  take_front(words, 2);
  command.words = std::move(words);
  return {command};
}

/// ifconfig NAME [inet6] [add|del A/N] [tunnel ::A.B.C.D] [mtu N] [up|down]
std::vector<IpCommand> of_ifconfig(Words words) {
  if (words.empty()) return {};
  const std::string name = words[0];
  words.emplace_back();  // the value of a last word that needs one
  std::vector<IpCommand> commands;
  for (std::size_t i = 1; i + 1 < words.size(); ++i) {
    const std::string& word = words[i];
    const std::string& value = words[i + 1];
    if (word == "inet6") continue;
    if (word == "up" || word == "down") {
      commands.push_back({"link", "set", {"dev", name, word}});
    } else if (word == "mtu") {
      commands.push_back({"link", "set", {"dev", name, word, value}});
      ++i;
    } else if (word == "tunnel" && name == "sit0" && value.starts_with("::")) {
      // The kernel makes it so (net/ipv6/addrconf.c, addrconf_set_sit_dstaddr()).
      commands.push_back(
          {"tunnel", "add", {next_sit, "mode", "sit", "remote", value.substr(2), "ttl", "64"}});
      ++i;
    } else if (word == "add" || word == "del") {
      if (!Ipv6Net::parse(value) && value.find_first_of("$`") == std::string::npos) return {};
      commands.push_back({"address", word == "add" ? "add" : "delete", {value, "dev", name}});
      ++i;
    } else if (Ipv6Net::parse(word)) {
      commands.push_back({"address", "add", {word, "dev", name}});
    } else {
      return {};
    }
  }
  return commands;
}

/// route -A inet6 add|del TARGET [gw A] [metric N] [[dev] NAME]
std::vector<IpCommand> of_route(Words words) {
  if (words.size() < 3) return {};
  if (words[0] == "-A" && words[1] == "inet6")
    take_front(words, 2);
  else if (is_listed("--inet6 -6 -A=inet6 --family=inet6", words[0]))
    take_front(words, 1);
  else
    return {};
  if (words.size() < 2 || (words[0] != "add" && words[0] != "del")) return {};
  IpCommand command{"route", words[0] == "add" ? "add" : "delete", {words[1]}, true};
  bool has_metric = false;
  for (std::size_t i = 2; i < words.size(); ++i) {
    const bool last = i + 1 == words.size();
    if (last) {
      command.words.insert(command.words.end(), {"dev", words[i]});
      continue;
    }
    const std::string key = is_listed("gw gateway", words[i])   ? "via"
                            : is_listed("dev device", words[i]) ? "dev"
                                                                : words[i];
    has_metric |= key == "metric";
    command.words.insert(command.words.end(), {key, words[++i]});
  }
  // Without metric, route(8) sets 1.
  if (!has_metric && command.verb == "add")
    command.words.insert(command.words.end(), {"metric", "1"});
  return {command};
}

}  // namespace

std::vector<IpCommand> ip_commands(const std::vector<std::string>& command) {
  Words words = program_of(command);
  if (words.empty()) return {};
  const std::string program = words[0];
  take_front(words, 1);
  if (program == "ip") return of_ip(std::move(words));
  if (program == "ifconfig") return of_ifconfig(std::move(words));
  if (program == "route") return of_route(std::move(words));
  return {};
}

std::string name_in(const IpCommand& command) {
  Words words = command.words;
  words.emplace_back();  // where no name stands
  if (const auto name = std::find(words.begin(), words.end(), "name"); name != words.end())
    return name[1];
  bool is_value = false;
  for (const std::string& word : words) {
    if (std::exchange(is_value, false)) continue;
    if (is_listed("pmtudisc nopmtudisc isatap up down", word)) continue;
    // `ip link` names the tunnel by dev, `ip tunnel` the interface that packets leave by.
    if (command.object == "link" && word == "dev") continue;
    is_value = is_listed(
        "mode type remote local ttl hoplimit hlim tos dsfield tclass dev link mtu txqueuelen",
        word);
    if (!is_value) return word;
  }
  return {};
}

bool is_default6(const IpCommand& command) {
  const Words& words = command.words;
  if (contains(words, "::/0")) return true;
  const auto is_router = [](const std::string& key, const std::string& value) {
    return key == "via" && Ipv6::parse(value);
  };
  const bool by_router = std::adjacent_find(words.begin(), words.end(), is_router) != words.end();
  return contains(words, "default") && (command.inet6 || by_router);
}

std::optional<std::uint32_t> ip_number(std::string_view word) {
  if (!word.starts_with("0x")) return parse_number(word, 0xffffffff);
  if (word.size() > 10 || !is_hexadecimal(word.substr(2))) return std::nullopt;
  return static_cast<std::uint32_t>(std::stoul(std::string(word), nullptr, 16));
}

std::optional<std::uint8_t> ip_tos(std::string_view word) {
  if (word == "inherit") return 1;
  if (word.starts_with("0x")) word.remove_prefix(2);
  const auto number = ip_number("0x" + std::string(word));
  if (!number || *number > 255) return std::nullopt;
  return static_cast<std::uint8_t>(*number);
}

}  // namespace situp
