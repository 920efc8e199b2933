// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/date.h"

#include <array>
#include <ctime>

namespace situp {

std::string date(std::int64_t seconds) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  localtime_r(&time, &parts);
  std::array<char, 64> text{};
  return {text.data(), strftime(text.data(), text.size(), "%Y-%m-%d %H:%M", &parts)};
}

}  // namespace situp
