// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/stanza/option_name.h"

#include <cctype>

namespace situp {

std::string name_in_hooks(std::string_view name) {
  std::string result;
  result.reserve(name.size());
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '_' || c == '-')
      result += '-';
    else if (std::isalnum(byte) != 0)
      result += static_cast<char>(std::tolower(byte));
  }
  return result;
}

bool is_our_option(std::string_view name) {
  return name.substr(0, 9) == "v4tunnel-" || name.substr(0, 7) == "isatap-";
}

}  // namespace situp
