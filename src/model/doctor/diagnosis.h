// SPDX-License-Identifier: GPL-2.0-or-later
// The results of doctor's probes of a tunnel, and the verdict. Pure.
#pragma once
#include <string>
#include <vector>

#include "model/status/status.h"

namespace situp {

/// How much a probe explains.
enum class Mark {
  fine,
  unseen,  // the probe was not possible, or not yet
  aside,   // a fault, but no reason for silence
  likely,  // the reason, unless another probe has a surer one
  sure,
};

/// One probe. No line ends with a full stop.
struct Probe {
  std::string name;   // "metadata"
  std::string tried;  // the action
  std::string saw;    // the result
  Mark mark = Mark::fine;
  std::string means = {};   // the conclusion: a whole sentence if it is a reason
  std::string advice = {};  // the remedy
};

struct Diagnosis {
  std::string name;  // of the tunnel
  std::vector<Probe> probes;
};

/// The probe with the surest reason, of several the first; nullptr if there is none.
const Probe* reason(const Diagnosis& diagnosis);
/// One sentence, with the remedy.
std::string verdict(const Diagnosis& diagnosis);

/// A paragraph per probe, the verdict last.
std::string diagnosis_text(const Diagnosis& diagnosis, const Layout& layout);
/// schema/doctor.schema.json
std::string diagnosis_json(const Diagnosis& diagnosis);

}  // namespace situp
