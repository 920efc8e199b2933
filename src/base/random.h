// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <sys/random.h>

#include <cerrno>
#include <cstdint>

#include "base/error.h"

namespace situp {

/// 32 random bits. Throws an Error if the kernel gives none.
inline std::uint32_t random_bits() {
  std::uint32_t bits = 0;
  if (getrandom(&bits, sizeof bits, 0) < 0) throw system_error("getrandom", errno);
  return bits;
}

/// The same without waiting. Early in a boot the kernel may have none: `otherwise`.
inline std::uint32_t random_bits_or(std::uint32_t otherwise) {
  std::uint32_t bits = 0;
  return getrandom(&bits, sizeof bits, GRND_NONBLOCK) < 0 ? otherwise : bits;
}

}  // namespace situp
