// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/check/ip_commands.h"

#include <algorithm>

#include "model/address.h"

namespace situp {
namespace {

constexpr unsigned default_metric = 1024;

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

bool take_ip_options(std::vector<std::string>& words) {
  bool inet6 = false;
  while (!words.empty() && words[0][0] == '-') {
    const bool takes_one = (words[0] == "-f" || words[0] == "-family") && words.size() > 1;
    inet6 = inet6 || words[0] == "-6" || (takes_one && words[1] == "inet6");
    words.erase(words.begin(), words.begin() + (takes_one ? 2 : 1));
  }
  return inet6;
}

std::vector<std::vector<std::string>> commands_of(std::string_view line) {
  std::vector<std::vector<std::string>> commands(1);
  std::string word;
  bool within = false;
  const auto end_word = [&] {
    // Redirections make no difference.
    if (within && !holds(word, ">")) commands.back().push_back(word);
    word.clear();
    within = false;
  };
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '\'' || c == '"' || c == '`') {
      const std::size_t end = std::min(line.find(c, i + 1), line.size());
      word += c == '`' ? line.substr(i, end - i + 1) : line.substr(i + 1, end - i - 1);
      within = true;
      i = end;
    } else if (c == '$' && line.substr(i, 2) == "$(") {
      std::size_t depth = 0;
      const std::size_t start = i;
      for (++i; i < line.size(); ++i) {
        if (line[i] == '(') ++depth;
        if (line[i] == ')' && --depth == 0) break;
      }
      word += line.substr(start, i - start + 1);
      within = true;
    } else if (c == ' ' || c == '\t') {
      end_word();
    } else if (c == ';' || c == '|' || (c == '&' && !holds(word, ">"))) {
      end_word();
      if (!commands.back().empty()) commands.emplace_back();
    } else {
      word += c;
      within = true;
    }
  }
  end_word();
  if (commands.back().empty()) commands.pop_back();
  return commands;
}

std::string TunnelCommands::made_by(const Words& command) {
  TunnelCommands one("", "", false);
  one.take_any_ = true;
  return one.command(command) && !one.remote.empty() ? one.tunnel_ : std::string();
}

bool TunnelCommands::take(std::string_view line) {
  const TunnelCommands before = *this;
  for (const auto& one : commands_of(line)) {
    if (command(one)) continue;
    *this = before;
    return false;
  }
  return true;
}

bool TunnelCommands::is_tunnel(const std::string& name) const {
  if (name == tunnel_) return true;
  return iface_ == tunnel_ && (name == "$IFACE" || name == "${IFACE}");
}

bool TunnelCommands::command(Words words) {
  if (!words.empty() && words[0] == "sudo") words.erase(words.begin());
  if (words.empty()) return true;
  const std::string program = words[0].substr(words[0].rfind('/') + 1);
  words.erase(words.begin());
  if (program == "true" || program == ":" || program == "modprobe") return true;
  if (program == "route") return old_route(words);
  if (program != "ip") return false;
  const bool inet6 = take_ip_options(words);
  if (words.size() < 2) return false;
  const std::string object = words[0];
  words.erase(words.begin());
  const auto is = [&](const char* name) { return std::string_view(name).rfind(object, 0) == 0; };
  if (object == "tunnel" || object == "tun" || object == "t") return tunnel(words);
  if (is("link")) return link(words);
  if (is("address")) return address(words);
  if (is("route")) return route(words, inet6);
  return false;
}

/// ip tunnel add|change|del …
bool TunnelCommands::tunnel(Words words) {
  const std::string verb = words[0];
  words.erase(words.begin());
  if (verb == "del" || verb == "delete")
    return std::any_of(words.begin(), words.end(),
                       [this](const std::string& w) { return is_tunnel(w); });
  if (verb != "add" && verb != "change" && verb != "chg") return false;
  return settings(words, verb == "add");
}

