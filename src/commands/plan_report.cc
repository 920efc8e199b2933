// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/plan_report.h"

namespace situp {

std::vector<std::string> notes_of(const Plan& plan) {
  std::vector<std::string> notes = plan.notes;
  for (const auto* lines : {&plan.warnings, &plan.doubts})
    notes.insert(notes.end(), lines->begin(), lines->end());
  if (!plan.opens.empty()) notes.push_back(plan.opens);
  return notes;
}

std::vector<std::string> commands_of(const Plan& plan) {
  std::vector<std::string> commands;
  for (const Operation& operation : plan.operations) commands.push_back(as_ip_command(operation));
  return commands;
}

PlanReport::PlanReport(bool is_json) : is_json_(is_json) {
  json_.begin_array();
}

void PlanReport::add(const std::string& iface, const Plan& plan, std::optional<bool> changed) {
  if (!is_json_) return;
  json_.begin_object();
  json_.member("name", iface);
  if (changed) json_.member("changed", *changed);
  json_.list("commands", commands_of(plan));
  json_.list("notes", notes_of(plan));
  json_.end_object();
}

void PlanReport::fail(const std::string& iface, const Error& error) {
  status_.report(iface, error);
  if (!is_json_) return;
  json_.begin_object();
  json_.member("name", iface);
  json_.member("error", error.what());
  json_.end_object();
}

Exit PlanReport::end() {
  json_.end_array();
  if (is_json_) print(json_.text());
  return status_.status();
}

}  // namespace situp
