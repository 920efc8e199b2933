// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/check/up_lines.h"

#include <algorithm>
#include <string>

#include "model/check/ip_commands.h"
#include "model/stanza/words.h"

namespace situp {
namespace {

using Words = std::vector<std::string>;

constexpr unsigned mtu_without_route = 1480;
constexpr std::uint32_t net_tools_metric = 1;  // of `route -A inet6 add`

using Keys = std::initializer_list<std::string_view>;

bool among(Keys words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// The value behind the first of these keys.
std::optional<std::string> behind(const Words& words, Keys keys) {
  for (std::size_t i = 0; i + 1 < words.size(); ++i)
    if (among(keys, words[i])) return words[i + 1];
  return std::nullopt;
}

bool has(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Decimal, or hexadecimal as `ip` takes it.
std::optional<std::uint32_t> number_of(const std::string& text) {
  if (text.rfind("0x", 0) != 0) return parse_number(text, 0xffffffff);
  if (text.size() < 3 || text.size() > 10 ||
      text.find_first_not_of("0123456789abcdefABCDEF", 2) != std::string::npos)
    return std::nullopt;
  return static_cast<std::uint32_t>(std::stoul(text, nullptr, 16));
}

std::string word_of(std::uint8_t value, std::uint8_t inherit) {
  return value == inherit ? "inherit" : std::to_string(value);
}

/// A conditional command has no certain effect.
bool is_conditional(const std::vector<Words>& commands) {
  return std::any_of(commands.begin(), commands.end(), [&](const Words& command) {
    return among({"if", "case", "while", "until", "for", "[", "[[", "test"}, command[0]);
  });
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
      for (const Words& one : commands) command(one);
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

  void command(Words words) {
    if (words[0] == "sudo" || words[0] == "exec") words.erase(words.begin());
    if (words.empty()) return;
    const std::string program = words[0].substr(words[0].rfind('/') + 1);
    words.erase(words.begin());
    if (program == "ifconfig") return link(words);
    if (program == "route") return old_route(words);
    if (program != "ip") return;
    const bool inet6 = take_ip_options(words);
    if (words.size() < 2) return;
    const std::string object = words[0], verb = words[1];
    words.erase(words.begin(), words.begin() + 2);
    const auto is = [](std::string_view whole, const std::string& part) {
      return !part.empty() && whole.rfind(part, 0) == 0;
    };
    const bool removes = verb.size() > 1 ? is("delete", verb) : verb == "d";
    if (is("tunnel", object) || object == "tunl") {
      if (removes && names_own(words)) say("removes the tunnel: remove the line");
      if ((is("change", verb) || verb == "chg") && names_own(words)) settings(words);
    } else if (is("link", object)) {
      if (removes && names_own(words)) say("removes the tunnel: remove the line");
      if (is("set", verb) || is("change", verb)) link(words);
    } else if (is("address", object)) {
      if (is("flush", verb) && names_own(words))
        say("takes the tunnel's addresses off: remove the line");
    } else if (is("route", object)) {
      route(verb, words, inet6, DefaultRoute{}.metric);
    }
  }

  void link(const Words& words) {
    if (!names_own(words)) return;
    if (has(words, "down")) set_down_ = line_;
    if (has(words, "up")) set_down_ = nullptr;
    if (has(words, "name") && !is_own(*behind(words, {"name"})))
      say("gives the tunnel another name: name the stanza so instead");
    settings(words);
  }

  void differs(const std::string& what, const std::string& value, const std::string& has,
               const std::string& option) {
    say("sets " + what + " " + quoted(value) + " on the tunnel, and the stanza stands for " + has +
        ": write " + option + " in place of the line");
  }

  void settings(const Words& words) {
    if (const auto mtu = behind(words, {"mtu"}))
      if (!spec_.mtu || number_of(*mtu) != *spec_.mtu)
        differs("mtu", *mtu, spec_.mtu ? std::to_string(*spec_.mtu) : "auto",
                ours_ + "mtu " + *mtu);
    if (const auto ttl = behind(words, {"ttl", "hoplimit", "hlim"}))
      if (*ttl != word_of(spec_.sit.ttl, 0) && number_of(*ttl) != spec_.sit.ttl)
        differs("ttl", *ttl, word_of(spec_.sit.ttl, 0), ours_ + "ttl " + *ttl);
    if (const auto tos = behind(words, {"tos", "dsfield", "tclass", "class"}))
      if (*tos != word_of(spec_.sit.tos, 1) && number_of(*tos) != spec_.sit.tos)
        differs("tos", *tos, word_of(spec_.sit.tos, 1), ours_ + "tos " + *tos);
    if (spec_.sit.pmtu && has(words, "nopmtudisc"))
      say("lets routers fragment outer packets, and the stanza does not: write " + ours_ +
          "pmtu no and " + ours_ + "ttl inherit in place of the line");
    if (!spec_.sit.pmtu && has(words, "pmtudisc"))
      say("sets DF on outer packets, and the stanza does not: remove " + ours_ +
          "pmtu in place of the line");
    ends(words);
  }

  void ends(const Words& words) {
    if (const auto local = behind(words, {"local"})) {
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
    if (const auto remote = behind(words, {"remote"})) {
      const auto address = Ipv4::parse(*remote);
      if (!address || !spec_.endpoint || *spec_.endpoint != Host(*address))
        say("sets another far end than the stanza: remove the line");
    }
  }

  /// route -A inet6 add default …
  void old_route(Words words) {
    bool inet6 = false;
    while (!words.empty() && words[0][0] == '-') {
      const bool takes_one = words[0] == "-A" && words.size() > 1;
      inet6 = inet6 || words[0] == "-6" || (takes_one && words[1] == "inet6");
      words.erase(words.begin(), words.begin() + (takes_one ? 2 : 1));
    }
    if (!inet6 || words.empty()) return;
    const std::string verb = words[0];
    words.erase(words.begin());
    route(verb, words, true, net_tools_metric);
  }

  void route(const std::string& verb, const Words& words, bool inet6, std::uint32_t metric) {
    if (!spec_.gateway) return;
    const auto via = behind(words, {"via", "gw"});
    const auto dev = behind(words, {"dev"});
    const auto table = behind(words, {"table"});
    const bool is_default =
        has(words, "::/0") || (has(words, "default") && (inet6 || (via && Ipv6::parse(*via))));
    const bool is_main = !table || *table == "main" || *table == std::to_string(main_table);
    if (!is_default || !is_main || has(words, "from")) return;
    if (const auto given = behind(words, {"metric", "priority", "preference"}))
      metric = number_of(*given).value_or(0);
    const bool same_metric = metric == metric_ || (metric == 0 && metric_ == DefaultRoute{}.metric);
    const bool own = dev && is_own(*dev);
    // With ||, the user has handled the failure.
    if (verb == "add" && same_metric && line_->value.find("||") == std::string::npos)
      say("adds a default route of metric " + std::to_string(metric_) +
          ", which gateway has made already, so it fails: remove the line, or gateway");
    if (verb == "replace" && same_metric && dev && !own)
      say("replaces the tunnel's own default route: remove the line, or gateway");
    if ((verb == "del" || verb == "delete") && own)
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
  const auto mtu = given("mtu");
  if (link.mtu != wanted.mtu && !(mtu ? link.mtu == *mtu : by_kernel))
    return error("mtu", std::to_string(link.mtu), std::to_string(wanted.mtu));
  return std::nullopt;
}

}  // namespace situp