/// NAME and the arguments that `ip tunnel add` and `ip link add … type sit` have in common.
bool TunnelCommands::settings(const Words& words, bool whole) {
  std::string name;
  bool sit = !whole;
  TunnelCommands found = *this;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    const std::string value = i + 1 < words.size() ? words[i + 1] : std::string();
    if (word == "mode" || word == "type") {
      sit = value == "sit" || value == "ipv6/ip" || (word == "mode" && sit);
    } else if (word == "remote") {
      found.remote = value;
    } else if (word == "local") {
      found.local = value;
    } else if (word == "ttl") {
      found.ttl = value;
    } else if (word == "tos") {
      found.tos = value;
    } else if (word == "name") {
      name = value;
    } else if (word == "pmtudisc" || word == "nopmtudisc") {
      continue;
    } else if (name.empty()) {
      name = word;
      continue;
    } else {
      return false;
    }
    ++i;
  }
  if (!sit || name.empty() || !(take_any_ || is_tunnel(name))) return false;
  if (take_any_) found.tunnel_ = name;
  *this = found;
  return true;
}

bool TunnelCommands::link(Words words) {
  const std::string verb = words[0];
  words.erase(words.begin());
  if (!words.empty() && words[0] == "dev") words.erase(words.begin());
  if (verb == "add") {
    if (std::find(words.begin(), words.end(), "sit") == words.end()) return false;
    return settings(words, true);
  }
  const auto own = std::find_if(words.begin(), words.end(),
                                [this](const std::string& w) { return is_tunnel(w); });
  if (own == words.end()) return false;
  words.erase(own);
  if (verb == "del" || verb == "delete") return words.empty();
  if (verb != "set") return false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "up" || words[i] == "down" || words[i] == "dev") continue;
    if (words[i] != "mtu" || i + 1 == words.size()) return false;
    mtu = words[++i];
  }
  return true;
}

bool TunnelCommands::address(const Words& words) {
  const std::string& verb = words[0];
  if (words.size() != 4 || words[2] != "dev") return false;
  const auto net = Ipv6Net::parse(words[1]);
  const auto bare = Ipv6::parse(words[1]);
  if (!net && !bare) return false;
  const std::string said = net ? net->str() : bare->str() + "/128";
  if (is_tunnel(words[3]) && addressed_) return false;
  auto& list = is_tunnel(words[3]) ? addresses : lan;
  const std::string entry = is_tunnel(words[3]) ? said : words[3] + " " + said;
  if (verb == "add" || verb == "replace" || verb == "a") {
    if (!is_tunnel(words[3]) && !InterfaceName::parse(words[3])) return false;
    if (std::find(list.begin(), list.end(), entry) == list.end()) list.push_back(entry);
    return true;
  }
  // situp removes the objects of `up` by itself.
  return (verb == "del" || verb == "delete") &&
         (is_tunnel(words[3]) || std::find(list.begin(), list.end(), entry) != list.end());
}

bool TunnelCommands::route(const Words& words, bool inet6) {
  const std::string& verb = words[0];
  const bool adds = verb == "add" || verb == "replace" || verb == "change" || verb == "append";
  const bool flushes = verb == "flush";
  if (!adds && !flushes && verb != "del" && verb != "delete") return false;
  std::string to, via, by;
  std::string weight;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string value = i + 1 < words.size() ? words[i + 1] : std::string();
    if (words[i] == "via" || words[i] == "dev" || words[i] == "metric") {
      (words[i] == "via" ? via : words[i] == "dev" ? by : weight) = value;
      ++i;
    } else if (words[i] != "onlink" && to.empty()) {
      to = words[i];
    } else if (words[i] != "onlink") {
      return false;
    }
  }
  if (flushes) return to.empty() && is_tunnel(by);
  const bool everything = to == "::/0" || to == "2000::/3" || (to == "default" && inet6) ||
                          (to == "default" && Ipv6::parse(via));
  if (!everything || (!by.empty() && !is_tunnel(by)) || (by.empty() && via.empty())) return false;
  if (!adds) return true;
  default_route = true;
  // Old 6to4 routes have "via ::A.B.C.D": only the tunnel itself.
  if (const auto address = Ipv6::parse(via); address && via.rfind("::", 0) != 0)
    gateway = address->str();
  if (!weight.empty() && weight != std::to_string(default_metric)) metric = weight;
  return true;
}

/// route -A inet6 add default gw G dev D
bool TunnelCommands::old_route(Words rest) {
  if (rest.size() > 1 && rest[0] == "-A" && rest[1] == "inet6")
    rest.erase(rest.begin(), rest.begin() + 2);
  else if (!rest.empty() && (rest[0] == "--inet6" || rest[0] == "-6"))
    rest.erase(rest.begin());
  else
    return false;
  for (std::string& word : rest)
    if (word == "gw") word = "via";
  return rest.size() > 1 && route(rest, true);
}

}  // namespace situp
