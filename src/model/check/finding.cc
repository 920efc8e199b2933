// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/check/finding.h"

#include <algorithm>

#include "base/text.h"

namespace situp {
namespace {

/// The place of `word` in `line` with blanks around it, from `from` on.
std::size_t find_word(std::string_view line, std::string_view word, std::size_t from) {
  for (;;) {
    const std::size_t found = line.find(word, from);
    if (found == std::string_view::npos) return found;
    const std::size_t end = found + word.size();
    const bool begins = found == 0 || is_blank(line[found - 1]);
    const bool ends = end == line.size() || is_blank(line[end]) || line[end] == '\\';
    if (begins && ends) return found;
    from = found + 1;
  }
}

std::size_t skip(std::string_view line, std::size_t from, bool blanks) {
  const auto ends = [blanks](char c) { return is_blank(c) != blanks; };
  return static_cast<std::size_t>(std::find_if(line.begin() + from, line.end(), ends) -
                                  line.begin());
}

}  // namespace

const char* word_of(Finding::Weight weight) {
  switch (weight) {
    case Finding::Weight::error:
      return "error";
    case Finding::Weight::hint:
      return "hint";
    case Finding::Weight::note:
      break;
  }
  return "note";
}

std::string line_of(const Finding& finding) {
  const Complaint& complaint = finding.complaint;
  if (finding.weight == Finding::Weight::error) return complaint.what();
  const std::string weight = word_of(finding.weight);
  const std::string what = complaint.about().empty() ? weight : weight + ": " + complaint.about();
  return Complaint(complaint.place(), what, complaint.why()).what();
}

SourceText::SourceText(std::string_view text) : text_(text) {
  starts_.push_back(0);
  for (std::size_t i = text.find('\n'); i != std::string_view::npos; i = text.find('\n', i + 1))
    starts_.push_back(i + 1);
}

std::string_view SourceText::line(unsigned number) const {
  const auto line = text_.substr(starts_[number - 1]);
  return line.substr(0, line.find('\n'));
}

Spot SourceText::find(const Complaint& complaint) const {
  const unsigned first = complaint.place().line;
  if (first == 0 || first > starts_.size() || text_.empty()) return {};
  const std::string_view whole = line(first);
  const std::size_t name = skip(whole, 0, true);
  const std::size_t name_end = skip(whole, name, false);
  if (!complaint.word().empty()) {
    std::size_t from = name_end;
    for (unsigned number = first; number <= starts_.size(); ++number, from = 0) {
      const std::string_view here = line(number);
      const std::size_t found = find_word(here, complaint.word(), from);
      if (found != std::string_view::npos) return {number, found, complaint.word().size(), here};
      if (!here.ends_with('\\')) break;
    }
    // The wrong word of a line may be its first one.
    if (whole.substr(name, name_end - name) == complaint.word())
      return {first, name, name_end - name, whole};
  }
  // The name in "iface he-ipv6 …".
  if (complaint.about().starts_with("iface ")) {
    const std::size_t second = skip(whole, name_end, true);
    const std::size_t second_end = skip(whole, second, false);
    if (second_end > second) return {first, second, second_end - second, whole};
  }
  return {first, name, name_end - name, whole};
}

std::string with_caret(const Spot& spot, std::string_view indent) {
  std::string below(indent);
  const std::size_t end = std::min(spot.column + spot.length, spot.text.size());
  for (std::size_t i = 0; i < end;) {
    if (i < spot.column)
      below += spot.text[i] == '\t' ? '\t' : ' ';
    else
      below += i == spot.column ? '^' : '~';
    // Each byte that isn't UTF-8 is shown as one character.
    i += std::max<std::size_t>(1, utf8_size(spot.text.substr(i)));
  }
  return std::string(indent) + printable(spot.text, "\t") + "\n" + below;
}

}  // namespace situp
