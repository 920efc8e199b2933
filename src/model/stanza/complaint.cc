// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/stanza/complaint.h"

#include <algorithm>
#include <string_view>

#include "base/text.h"

namespace situp {
namespace {

std::string at(const Place& place, const std::string& what) {
  if (place.file.empty()) return what;
  return what.empty() ? str(place) : str(place) + ": " + what;
}

}  // namespace

std::string str(const Place& place) {
  return place.line == 0 ? place.file : place.file + ":" + std::to_string(place.line);
}

Complaint::Complaint(Place place, const std::string& what, std::string why, std::string word)
    : Error(Exit::configuration, at(place, what), std::move(why)),
      place_(std::move(place)),
      about_(printable(what)),
      word_(std::move(word)) {}

void Complaints::keep(const Complaint& complaint) const {
  // Several rules may read an option that is given twice.
  const auto same = [&](const Complaint& known) {
    return std::string_view(known.what()) == complaint.what();
  };
  if (std::none_of(all_->begin(), all_->end(), same)) all_->push_back(complaint);
}

}  // namespace situp
