// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/doctor.h"

#include <unistd.h>

#include "commands/commands.h"
#include "commands/look.h"
#include "commands/stanzas.h"
#include "hosts/flavour.h"
#include "hosts/ifcfg.h"

namespace situp {
namespace {

/// Also where a stanza of that name is in a file that is wrong.
bool is_in(const Interfaces& interfaces, const std::string& logical) {
  try {
    return !interfaces.stanzas_of(logical).empty();
  } catch (const Error&) {
    return true;
  }
}

/// An Error where nothing of that name is known at all.
Patient patient_of(const Arguments& arguments, const System& system) {
  Named named = split_name(arguments.words[0]);
  const auto iface = InterfaceName::parse(named.iface);
  if (!iface) throw Error(Exit::usage, named.iface, "is not an interface's name");
  Patient patient{*iface, std::nullopt, std::nullopt, find_ifup(system.root)};
  const Records records(system.run_directory());
  const auto record = records.read(*iface);
  as_it_came_up(named, records);
  // Red Hat's: what is in them only ifup knows, and the record of what it said.
  const std::string ifcfg = std::string(ifcfg_directory) + "/ifcfg-" + iface->str();
  if (access((system.root + ifcfg).c_str(), F_OK) == 0) {
    patient.remedy = "ifup " + iface->str() + " brings it up, or says what is wrong with the file";
    if (record)
      patient.stanza = record->stanza;
    else
      patient.trouble =
          Error(Exit::configuration, ifcfg, "is for ifup to read, and nothing is up by it");
    return patient;
  }
  std::optional<Interfaces> interfaces;
  try {
    interfaces = Interfaces::read(arguments.interfaces);
  } catch (const Error& error) {
    patient.trouble = error;
    return patient;
  }
  try {
    patient.stanza = our_stanza(*interfaces, named);
  } catch (const Error& error) {
    // A file that is wrong from some line on may have had it behind that line.
    const auto& remarks = interfaces->remarks();
    const bool is_known = record || is_in(*interfaces, named.logical);
    if (!is_known && remarks.empty()) throw;
    patient.trouble = is_known || remarks.empty() ? error : remarks.front();
  }
  return patient;
}

}  // namespace

Exit run_doctor(const Arguments& arguments, const System& system) {
  const Patient patient = patient_of(arguments, system);
  const Config config = arguments.read_config();
  const Diagnosis diagnosis = Doctor(config, patient, system).examine();
  std::string text =
      arguments.json ? diagnosis_json(diagnosis) : diagnosis_text(diagnosis, look_of_stdout());
  text.erase(text.find_last_not_of('\n') + 1);
  print(text);
  return reason(diagnosis) == nullptr ? Exit::done : Exit::system;
}

}  // namespace situp
