// SPDX-License-Identifier: GPL-2.0-or-later
// What doctor has found out about a tunnel, and what it comes to. Pure.
#pragma once
#include <string>
#include <vector>

#include "model/status/status.h"

namespace situp {

/// How much a probe explains.
enum class Mark {
  fine,
  unseen,  // it could not be looked at, or not yet
  aside,   // not as it should be, but no reason for silence
  likely,  // the reason, unless another probe has a surer one
  sure,
};

/// One thing that was looked at. All lines are without a full stop.
struct Probe {
  std::string name;   // "metadata"
  std::string tried;  // what was done
  std::string saw;    // what came of it
  Mark mark = Mark::fine;
  std::string means = {};   // what that comes to: a whole sentence where it is a reason
  std::string advice = {};  // what to do
};

struct Diagnosis {
  std::string name;  // of the tunnel
  std::vector<Probe> probes;
};

/// The probe with the surest reason, of several the first; nothing where all is well.
const Probe* reason(const Diagnosis& diagnosis);
/// One sentence, with what to do.
std::string verdict(const Diagnosis& diagnosis);

/// A paragraph a probe, the verdict last.
std::string diagnosis_text(const Diagnosis& diagnosis, const Look& look);
/// schema/doctor.schema.json
std::string diagnosis_json(const Diagnosis& diagnosis);

}  // namespace situp
