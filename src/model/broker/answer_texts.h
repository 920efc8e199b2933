// SPDX-License-Identifier: GPL-2.0-or-later
// The texts by which situp knows the meaning of a broker's answer, as situp.conf has them.
#pragma once
#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace situp {

enum class Verdict {
  accepted,   // the broker has the address now
  permanent,  // it won't have it before something is configured otherwise
  later,      // it may have it another time
};

/// "OK, not changed": 1 to 8 texts of 1 to 64 printable bytes each, with commas between them.
class TextList {
 public:
  TextList() = default;  // none
  static std::optional<TextList> parse(std::string_view value);
  /// With one blank behind each comma; empty: none.
  std::string str() const;
  bool empty() const { return texts_.empty(); }
  /// The first of the texts that `words` has with no letter and no digit next to it; a null pointer
  /// for none.
  const std::string* found_in(std::string_view words) const;
  auto operator<=>(const TextList&) const = default;

 private:
  std::vector<std::string> texts_;
};

struct AnswerTexts {
  TextList done, refused, later;
  auto operator<=>(const AnswerTexts&) const = default;
};

struct FoundText {
  Verdict verdict = Verdict::later;
  std::string text;
};

/// `refused` goes before `later`, and that before `done`. Empty for an answer without any of them.
/// `words` has one blank between its words.
std::optional<FoundText> found_in(const AnswerTexts& texts, std::string_view words);

}  // namespace situp
