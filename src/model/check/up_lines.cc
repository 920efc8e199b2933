// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/check/up_lines.h"

#include <algorithm>
#include <string>

#include "base/list.h"
#include "base/text.h"
#include "model/check/ip_commands.h"
#include "model/check/shell.h"
#include "model/stanza/words.h"

namespace situp {
namespace {

using Words = std::vector<std::string>;

constexpr unsigned mtu_without_route = 1480;

/// The value behind the first of these keys (base/text.h, is_listed()).
std::optional<std::string> behind(const Words& words, std::string_view keys) {
  const auto key = std::find_if(words.begin(), words.end(),
                                [&](const std::string& word) { return is_listed(keys, word); });
  if (words.end() - key < 2) return std::nullopt;
  return key[1];
}

std::string word_of(std::uint8_t value, std::uint8_t inherit) {
  return value == inherit ? "inherit" : std::to_string(value);
}

class Lines {
 public:
  Lines(const Stanza& stanza, const TunnelSpec& spec, std::uint32_t default_metric)
      : stanza_(stanza),
        spec_(spec),
        metric_(spec.metric.value_or(default_metric)),
        ours_(spec.kind().option("")) {}

  std::vector<Complaint> read() {
    for (const Option& option : stanza_.options) {
      if (option.name != "up" && option.name != "post-up") continue;
      const auto commands = commands_of(option.value);
      if (is_conditional(commands)) continue;
      line_ = &option;
      for (const ShellCommand& one : commands)
        for (const IpCommand& command : ip_commands(one.words)) read(command);
    }
    if (set_down_ != nullptr) {
      line_ = set_down_;
      say("sets the tunnel down: remove the line");
    }
    return std::move(all_);
  }

 private:
  void say(std::string why) { all_.push_back(bad(*line_, std::move(why))); }

  bool is_own(const std::string& name) const {
    return name == spec_.iface.str() || name == "$IFACE" || name == "${IFACE}";
  }
  bool names_own(const Words& words) const {
    return std::any_of(words.begin(), words.end(),
                       [this](const std::string& word) { return is_own(word); });
  }

  void read(const IpCommand& command) {
    const std::string& verb = command.verb;
    const Words& words = command.words;
    if (command.object == "route") return route(command);
    if (!names_own(words)) return;
    if (command.object == "address") {
      if (verb == "flush") say("takes the tunnel's addresses off: remove the line");
    } else if (verb == "delete") {
      say("removes the tunnel: remove the line");
    } else if (command.object == "link" && verb == "set") {
      link(words);
    } else if (verb == "change") {
      settings(words);
    }
  }

  void link(const Words& words) {
    if (contains(words, "down")) set_down_ = line_;
    if (contains(words, "up")) set_down_ = nullptr;
    if (const auto name = behind(words, "name"); name && !is_own(*name))
      say("gives the tunnel another name: name the stanza so instead");
    settings(words);
  }

  void differs(const std::string& what, const std::string& value, const std::string& has,
               const std::string& option) {
    say("sets " + what + " " + quoted(value) + " on the tunnel, and the stanza stands for " + has +
        ": write " + option + " in place of the line");
  }

  void settings(const Words& words) {
    if (const auto mtu = behind(words, "mtu"))
      if (!spec_.mtu || ip_number(*mtu) != *spec_.mtu)
        differs("mtu", *mtu, spec_.mtu ? std::to_string(*spec_.mtu) : "auto",
                ours_ + "mtu " + *mtu);
    if (const auto ttl = behind(words, "ttl hoplimit hlim"))
      if (*ttl != word_of(spec_.sit.ttl, 0) && ip_number(*ttl) != spec_.sit.ttl)
        differs("ttl", *ttl, word_of(spec_.sit.ttl, 0), ours_ + "ttl " + *ttl);
    if (const auto tos = behind(words, "tos dsfield tclass")) {
      const auto value = ip_tos(*tos);
      if (value != spec_.sit.tos)
        differs("tos", *tos, word_of(spec_.sit.tos, 1),
                ours_ + "tos " + (value ? word_of(*value, 1) : "in decimal"));
    }
    if (spec_.sit.pmtu && contains(words, "nopmtudisc"))
      say("lets routers fragment outer packets, and the stanza does not: write " + ours_ +
          "pmtu no and " + ours_ + "ttl inherit in place of the line");
    if (!spec_.sit.pmtu && contains(words, "pmtudisc"))
      say("sets DF on outer packets, and the stanza does not: remove " + ours_ +
          "pmtu in place of the line");
    ends(words);
  }

