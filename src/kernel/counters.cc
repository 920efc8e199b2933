// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/counters.h"

#include <charconv>

#include "base/error.h"
#include "base/file.h"

namespace situp {

std::optional<Counters> read_counters(const std::string& iface, const std::string& root) {
  Counters counters;
  const std::pair<const char*, std::uint64_t*> files[] = {
      {"rx_bytes", &counters.rx_bytes},     {"rx_packets", &counters.rx_packets},
      {"tx_bytes", &counters.tx_bytes},     {"tx_packets", &counters.tx_packets},
      {"rx_errors", &counters.rx_errors},   {"rx_frame_errors", &counters.rx_frame_errors},
      {"tx_errors", &counters.tx_errors},   {"tx_carrier_errors", &counters.tx_carrier_errors},
      {"collisions", &counters.collisions},
  };
  for (const auto& [name, value] : files) {
    try {
      const auto text =
          read_small_file(root + "/sys/class/net/" + iface + "/statistics/" + name, 64);
      if (!text) return std::nullopt;
      std::from_chars(text->data(), text->data() + text->size(), *value);
    } catch (const Error&) {
      return std::nullopt;
    }
  }
  return counters;
}

}  // namespace situp
