// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/random.h"

#include <sys/random.h>

#include <cerrno>

#include "base/error.h"

namespace situp {

std::uint32_t random_bits() {
  std::uint32_t bits = 0;
  if (getrandom(&bits, sizeof bits, 0) != static_cast<ssize_t>(sizeof bits))
    throw system_error("getrandom", errno);
  return bits;
}

std::uint32_t random_bits_or(std::uint32_t otherwise) {
  std::uint32_t bits = 0;
  return getrandom(&bits, sizeof bits, GRND_NONBLOCK) < 0 ? otherwise : bits;
}

}  // namespace situp
