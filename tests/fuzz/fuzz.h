// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

/// A property of all inputs. libFuzzer keeps an input that breaks it.
inline void must(bool condition) {
  if (!condition) std::abort();
}
