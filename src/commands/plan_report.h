// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "commands/stanzas.h"
#include "model/tunnel/plan.h"

namespace situp {

/// What the administrator should know of a plan, a line each.
std::vector<std::string> notes_of(const Plan& plan);
std::vector<std::string> commands_of(const Plan& plan);

/// What plan, up and down tell of each interface: failures on stderr, and with --json all of it on
/// stdout at the end (schema/plan.schema.json).
class PlanReport {
 public:
  explicit PlanReport(bool is_json);
  /// `changed`: of a plan that was carried out, whether it has changed anything.
  void add(const std::string& iface, const Plan& plan, std::optional<bool> changed = std::nullopt);
  void fail(const std::string& iface, const Error& error);
  /// The status of the first failure.
  Exit end();

 private:
  bool is_json_;
  Json json_;
  FirstFailure status_;
};

}  // namespace situp
