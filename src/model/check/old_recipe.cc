// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/check/old_recipe.h"

#include <algorithm>
#include <array>
#include <utility>

#include "model/address.h"
#include "model/ask/services.h"
#include "model/check/ip_commands.h"
#include "model/stanza/spec.h"
#include "model/stanza/words.h"

namespace situp {
namespace {

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool is_command_line(const Option& option) {
  return is_carried_out(option.name, Carrier::command_line);
}

/// The stanza's own device, or the one that its command lines make.
std::string tunnel_of(const Stanza& stanza) {
  if (stanza.method == "v4tunnel" || is_opted_in(stanza)) return stanza.iface;
  for (const Option& option : stanza.options) {
    if (!is_command_line(option)) continue;
    for (const auto& command : commands_of(option.value)) {
      std::string name = TunnelCommands::made_by(command);
      if (name == "$IFACE" || name == "${IFACE}") return stanza.iface;
      if (!name.empty()) return name;
    }
  }
  return {};
}

class Rewrite {
 public:
  Rewrite(const Stanza& stanza, std::string tunnel, const HostProgram& host)
      : stanza_(stanza),
        tunnel_(std::move(tunnel)),
        host_(host),
        lines_(stanza.iface, tunnel_, stanza.method == "v4tunnel") {}

  /// True if the stanza has any part of the recipe.
  bool look() {
    own_ = tunnel_ == stanza_.iface;
    stock_ = stanza_.method == "v4tunnel";
    // Twice: a `down` line may stand before the `up` line that it undoes.
    for (int round = 0; round < 2; ++round) {
      taken_.clear();
      for (const Option& option : stanza_.options)
        if (is_command_line(option) && lines_.take(option.value)) taken_.push_back(&option);
    }
    const Option* local = find("local");
    shell_ = local != nullptr && is_shell(local->value) ? source_for(local->value) : std::string();
    if (!shell_.empty()) where_ = local;
    if (where_ == nullptr && lines_.said_something()) where_ = taken_.front();
    if (where_ == nullptr) return false;
    if (!own_ || !stock_) return !lines_.remote.empty();
    return true;
  }

  Finding finding(bool automatic, unsigned keepalive) const {
    const std::string why =
        std::string(shell_.empty()
                        ? "situp does this by itself, and undoes it"
                        : "ifup runs what comes back as a shell command, and where the metadata "
                          "service demands a token nothing comes back") +
        ": paste the stanza that is printed for it";
    return {Finding::Weight::hint, bad(*where_, why), text(automatic, keepalive)};
  }

  bool has_default_route() const { return lines_.default_route || !gateway().empty(); }

  std::string gateway() const {
    const Option* given = find("gateway");
    return given != nullptr && own_ ? given->value : lines_.gateway;
  }

 private:
  const Option* find(std::string_view name) const { return first_option(stanza_, name); }

  std::string local() const {
    if (!shell_.empty()) return shell_;
    const Option* given = find("local");
    std::string word = lines_.local;
    if (word.empty() && given != nullptr) word = given->value;
    if (is_shell(word)) return source_for(word);
    // An address is right on this one host only, but the user wrote it.
    return word.empty() || word == "any" ? "ec2" : word;
  }

  std::string text(bool automatic, unsigned keepalive) const {
    const std::string where = str(stanza_.place);
    std::string result = own_ ? "# in the place of " + where + "\n"
                              : "# beside " + where + ", which stays, without " + taken() + "\n";
    if (automatic) result += "auto " + tunnel_ + "\n";
    const Option* end = find("endpoint");
    const bool plain_end = end != nullptr && Ipv4::parse(end->value);
    // The stock method wants an IPv4 address there, and can't make a route without a router.
    const bool stock = own_ && stock_ && plain_end && host_.reads_method &&
                       !(lines_.default_route && gateway().empty());
    result += "iface " + tunnel_ + " inet6 " + (stock ? "v4tunnel" : "manual") + "\n";
    const auto line = [&](const std::string& name, const std::string& value) {
      if (!value.empty()) result += "    " + name + " " + value + "\n";
    };
    if (stock)
      as_stock(line);
    else
      as_manual(line);
    line("v4tunnel-local", local());
    if (find("v4tunnel-lan") == nullptr)
      for (const std::string& one : lines_.lan) line("v4tunnel-lan", one);
    if (find("v4tunnel-keepalive") == nullptr && keepalive != 0 && !gateway().empty())
      line("v4tunnel-keepalive", std::to_string(keepalive));
    if (own_) others(line, stock);
    return result + "\n";
  }

