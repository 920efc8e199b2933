// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/stanza/complaint.h"

#include <algorithm>
#include <string_view>

namespace situp {
namespace {

/// A terminal must not obey what somebody has put into a name.
std::string shown(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = '?';
  return text;
}

std::string at(const Place& place, const std::string& what) {
  if (place.file.empty()) return what;
  std::string text = place.file;
  if (place.line != 0) text += ":" + std::to_string(place.line);
  return what.empty() ? text : text + ": " + what;
}

}  // namespace

Complaint::Complaint(Place place, const std::string& what, std::string why, std::string word)
    : Error(Exit::configuration, shown(at(place, what)), shown(std::move(why))),
      place_(std::move(place)),
      about_(shown(what)),
      word_(std::move(word)) {}

void Complaints::keep(const Complaint& complaint) const {
  // Several rules may look an option up that is given twice.
  const auto same = [&](const Complaint& known) {
    return std::string_view(known.what()) == complaint.what();
  };
  if (std::none_of(all_->begin(), all_->end(), same)) all_->push_back(complaint);
}

}  // namespace situp