  void ends(const Words& words) {
    if (const auto local = behind(words, "local")) {
      const auto address = Ipv4::parse(*local);
      const auto is_it = [&](const Source& source) {
        return address && source == Source(*address);
      };
      const bool is_any = *local == "any" && spec_.local.size() == 1 &&
                          std::holds_alternative<AnyLocal>(spec_.local[0]);
      if (!is_any && std::none_of(spec_.local.begin(), spec_.local.end(), is_it))
        say("sets the tunnel's local address, which is situp's: write " + ours_ +
            "local with a source or an address in place of the line");
    }
    if (const auto remote = behind(words, "remote")) {
      const auto address = Ipv4::parse(*remote);
      if (!address || spec_.endpoint != Host(*address))
        say("sets another far end than the stanza: remove the line");
    }
  }

  void route(const IpCommand& command) {
    if (!spec_.gateway) return;
    const std::string& verb = command.verb;
    const Words& words = command.words;
    std::uint32_t metric = DefaultRoute{}.metric;
    const auto dev = behind(words, "dev");
    const auto table = behind(words, "table");
    const bool is_main = !table || *table == "main" || *table == std::to_string(main_table);
    if (!is_default6(command) || !is_main || contains(words, "from")) return;
    if (const auto given = behind(words, "metric priority preference"))
      metric = ip_number(*given).value_or(0);
    const bool same_metric = metric == metric_ || (metric == 0 && metric_ == DefaultRoute{}.metric);
    const bool own = dev && is_own(*dev);
    // With ||, the user has handled the failure.
    if (verb == "add" && same_metric && line_->value.find("||") == std::string::npos)
      say("adds a default route of metric " + std::to_string(metric_) +
          ", which gateway has made already, so it fails: remove the line, or gateway");
    if (verb == "replace" && same_metric && dev && !own)
      say("replaces the tunnel's own default route: remove the line, or gateway");
    if (verb == "delete" && own)
      say("removes the tunnel's default route: remove the line, or gateway");
  }

  const Stanza& stanza_;
  const TunnelSpec& spec_;
  std::uint32_t metric_;
  std::string ours_;
  const Option* line_ = nullptr;
  const Option* set_down_ = nullptr;
  std::vector<Complaint> all_;
};

}  // namespace

std::vector<Complaint> contradictions(const Stanza& stanza, const TunnelSpec& spec,
                                      std::uint32_t default_metric) {
  return Lines(stanza, spec, default_metric).read();
}

std::optional<Error> set_by_others(const Stanza& stanza, const Tunnel& wanted, const LiveLink& link,
                                   const Live& live) {
  const auto given = [&](std::string_view name) -> std::optional<std::uint32_t> {
    for (const Option& option : stanza.options)
      if (option.name == name) return parse_number(option.value, 0xffff);
    return std::nullopt;
  };
  const auto error = [&](const std::string& what, const std::string& value,
                         const std::string& should) {
    return Error(Exit::configuration, wanted.iface.str(),
                 "an up line or another hook has set " + what + " " + value +
                     " on the tunnel, and the stanza stands for " + should + ": write v4tunnel-" +
                     what + " " + value + " in place of that");
  };
  const Sit& sit = *link.sit;
  if (sit.ttl != wanted.sit.ttl && sit.ttl != given("ttl").value_or(0))
    return error("ttl", word_of(sit.ttl, 0), word_of(wanted.sit.ttl, 0));
  if (sit.tos != wanted.sit.tos && sit.tos != 0)
    return error("tos", word_of(sit.tos, 1), word_of(wanted.sit.tos, 1));
  // Without `mtu`, the kernel has taken the MTU of the interface by which packets leave.
  bool by_kernel = link.mtu == mtu_without_route;
  live.for_each_link([&](const LiveLink& other) {
    by_kernel |= other.index != link.index && link.mtu == mtu_over(other.mtu);
  });
  if (link.mtu != wanted.mtu && (given("mtu") || !by_kernel))
    return error("mtu", std::to_string(link.mtu), std::to_string(wanted.mtu));
  return std::nullopt;
}

}  // namespace situp