  template <typename Line>
  void as_stock(Line&& line) const {
    for (const Option& option : stanza_.options) {
      if (is_command_line(option) || option.name == "local" || option.name == "v4tunnel-local")
        continue;
      if (option.name == "netmask" && Ipv6Net::parse(address_word())) continue;
      line(option.name, option.value);
      if (option.name == "address" && find("netmask") == nullptr && Ipv6::parse(address_word()))
        line("netmask", "64");
    }
    if (find("gateway") == nullptr) line("gateway", lines_.gateway);
    if (find("metric") == nullptr) line("metric", lines_.metric);
    if (find("mtu") == nullptr) line("mtu", lines_.mtu);
  }

  std::string address_word() const {
    const Option* given = find("address");
    return given == nullptr ? std::string() : given->value;
  }

  template <typename Line>
  void as_manual(Line&& line) const {
    if (own_ && !address_word().empty() && stanza_.family == "inet6") {
      const Option* netmask = find("netmask");
      const std::string length = netmask == nullptr ? "64" : netmask->value;
      line("address", holds(address_word(), "/") ? address_word() : address_word() + "/" + length);
    }
    for (const std::string& one : lines_.addresses)
      if (one != address_word()) line("address", one);
    const std::string router = gateway();
    if (!router.empty() || lines_.default_route) line("gateway", router.empty() ? "::" : router);
    line("metric", lines_.metric);
    const Option* end = find("endpoint");
    line("v4tunnel-endpoint", end != nullptr && own_ ? end->value : lines_.remote);
    const Option* ttl = find("ttl");
    const std::string hops = ttl != nullptr && own_ ? ttl->value : lines_.ttl;
    if (hops != "255") line("v4tunnel-ttl", hops);
    line("v4tunnel-tos", lines_.tos == "inherit" ? "" : lines_.tos);
    const Option* size = find("mtu");
    const std::string mtu = size != nullptr && own_ ? size->value : lines_.mtu;
    // Without it, ifupdown2 sets 1500.
    line("mtu", mtu.empty() && host_.default_mtu != 0 ? "1480" : mtu);
    // Without it, ifupdown-ng 0.11 takes a failure for a success.
    if (host_.passes_over_failures) line("up", "test -e /sys/class/net/$IFACE");
  }

  /// Keeps lines that do not belong to the recipe.
  template <typename Line>
  void others(Line&& line, bool stock) const {
    constexpr std::array said{"address", "netmask", "gateway",  "metric",        "mtu",
                              "ttl",     "local",   "endpoint", "v4tunnel-local"};
    for (const Option& option : stanza_.options) {
      const bool known = std::find(said.begin(), said.end(), option.name) != said.end();
      const bool stays = is_command_line(option) ? !is_taken(option) : !stock && !known;
      if (stays) line(option.name, option.value);
    }
  }

  /// The lines of another interface's stanza that the tunnel's own one replaces.
  std::string taken() const {
    std::string text = taken_.size() == 1 ? "its line " : "its lines ";
    for (const Option* option : taken_) {
      if (option != taken_.front()) text += ", ";
      // Inherited lines may stand in another file.
      if (option->place.file != stanza_.place.file) text += option->place.file + ":";
      text += std::to_string(option->place.line);
    }
    return text;
  }

  bool is_taken(const Option& option) const {
    return std::find(taken_.begin(), taken_.end(), &option) != taken_.end();
  }

