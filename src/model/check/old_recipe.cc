// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/check/old_recipe.h"

#include <algorithm>
#include <optional>

#include "base/list.h"
#include "base/text.h"
#include "model/address.h"
#include "model/check/local_source.h"
#include "model/check/recipe.h"
#include "model/check/recipe_stanza.h"
#include "model/stanza/spec.h"
#include "model/stanza/words.h"

namespace situp {
namespace {

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// For each tunnel, all lines are read again. A stanza with more of either is no recipe of a
/// person's.
constexpr std::size_t most_bytes = 65536;
constexpr std::size_t most_tunnels = 8;

/// The stanza's own device if it is a tunnel, and those that its command lines make.
std::vector<std::string> tunnels_of(const Stanza& stanza) {
  std::size_t bytes = 0;
  for (const Option& option : stanza.options) bytes += option.value.size();
  if (bytes > most_bytes) return {};
  std::vector<std::string> names = RecipeReader::made_by(stanza);
  if ((stanza.method == "v4tunnel" || is_opted_in(stanza)) && InterfaceName::parse(stanza.iface) &&
      !contains(names, stanza.iface))
    names.insert(names.begin(), stanza.iface);
  names.resize(std::min(names.size(), most_tunnels));
  return names;
}

/// A tunnel that a stanza makes, and the stanza for situp.
class OldRecipe {
 public:
  OldRecipe(const Stanza& stanza, const std::string& tunnel)
      : stanza_(stanza), own_(tunnel == stanza.iface), reader_(stanza, tunnel) {
    if (const Option* local = own_ ? first_option(stanza, "local") : nullptr;
        local != nullptr && is_shell(local->value)) {
      source_ = local_source(local->value);
      if (!source_->is_situps) where_ = local;
    }
    if (where_ == nullptr) where_ = reader_.first_line();
  }

  const std::string& tunnel() const { return reader_.recipe().name; }
  /// Empty, or :: without a router.
  const std::string& gateway() const { return reader_.recipe().gateway; }
  /// The option of its kind.
  std::string keepalive() const { return row_of(reader_.recipe().kind).option("keepalive"); }

  /// Adds nothing if the stanza has no part of a recipe.
  void add(const HostProgram& host, bool automatic, unsigned keepalive,
           std::vector<Finding>& findings) const {
    if (where_ == nullptr) return;
    const RecipeStanza instead = recipe_stanza(stanza_, reader_, host, keepalive);
    const auto hint = [&](const std::string& why, const std::string& text) {
      findings.push_back({Finding::Weight::hint, bad(*where_, why), text});
    };
    if (instead.blocker.empty())
      return hint(why() + ": paste the stanza that is printed for it", text(instead, automatic));
    // Mistakes of other stanzas are reported already.
    if (is_command() || reader_.recipe().is_made)
      hint("belongs to an old recipe, and check has no stanza for it: " + instead.blocker, {});
  }

 private:
  bool is_command() const { return source_ && !source_->is_situps; }

  std::string why() const {
    if (!is_command()) return "situp does this by itself, and undoes it";
    if (source_->asks_without_token)
      return "ifup runs the service's answer as a shell command, and gets no answer if the service "
             "demands a token";
    return "ifup puts the output of this command into its own, unread";
  }

  std::string text(const RecipeStanza& instead, bool automatic) const {
    const Stanza& stanza = instead.stanza;
    const std::string where = str(stanza_.place);
    std::string result = own_ ? "# in the place of " + where + "\n"
                              : "# beside " + where + ", which stays" + changed_lines() + "\n";
    for (const std::string& difference : instead.differences)
      result += "# unlike the recipe: " + difference + "\n";
    if (automatic) result += "auto " + stanza.iface + "\n";
    result += "iface " + stanza.iface + " inet6 " + stanza.method + "\n";
    for (const Option& option : stanza.options)
      result += "    " + option.written() + " " + option.value + "\n";
    return result + "\n";
  }

  /// The lines of another interface's stanza that the tunnel's own one replaces.
  std::string changed_lines() const {
    std::string gone;
    std::string shorter;
    unsigned count = 0;
    for (const RecipeLine& line : reader_.lines()) {
      const Place& place = line.option->place;
      // Inherited lines may stand in another file.
      const std::string at = (place.file != stanza_.place.file ? place.file + ":" : std::string()) +
                             std::to_string(place.line);
      if (!line.stays.empty()) {
        shorter += ", with line " + at + " as " + line.option->written() + " " + line.stays;
        continue;
      }
      gone += (gone.empty() ? "" : ", ") + at;
      ++count;
    }
    if (!gone.empty()) gone = (count == 1 ? ", without its line " : ", without its lines ") + gone;
    return gone + shorter;
  }

  const Stanza& stanza_;
  bool own_;
  RecipeReader reader_;
  std::optional<LocalSource> source_;
  const Option* where_ = nullptr;
};

/// Seconds between two runs, by the minute and hour fields of a crontab; 0 if the fields don't
/// tell.
unsigned seconds_of(std::string_view minute, std::string_view hour) {
  if (minute == "@hourly") return 3600;
  if (minute.starts_with('@')) return 86400;
  if (minute == "*") return 60;
  if (const auto slash = minute.find('/'); slash != std::string_view::npos)
    return parse_number(minute.substr(slash + 1), 60).value_or(0) * 60;
  const auto commas = static_cast<unsigned>(std::count(minute.begin(), minute.end(), ','));
  if (commas != 0) return 3600 / (commas + 1);
  return hour == "*" ? 3600 : 86400;
}

/// The seconds for the tunnel's keepalive, by the pings that are meant for it, and a finding for
/// each; 0: there are none.
unsigned keepalive_for(const OldRecipe& recipe, const std::vector<CronPing>& pings,
                       std::vector<Finding>& findings) {
  const std::string& tunnel = recipe.tunnel();
  const std::string& gateway = recipe.gateway();
  unsigned keepalive = 0;
  for (const CronPing& ping : pings) {
    const bool named = holds(ping.command, tunnel) ||
                       (!gateway.empty() && gateway != "::" && holds(ping.command, gateway));
    if (!named && !(ping.astray && !gateway.empty())) continue;
    // EC2 forgets a flow after 600 s.
    keepalive = ping.seconds == 0 || ping.seconds > 300 ? 120 : ping.seconds;
    findings.push_back(
        {Finding::Weight::hint,
         Complaint(ping.place, "ping",
                   (named ? std::string() : "if this is to keep " + tunnel + " alive, ") +
                       recipe.keepalive() + " " + std::to_string(keepalive) + " in " +
                       (named ? tunnel + "'s" : "its") +
                       " stanza does this while the tunnel is up: remove the cron job then")});
  }
  return keepalive;
}

}  // namespace

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
  if (is_six_to_four(stanza)) {
    const Option* end = first_option(stanza, "endpoint");
    findings.push_back({Finding::Weight::hint,
                        end == nullptr ? bad(stanza, "iface " + stanza.logical, why_not_six_to_four)
                                       : bad(*end, why_not_six_to_four),
                        six_to_four_stanza(stanza, automatic)});
    return findings;
  }
  for (const std::string& tunnel : tunnels_of(stanza)) {
    const OldRecipe recipe(stanza, tunnel);
    const unsigned keepalive = keepalive_for(recipe, pings, findings);
    recipe.add(host, automatic, keepalive, findings);
    // The next tunnel's stanza is for what the paste of this one leaves.
    if (!findings.empty() && !findings.back().instead.empty()) break;
  }
  return findings;
}

}  // namespace situp
