// SPDX-License-Identifier: GPL-2.0-or-later
// The part of a recipe's line that stays: a shell still does the same with it.
#include "base/list.h"
#include "model/check/recipe.h"

namespace situp {
/// True if the line goes on without the tunnel's part where a command that stays has failed.
bool RecipeReader::is_decided(const std::vector<ShellCommand>& commands,
                              const std::vector<Effect>& effects) const {
  bool others_end = false, tunnels_end = false;  // `… || exit 0` stands before
  for (std::size_t i = 0; i < commands.size();) {
    std::size_t last = i;  // of those with && between them
    while (last + 1 < commands.size() && commands[last].after == "&&") ++last;
    const bool exits = commands[last].after == "||" && commands[last + 1].words[0] == "exit";
    const bool ends_well = exits && commands[last + 1].words == Words{"exit", "0"};
    const bool passes = exits ? ends_well : last + 1 < commands.size();
    bool others = others_end, tunnels = tunnels_end;
    for (; i <= last; ++i) {
      if (effects[i] == Effect::taken && (others || tunnels)) return true;
      if (effects[i] == Effect::tunnels && others && !own_) return true;
      others |= passes && effects[i] == Effect::others;
      tunnels |= passes && effects[i] == Effect::tunnels;
    }
    others_end |= ends_well && others;
    tunnels_end |= ends_well && tunnels;
  }
  return false;
}

/// Keeps the commands that the recipe has not taken.
void RecipeReader::part(const Option& option, const std::vector<ShellCommand>& commands,
                        const std::vector<Effect>& effects) {
  const auto rest = [&](auto&& belongs) {
    std::vector<bool> kept(commands.size());
    std::string later;  // the text of those kept
    for (std::size_t i = commands.size(); i-- > 0;) {
      Variables one;
      kept[i] = belongs(effects[i]);
      if (effects[i] == Effect::idle && takes_assignment(commands[i].words, one)) {
        const std::string& name = one.begin()->first;
        // Programs see these without a word in the line.
        const bool exported = name == "PATH" || commands[i].words.size() == 2;
        kept[i] = exported ? !later.empty() : uses(later, name);
      }
      if (kept[i]) later += commands[i].text + "\n";
    }
    std::string text;
    bool all_and = true;
    bool in_list = false;   // one of those before this one, with && or || between them, is kept
    bool may_fail = false;  // the last one kept may fail, without `||`
    bool passes = false;    // and the line goes on behind it
    for (std::size_t i = 0; i < commands.size(); ++i) {
      // `|| true` goes with the commands before it.
      const bool follows = i > 0 && commands[i - 1].after == "||";
      if (follows) kept[i] = in_list;
      if (i > 0 && commands[i - 1].after == ";") passes = may_fail;
      if (kept[i]) {
        passes = false;
        may_fail = !follows;
        text += (text.empty() ? "" : follows ? " || " : all_and ? " && " : "; ") + commands[i].text;
      }
      const std::string& after = commands[i].after;
      all_and = (kept[i] || all_and) && after == "&&";
      in_list = (in_list || kept[i]) && (after == "&&" || after == "||");
    }
    return passes ? text + " || true" : text;
  };
  RecipeLine line{&option, {}, {}};
  if (own_) {
    (contains(effects, Effect::tunnels) ? line.moves : line.stays) =
        rest([](Effect e) { return e == Effect::tunnels || e == Effect::others; });
  } else {
    line.stays = rest([](Effect e) { return e == Effect::others; });
    line.moves = rest([](Effect e) { return e == Effect::tunnels; });
  }
  lines_.push_back(line);
}

}  // namespace situp
