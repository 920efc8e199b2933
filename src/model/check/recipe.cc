// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/check/recipe.h"

#include <algorithm>
#include <functional>
#include <optional>

#include "base/list.h"
#include "base/text.h"
#include "model/stanza/spec.h"
#include "model/stanza/words.h"

namespace situp {
namespace {

using Words = std::vector<std::string>;

constexpr std::string_view making = "pre-up up post-up";
constexpr std::string_view undoing = "down pre-down post-down";

/// $IFACE and the like, as ifup gives them to the stanza's commands.
Variables variables_of(const Stanza& stanza) {
  Variables variables{{"IFACE", stanza.iface},
                      {"LOGICAL", stanza.logical},
                      {"METHOD", stanza.method},
                      {"ADDRFAM", stanza.family}};
  for (const Option& option : stanza.options) {
    std::string name = "IF_" + name_in_hooks(option.name);
    for (char& c : name) c = c == '-' ? '_' : upper(c);
    if (!is_shell(option.value)) variables.try_emplace(name, option.value);
  }
  return variables;
}

/// The number before that of the first device of net-tools, which is 1 at least: a stanza sit2
/// makes its own.
unsigned sits_before(const Stanza& stanza) {
  if (!stanza.iface.starts_with("sit")) return 0;
  const auto number = parse_number(std::string_view(stanza.iface).substr(3), 0xffff);
  return std::max(number, std::optional(1U)).value() - 1;
}

/// Gives the device that net-tools make the kernel's name for it.
void number_sits(std::vector<IpCommand>& commands, unsigned& sits) {
  for (IpCommand& command : commands)
    if (contains(command.words, next_sit)) command.words[0] = "sit" + std::to_string(++sits);
}

/// The name of the sit device that a command makes; empty: none.
std::string made_by(const IpCommand& command) {
  if (command.verb != "add" || (command.object != "tunnel" && command.object != "link")) return {};
  const Words& words = command.words;
  const auto has = [&](std::string_view key, std::string_view values) {
    return std::adjacent_find(words.begin(), words.end(),
                              [&](const std::string& word, const std::string& value) {
                                return word == key && is_listed(values, value);
                              }) != words.end();
  };
  const bool is_sit =
      command.object == "link" ? has("type", "sit") : has("mode", "sit isatap ipv6/ip");
  const std::string name = is_sit ? name_in(command) : std::string();
  return is_shell(name) || !InterfaceName::parse(name) ? std::string() : name;
}

std::string lines_word(const Option& option) {
  return option.place.line == 0 ? option.name : "its line " + std::to_string(option.place.line);
}

}  // namespace

RecipeReader::RecipeReader(const Stanza& stanza, const std::string& tunnel)
    : stanza_(stanza),
      own_(tunnel == stanza.iface),
      takes_one_address_(own_ && stanza.method != "manual" && stanza.family == "inet6"),
      variables_(variables_of(stanza)),
      sits_(sits_before(stanza)) {
  recipe_.name = tunnel;
  const auto read_all = [&](std::string_view names, bool down) {
    for (const Option& option : stanza_.options)
      if (is_listed(names, option.name)) read(option, down);
  };
  read_all("pre-up", false);
  if (own_) options();
  read_all("up post-up", false);
  read_all(undoing, true);
  std::ranges::sort(lines_, std::less(), &RecipeLine::option);
  if (is_down_ && blocker_.empty()) blocker_ = "a line sets the tunnel down";
}

std::vector<std::string> RecipeReader::made_by(const Stanza& stanza) {
  std::vector<std::string> names;
  unsigned sits = sits_before(stanza);
  const Variables own = variables_of(stanza);
  for (const Option& option : stanza.options) {
    if (!is_listed(making, option.name)) continue;
    Variables variables = own;
    for (const ShellCommand& one : commands_of(option.value)) {
      const Words words = expanded(one.words, variables);
      if (takes_assignment(words, variables)) continue;
      auto commands = ip_commands(words);
      number_sits(commands, sits);
      for (const IpCommand& command : commands)
        if (const std::string name = situp::made_by(command);
            !name.empty() && !contains(names, name))
          names.push_back(name);
    }
  }
  return names;
}

/// The stanza's own options, which ifup carries out before its up lines.
void RecipeReader::options() {
  const bool opted_in = is_opted_in(stanza_);
  if (opted_in) recipe_.kind = kind_of(stanza_);
  const KindRow& kind = row_of(recipe_.kind);
  const auto take = [&](std::string& value, std::string_view stock, const std::string& ours) {
    for (const Option& option : stanza_.options)
      if (option.name == stock || option.name == ours) value = option.value;
  };
  take(recipe_.remote, "endpoint", kind.option("endpoint"));
  take(recipe_.local, "local", {});
  take(recipe_.dev, {}, kind.option("dev"));
  take(recipe_.ttl, "ttl", kind.option("ttl"));
  take(recipe_.tos, {}, kind.option("tos"));
  take(recipe_.pmtu, {}, kind.option("pmtu"));
  take(recipe_.mtu, "mtu", kind.option("mtu"));
  take(recipe_.gateway, "gateway", {});
  take(recipe_.metric, "metric", {});
  const auto list = [&](const std::string& name, std::size_t each, std::vector<std::string>& to) {
    for (const Option& option : stanza_.options) {
      if (option.name != name) continue;
      const auto words = words_of(option.value);
      for (std::size_t i = 0; i < words.size(); i += each)
        to.push_back(std::string(words[i]) +
                     (each == 2 && i + 1 < words.size() ? " " + std::string(words[i + 1]) : ""));
    }
  };
  std::vector<std::string> sources;
  list(kind.option("local"), 1, sources);
  if (!sources.empty()) recipe_.local.clear();
  for (const std::string& source : sources)
    recipe_.local += (recipe_.local.empty() ? "" : " ") + source;
  list(kind.option("lan"), 2, recipe_.lan);
  list(kind.option("routers"), 1, recipe_.routers);
  list(kind.option("routers-nodefault"), 1, recipe_.routers_nodefault);
  const Option* netmask = first_option(stanza_, "netmask");
  const std::string length = "/" + (netmask == nullptr ? "64" : netmask->value);
  for (const Option& option : stanza_.options)
    if (option.name == "address")
      if (const auto net = Ipv6Net::parse(
              option.value.find('/') == std::string::npos ? option.value + length : option.value))
        nets_.push_back(*net);
}

void RecipeReader::read(const Option& option, bool down) {
  auto commands = commands_of(option.value);
  const bool plain = is_plain(commands);
  Variables known = variables_;
  std::vector<Effect> effects;
  bool changes = false;
  bool tunnels = false;
  for (ShellCommand& one : commands) {
    const Words words = expanded(one.words, known);
    tunnels |= names_tunnel(words);
    if (takes_assignment(words, known)) {
      effects.push_back(Effect::idle);
      continue;
    }
    if (!plain) {
      for (const IpCommand& command : ip_commands(words))
        if (!down && situp::made_by(command) == recipe_.name) {
          recipe_.is_made = true;
          blocker_ = lines_word(option) + " makes the tunnel under a condition or in a pipe";
        }
      continue;
    }
    effects.push_back(effect(words, down));
    // Another interface's stanza must not remove what situp makes.
    changes |= effects.back() == Effect::taken || !dead_router_.empty() ||
               (!own_ && effects.back() == Effect::idle && names_tunnel(words));
    if (dead_router_.empty()) continue;
    const std::string text = without_router(one.text, dead_router_, known);
    if (text == one.text && effects.back() != Effect::taken && blocker_.empty())
      blocker_ = lines_word(option) + " has a route via " + dead_router_ +
                 ", which today's kernels refuse";
    one.text = text;
    if (const std::string remark = no_route_via(dead_router_); !contains(remarks_, remark))
      remarks_.push_back(remark);
    dead_router_.clear();
  }
  if (plain && !down && blocker_.empty() && is_decided(commands, effects))
    blocker_ = lines_word(option) + " changes the tunnel only if another command succeeds";
  // Where situp makes the device, pre-up lines come too early for it.
  const bool moves = !own_ || (option.name == "pre-up" && recipe_.is_made);
  // Only lines that set a value count; `up` alone does not.
  if (first_ == nullptr && (said_something_ || !blocker_.empty())) first_ = &option;
  if (!plain) {
    if (tunnels && moves) lines_.push_back({&option, {}, option.value});
    return;
  }
  const bool all_idle =
      std::all_of(effects.begin(), effects.end(), [](Effect e) { return e == Effect::idle; });
  changes |= moves && contains(effects, Effect::tunnels);
  if (changes || (own_ && all_idle)) part(option, commands, effects);
}

RecipeReader::Effect RecipeReader::effect(const Words& words, bool down) {
  const Words program = program_of(words);
  if (is_listed("true : exit", program[0])) return Effect::idle;
  if (program[0] == "modprobe" &&
      std::all_of(program.begin() + 1, program.end(), [](const std::string& word) {
        return is_listed("sit ipv6 tunnel4 ip_tunnel -q -a", word);
      }))
    return Effect::idle;
  auto commands = ip_commands(words);
  number_sits(commands, sits_);
  const Recipe before = recipe_;
  const bool was_down = is_down_;
  const bool had_said = said_something_;
  Effect all = Effect::idle;
  for (const IpCommand& command : commands) {
    const Effect one = effect(command, down);
    all = one == Effect::idle ? all : one;
    if (one == Effect::tunnels || one == Effect::others) break;
  }
  if (!commands.empty() && (all == Effect::taken || all == Effect::idle)) return all;
  // A command is taken as a whole or not at all.
  recipe_ = before;
  is_down_ = was_down;
  said_something_ = had_said;
  return all == Effect::tunnels || names_tunnel(words) ? Effect::tunnels : Effect::others;
}

RecipeReader::Effect RecipeReader::effect(const IpCommand& command, bool down) {
  if (command.object == "address") return address(command, down);
  if (command.object == "route") return route(command, down);
  if (const std::string name = situp::made_by(command); !name.empty())
    return name == recipe_.name && !down ? make(command) : Effect::others;
  if (command.words == Words{"dev", "sit0", "up"} || command.words == Words{"sit0", "up"})
    return Effect::idle;
  if (!contains(command.words, recipe_.name)) return Effect::others;
  if (command.verb == "prl") return router_list(command.words, down);
  if (command.verb == "delete") return remove(down);
  if (command.verb == "change" || command.verb == "set") return change(command.words, down);
  if (command.verb == "6rd" && !down)
    blocker_ =
        "its prefix is 6rd's: write a stanza with sixrd-prefix, as situp-interfaces(5) has it";
  return Effect::tunnels;
}

RecipeReader::Effect RecipeReader::make(const IpCommand& command) {
  Words words = command.words;
  words.erase(std::find(words.begin(), words.end(), recipe_.name));
  if (const auto name = std::find(words.begin(), words.end(), "name"); name != words.end())
    words.erase(name);
  if (!words.empty() && words[0] == "dev" && command.object == "link") words.erase(words.begin());
  recipe_.carries_ipv4 = command.object == "link";
  if (const std::string odd = set(words); !odd.empty() && blocker_.empty())
    blocker_ = "no option stands for " + quoted(odd) + " in the command that makes the tunnel";
  recipe_.is_made = said_something_ = true;
  return Effect::taken;
}

RecipeReader::Effect RecipeReader::change(const Words& words, bool down) {
  Words rest = words;
  const auto name = std::find(rest.begin(), rest.end(), recipe_.name);
  const bool after_dev = name != rest.begin() && is_listed("dev name", name[-1]);
  rest.erase(after_dev ? name - 1 : name, name + 1);
  if (down) return rest == Words{"down"} ? Effect::taken : Effect::tunnels;
  return set(rest).empty() ? Effect::taken : Effect::tunnels;
}

RecipeReader::Effect RecipeReader::remove(bool down) {
  if (down) return Effect::taken;
  // Before the tunnel is made, such a line removes what an earlier run has left.
  Recipe none;
  none.name = recipe_.name;
  return recipe_ == none ? Effect::idle : Effect::tunnels;
}

/// The arguments that add, change and set have in common. Returns the first one that is not
/// understood, without a change.
std::string RecipeReader::set(const Words& words) {
  Recipe found = recipe_;
  bool down = is_down_;
  bool said = said_something_;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "up" || word == "down") {
      down = word == "down";
      continue;
    }
    said = true;
    if (word == "isatap") found.kind = Kind::isatap;
    if (is_listed("pmtudisc nopmtudisc", word)) found.pmtu = word == "pmtudisc" ? "yes" : "no";
    if (is_listed("pmtudisc nopmtudisc isatap", word)) continue;
    if (++i == words.size()) return word;
    const std::string& value = words[i];
    const bool is_any = value == "any" || value == "0.0.0.0";
    if (word == "mode" || word == "type") {
      if (!is_listed("sit isatap ipv6/ip ip6ip any", value)) return word;
      if (word == "mode") found.carries_ipv4 = value == "any";
      if (value == "isatap") found.kind = Kind::isatap;
    } else if (word == "remote") {
      found.remote = is_any ? "" : value;
    } else if (word == "local") {
      found.local = is_any ? "any" : value;
    } else if (word == "dev" || word == "link") {
      found.dev = value;
    } else if (is_listed("ttl hoplimit hlim", word)) {
      if (value != "inherit" && !parse_number(value, 255)) return word;
      found.ttl = value == "0" ? "inherit" : value;
    } else if (is_listed("tos dsfield tclass", word)) {
      const auto tos = ip_tos(value);
      if (!tos) return word;
      found.tos = *tos == 1 ? "inherit" : std::to_string(*tos);
    } else if (word == "mtu") {
      const auto mtu = ip_number(value);
      if (!mtu) return word;
      found.mtu = std::to_string(*mtu);
    } else {
      return word;
    }
  }
  recipe_ = found;
  is_down_ = down;
  said_something_ = said;
  return {};
}

bool RecipeReader::names_tunnel(const Words& words) const {
  const auto is_name = [](char c) { return c == '-' || c == '_' || is_letter_or_digit(c); };
  for (const std::string& word : words)
    for (auto at = word.find(recipe_.name); at != std::string::npos;
         at = word.find(recipe_.name, at + 1)) {
      const std::size_t end = at + recipe_.name.size();
      if ((at == 0 || !is_name(word[at - 1])) && (end == word.size() || !is_name(word[end])))
        return true;
    }
  return false;
}

}  // namespace situp
