// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/broker/answer_texts.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace situp {
namespace {

constexpr std::size_t most_texts = 8;
constexpr std::size_t longest_text = 64;

/// Of other scripts, each byte counts as a letter.
bool is_of_word(char c) {
  return is_letter_or_digit(c) || static_cast<unsigned char>(c) >= 0x80;
}

bool has(std::string_view words, std::string_view text) {
  for (auto at = words.find(text); at != std::string_view::npos; at = words.find(text, at + 1)) {
    const auto behind = at + text.size();
    const char before = at == 0 ? ' ' : words[at - 1];
    const char after = behind == words.size() ? ' ' : words[behind];
    const bool begins = !is_of_word(text.front()) || !is_of_word(before);
    const bool ends = !is_of_word(text.back()) || !is_of_word(after);
    if (begins && ends) return true;
  }
  return false;
}

}  // namespace

std::optional<TextList> TextList::parse(std::string_view value) {
  TextList list;
  if (printable(value) != value || value.ends_with(',')) return std::nullopt;
  while (!value.empty()) {
    // As in an answer, where each run of blanks is one.
    std::string text;
    for (const std::string_view word : words_of(take_until(value, ',')))
      text.append(text.empty() ? "" : " ").append(word);
    if (text.empty() || text.size() > longest_text || list.texts_.size() == most_texts)
      return std::nullopt;
    list.texts_.push_back(std::move(text));
  }
  return list.empty() ? std::nullopt : std::optional(std::move(list));
}

std::string TextList::str() const {
  std::string text;
  for (const std::string& one : texts_) text.append(text.empty() ? "" : ", ").append(one);
  return text;
}

const std::string* TextList::found_in(std::string_view words) const {
  const auto found = std::find_if(texts_.begin(), texts_.end(),
                                  [&](const std::string& text) { return has(words, text); });
  return found == texts_.end() ? nullptr : &*found;
}

std::optional<FoundText> found_in(const AnswerTexts& texts, std::string_view words) {
  if (const auto* text = texts.refused.found_in(words)) return FoundText{Verdict::permanent, *text};
  if (const auto* text = texts.later.found_in(words)) return FoundText{Verdict::later, *text};
  if (const auto* text = texts.done.found_in(words)) return FoundText{Verdict::accepted, *text};
  return std::nullopt;
}

}  // namespace situp
