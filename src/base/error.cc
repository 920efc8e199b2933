// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/error.h"

#include <cerrno>
#include <cstring>

#include "base/text.h"

namespace situp {

std::string meaning_of(int error_number) {
  // The system's text is "File exists", also for things that are not files; and ifupdown2 drops
  // every message with the word "exists".
  if (error_number == EEXIST) return "it is there already";
  std::string text = strerror(error_number);
  // "Permission denied" reads as the middle of a line here.
  if (text.size() > 1 && upper(text[1]) != text[1]) text[0] = lower(text[0]);
  return text;
}

Error system_error(std::string what, int error_number) {
  const bool permission = error_number == EPERM || error_number == EACCES;
  return {permission ? Exit::not_permitted : Exit::system, std::move(what),
          meaning_of(error_number)};
}

}  // namespace situp