  const Stanza& stanza_;
  std::string tunnel_;
  const HostProgram& host_;
  TunnelCommands lines_;
  bool own_ = false, stock_ = false;
  std::string shell_;
  std::vector<const Option*> taken_;
  const Option* where_ = nullptr;
};

/// Seconds between two runs, by the minute and hour fields of a crontab; 0 if the fields don't
/// tell.
unsigned seconds_of(std::string_view minute, std::string_view hour) {
  if (minute == "@hourly") return 3600;
  if (minute.substr(0, 1) == "@") return 86400;
  if (minute == "*") return 60;
  if (const auto slash = minute.find('/'); slash != std::string_view::npos)
    return parse_number(minute.substr(slash + 1), 60).value_or(0) * 60;
  const auto commas = static_cast<unsigned>(std::count(minute.begin(), minute.end(), ','));
  if (commas != 0) return 3600 / (commas + 1);
  return hour == "*" ? 3600 : 86400;
}

}  // namespace

std::string source_for(std::string_view command) {
  if (holds(command, "situp address")) return {};
  // Services that are no sources: there, too, the command asked for the address that the kernel
  // itself uses.
  for (const char* other : {"computeMetadata", "/metadata/instance", "/opc/v", "/hetzner/"})
    if (holds(command, other)) return "route";
  // Many have the address of the default one, so that comes last.
  for (auto service = services().rbegin(); service != services().rend(); ++service)
    for (const std::string_view trace : service->traces)
      if (holds(command, trace)) return std::string(service->name);
  const auto words = words_of(command);
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const std::string_view before = words[i].substr(words[i].find_last_of("(`/") + 1);
    constexpr std::array shows{"dev", "ifconfig", "show", "sh", "s", "list", "lst", "ls", "l"};
    if (std::find(shows.begin(), shows.end(), before) == shows.end()) continue;
    const std::string_view word = words[i + 1].substr(0, words[i + 1].find_first_of("|;)`"));
    // ip-address(8): words that may stand in the place of a name.
    constexpr std::array filters{"dev",       "up",       "scope",     "to",        "label",
                                 "type",      "master",   "permanent", "dynamic",   "primary",
                                 "vrf",       "nomaster", "secondary", "temporary", "deprecated",
                                 "tentative", "group"};
    if (std::find(filters.begin(), filters.end(), word) == filters.end() && !is_shell(word) &&
        word.substr(0, 1) != "-" && InterfaceName::parse(word))
      return "interface:" + std::string(word);
  }
  return "route";
}

std::vector<CronPing> pings_in_crontab(std::string_view text, const std::string& file) {
  std::vector<CronPing> pings;
  for (unsigned number = 1; !text.empty(); ++number) {
    const std::string_view line = take_until(text, '\n');
    const auto words = words_of(line);
    if (words.size() < 3 || words[0][0] == '#') continue;
    const bool six = holds(line, "ping6") || (holds(line, "ping") && holds(line, " -6"));
    if (!six || holds(words[0], "=")) continue;
    pings.push_back({{file, number}, std::string(line), seconds_of(words[0], words[1])});
  }
  return pings;
}

void claim_pings(const std::vector<Stanza>& stanzas, std::vector<CronPing>& pings) {
  for (CronPing& ping : pings) {
    for (const Stanza& stanza : stanzas) {
      const auto is_gateway = [&](const Option& option) {
        return option.name == "gateway" && holds(ping.command, option.value);
      };
      if (holds(ping.command, stanza.iface) ||
          std::any_of(stanza.options.begin(), stanza.options.end(), is_gateway))
        ping.astray = false;
    }
  }
}

std::vector<Finding> rewrite_old_recipe(const Stanza& stanza, bool automatic,
                                        const std::vector<CronPing>& pings,
                                        const HostProgram& host) {
  std::vector<Finding> findings;
  const std::string tunnel = tunnel_of(stanza);
  if (!InterfaceName::parse(tunnel)) return findings;
  Rewrite rewrite(stanza, tunnel, host);
  const bool found = rewrite.look();
  unsigned keepalive = 0;
  for (const CronPing& ping : pings) {
    const std::string gateway = rewrite.gateway();
    const bool named =
        holds(ping.command, tunnel) || (!gateway.empty() && holds(ping.command, gateway));
    if (!named && !(ping.astray && rewrite.has_default_route())) continue;
    // EC2 forgets a flow after 600 s.
    keepalive = ping.seconds == 0 || ping.seconds > 300 ? 120 : ping.seconds;
    findings.push_back(
        {Finding::Weight::hint,
         Complaint(ping.place, "ping",
                   (named ? std::string() : "if this is to keep " + tunnel + " alive, ") +
                       "v4tunnel-keepalive " + std::to_string(keepalive) + " in " +
                       (named ? tunnel + "'s" : "its") +
                       " stanza does this while the tunnel is up: remove the cron job then")});
  }
  if (found) findings.push_back(rewrite.finding(automatic, keepalive));
  return findings;
}

}  // namespace situp
