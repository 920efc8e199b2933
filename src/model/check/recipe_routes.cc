// SPDX-License-Identifier: GPL-2.0-or-later
// The commands of a recipe for addresses, routes and routers.
#include <algorithm>
#include <iterator>

#include "base/list.h"
#include "base/text.h"
#include "model/check/recipe.h"
#include "model/stanza/options.h"
#include "model/stanza/words.h"
#include "model/tunnel/route.h"

namespace situp {
namespace {

using Words = std::vector<std::string>;

/// ::A.B.C.D, which stood for the tunnel's other end once.
bool is_embedded(std::string_view via) {
  return via.starts_with("::") && Ipv4::parse(via.substr(2));
}

}  // namespace

/// A/N [dev NAME] [scope global]
RecipeReader::Effect RecipeReader::address(const IpCommand& command, bool down) {
  std::string said;
  std::string dev;
  bool understood = true;
  const auto end = command.words.end();
  for (auto word = command.words.begin(); word != end; ++word) {
    const bool has_value = std::next(word) != end;
    if (*word == "dev" && has_value)
      dev = *++word;
    else if (*word == "scope" && has_value && *std::next(word) == "global")
      ++word;
    else if (said.empty())
      said = *word;
    else
      understood = false;
  }
  const bool tunnels = dev == recipe_.name;
  const Effect left = tunnels ? Effect::tunnels : Effect::others;
  if (command.verb == "flush") return tunnels && down && said.empty() ? Effect::taken : left;
  if (const auto bare = Ipv6::parse(said)) said = bare->str() + "/128";
  if (const auto net = Ipv6Net::parse(said))
    said = net->str();
  else if (!tunnels || !is_shell(recipe_.local) || said.find(recipe_.local) == std::string::npos)
    return left;
  // The addresses that another interface's stanza puts on interfaces stay with that one.
  const bool has_lan = own_ && has_option(row_of(recipe_.kind), "lan");
  if (!understood || dev.empty() || !InterfaceName::parse(dev) || (!tunnels && !has_lan))
    return left;
  Words& list = tunnels ? recipe_.addresses : recipe_.lan;
  const std::string entry = tunnels ? said : dev + " " + said;
  const auto known = std::find(list.begin(), list.end(), entry);
  const auto net = Ipv6Net::parse(said);
  const bool is_stanzas = net && contains(nets_, *net);
  if (command.verb == "delete") {
    if (down) return known != list.end() || (tunnels && is_stanzas) ? Effect::taken : left;
    if (known == list.end()) return left;
    list.erase(known);
    return Effect::taken;
  }
  if (down) return left;
  if (tunnels && is_stanzas) return Effect::idle;
  if (known != list.end()) return Effect::taken;
  if (tunnels && takes_one_address_ && !(nets_.empty() && list.empty())) return left;
  list.push_back(entry);
  said_something_ = true;
  return Effect::taken;
}

/// TO [via A] [dev NAME] [metric N]
RecipeReader::Effect RecipeReader::route(const IpCommand& command, bool down) {
  std::string to;
  std::string via;
  std::string dev;
  std::string metric;
  bool understood = true;
  bool onlink = false;
  const auto end = command.words.end();
  for (auto word = command.words.begin(); word != end; ++word) {
    if (is_listed("via dev metric preference priority", *word) && std::next(word) != end) {
      std::string& value = *word == "via" ? via : *word == "dev" ? dev : metric;
      value = *++word;
    } else if (*word == "onlink") {
      onlink = true;
    } else if (to.empty()) {
      to = *word;
    } else {
      understood = false;
    }
  }
  if (is_embedded(via) && dev == recipe_.name) {
    // With onlink, kernels take the route, and no option makes it.
    if (onlink) return Effect::tunnels;
    const std::string remark = no_route_via(via);
    // Where the route is made without a router, it is removed so.
    if (!down || contains(remarks_, remark)) {
      dead_router_ = via;
      via.clear();
    }
  }
  const bool tunnels = dev == recipe_.name || (dev.empty() && is_connected(via));
  const Effect left = tunnels ? Effect::tunnels : Effect::others;
  if (down && command.verb == "flush") return tunnels ? Effect::taken : left;
  if (!understood || !tunnels || !is_default6(command)) return left;
  if (command.verb == "delete") {
    if (down) return Effect::taken;
    if (recipe_.gateway.empty() || first_option(stanza_, "gateway") != nullptr) return left;
    recipe_.gateway.clear();
    recipe_.metric.clear();
    return Effect::taken;
  }
  if (down || command.verb == "flush") return left;
  return default_route(command.verb, via, metric);
}

std::string RecipeReader::no_route_via(const std::string& router) {
  return "no route via " + router + ", which today's kernels refuse";
}

/// In the words of ip and of net-tools.
std::string RecipeReader::without_router(std::string_view text, const std::string& router,
                                         const Variables& variables) {
  const auto words = words_of(text);
  const auto via = std::adjacent_find(
      words.begin(), words.end(), [&](std::string_view word, std::string_view next) {
        std::string value = expanded(next, variables);
        std::erase_if(value, [](char c) { return c == '"' || c == '\''; });
        return is_listed("via gw gateway", word) && value == router;
      });
  if (via == words.end()) return std::string(text);
  std::string_view before(text.data(), static_cast<std::size_t>(via->data() - text.data()));
  trim_back(before);
  const std::string_view value = via[1];
  return std::string(before).append(value.data() + value.size(), text.data() + text.size());
}

RecipeReader::Effect RecipeReader::default_route(const std::string& verb, const std::string& via,
                                                 const std::string& metric) {
  const auto router = Ipv6::parse(via.empty() ? "::" : via);
  const auto number = ip_number(metric.empty() ? "0" : metric);
  if (!router || !number || (own_ && first_option(stanza_, "v4tunnel-route") != nullptr))
    return Effect::tunnels;
  const std::uint32_t usual = DefaultRoute{}.metric;
  const std::string said = *number == 0 || *number == usual ? "" : std::to_string(*number);
  const bool replaces = verb == "replace" || verb == "change";
  if (!recipe_.gateway.empty() && !replaces) {
    const auto now = Ipv6::parse(recipe_.gateway);
    const bool same = said == (recipe_.metric == std::to_string(usual) ? "" : recipe_.metric) &&
                      (router->is_unspecified() || router == now);
    return same && verb == "add" ? Effect::taken : Effect::tunnels;
  }
  if (replaces && !recipe_.gateway.empty() && said != recipe_.metric) return Effect::tunnels;
  recipe_.gateway = router->str();
  recipe_.metric = said;
  said_something_ = true;
  return Effect::taken;
}

/// prl-default A, prl-nodefault A, prl-delete A, dev NAME
RecipeReader::Effect RecipeReader::router_list(const Words& words, bool down) {
  // A word without its value: the command fails.
  if (words.size() % 2 != 0) return Effect::tunnels;
  Recipe found = recipe_;
  for (auto word = words.begin(); word != words.end(); word += 2) {
    const std::string& value = word[1];
    if (*word == "dev") continue;
    if (!is_listed("prl-default prl-nodefault prl-delete", *word)) return Effect::tunnels;
    std::erase(found.routers, value);
    std::erase(found.routers_nodefault, value);
    if (*word == "prl-default") found.routers.push_back(value);
    if (*word == "prl-nodefault") found.routers_nodefault.push_back(value);
  }
  if (down) return contains(words, "prl-delete") ? Effect::taken : Effect::tunnels;
  recipe_ = found;
  said_something_ = true;
  return Effect::taken;
}

bool RecipeReader::is_connected(std::string_view via) const {
  const auto router = Ipv6::parse(via);
  if (!router) return false;
  const auto covers = [&](const Ipv6Net& net) { return net.contains(*router); };
  return std::any_of(nets_.begin(), nets_.end(), covers) ||
         std::any_of(recipe_.addresses.begin(), recipe_.addresses.end(),
                     [&](const std::string& address) {
                       const auto net = Ipv6Net::parse(address);
                       return net && covers(*net);
                     });
}

}  // namespace situp
