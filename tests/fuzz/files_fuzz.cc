// SPDX-License-Identifier: GPL-2.0-or-later
// Files that situp has written for itself, as an earlier version or a torn write left them, under
// libFuzzer: make fuzz-files
#include "fuzz.h"
#include "model/broker/state.h"
#include "model/status/vitals.h"
#include "reconcile/record.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace situp;
  const std::string_view text(reinterpret_cast<const char*>(data), size);

  // What is read is written so that it is read as the same.
  if (const auto record = read_record(text, "boot")) {
    const std::string again = write_record(*record, "boot");
    const auto second = read_record(again, "boot");
    must(second && write_record(*second, "boot") == again);
    must(!read_record(text, "another boot"));
  }
  if (const auto vitals = read_vitals(text)) must(read_vitals(write_vitals(*vitals)) == vitals);
  if (const auto state = read_broker_state(text)) {
    const std::string again = write_broker_state(*state);
    const auto second = read_broker_state(again);
    must(second && write_broker_state(*second) == again);
  }
  return 0;
}
